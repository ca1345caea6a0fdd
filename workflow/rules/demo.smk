# Demo videos, rendered if the study uses them.


rule demo:
    output:
        [local(str(path)) for path in storyboard.videos()],
        local(str(storyboard.RENDERED)),
    log:
        "results/logs/demo.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        code=code_digest("demo"),
    message:
        "Rendering the demo's videos"
    script:
        "../scripts/demo.py"

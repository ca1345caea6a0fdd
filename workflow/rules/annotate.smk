# Videos with their faces drawn on them, on request.


rule annotate_video:
    input:
        # Its content is a parameter, which its file times are not to overrule.
        video=ancient(video_file),
        raw=RAW,
        status=STATUS,
    output:
        mp4="results/annotated/{dataset}/{detector}/{video}.mp4",
        gif="results/annotated/{dataset}/{detector}/{video}.gif",
    log:
        "results/logs/annotate_video/{dataset}/{detector}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    # One decodes while the other draws; encoding takes what they leave.
    threads: 2
    resources:
        mem_mb=doubling(1000),
        runtime=doubling(10),
    params:
        video=video_content,
        face=STUDY.face,
        code=code_digest("annotate_video"),
    message:
        "Annotating {wildcards.dataset}/{wildcards.video} ({wildcards.detector})"
    shell:
        'python "$FACETALLY_START" annotate_video'
        " --video={input.video:q} --raw={input.raw:q}"
        " --status={input.status:q} --face={params.face} --mp4={output.mp4:q}"
        " --gif={output.gif:q} --threads={threads} --log={log:q}"

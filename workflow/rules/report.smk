# From raw FER JSON and videos to what a report shows.


rule thumbnails:
    input:
        # Its content is a parameter, which its file times are not to overrule.
        video=ancient(video_file),
        raw=expand(
            "results/raw/{{dataset}}/{detector}/{{video}}.json",
            detector=STUDY.detectors,
        ),
    output:
        thumbnails="results/thumbnails/{dataset}/{video}.json",
    log:
        "results/logs/thumbnails/{dataset}/{video}.log",
    conda:
        "../../envs/study.yaml"
    # Few frames are decoded, and that by one thread.
    threads: 1
    resources:
        mem_mb=1000,
    params:
        detectors=STUDY.detectors,
        video=video_content,
        code=code_digest("thumbnails"),
    message:
        "Cutting out faces of {wildcards.dataset}/{wildcards.video}"
    shell:
        'python "$FACETALLY_START" thumbnails'
        " --video={input.video:q} --detectors {params.detectors} --raw {input.raw:q}"
        " --thumbnails={output.thumbnails:q} --threads={threads} --log={log:q}"

# From tables, raw FER JSON and videos to the report that a person opens.


rule thumbnails:
    input:
        # Its content is a parameter, which its file times are not to overrule.
        video=ancient(video_file),
        raw=expand(RAW, detector=STUDY.detectors, allow_missing=True),
    output:
        thumbnails=THUMBNAILS,
    log:
        "results/logs/thumbnails/{dataset}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    # Few frames are decoded, and that by one thread.
    threads: 1
    resources:
        mem_mb=doubling(1000),
        runtime=doubling(10),
    params:
        detectors=STUDY.detectors,
        face=STUDY.face,
        video=video_content,
        code=code_digest("thumbnails"),
    message:
        "Cutting out faces of {wildcards.dataset}/{wildcards.video}"
    shell:
        'python "$FACETALLY_START" thumbnails'
        " --video={input.video:q} --detectors {params.detectors} --raw {input.raw:q}"
        " --face={params.face} --thumbnails={output.thumbnails:q}"
        " --threads={threads} --log={log:q}"


rule disagreements:
    input:
        faces=lambda wildcards: [
            f"results/faces/{wildcards.dataset}/{detector}.parquet"
            for detector in STUDY.detectors
        ],
        videos=ancient(video_files),
    output:
        gallery="results/pictures/disagreements/{dataset}.json",
    log:
        "results/logs/disagreements/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        detectors=STUDY.detectors,
        videos=video_contents,
        code=code_digest("disagreements"),
    message:
        "Choosing frames of {wildcards.dataset} on which detectors disagree"
    script:
        "../scripts/disagreements.py"


rule figures:
    input:
        summary="results/summary.csv",
        counts=tables("counts", ".csv"),
        faces=tables("faces", ".parquet"),
    output:
        report(
            "results/figures/accuracy.svg",
            caption="../report/accuracy.rst",
            category="Accuracy",
            labels={"figure": "accuracy and baseline"},
        ),
        report(
            "results/figures/methods.svg",
            caption="../report/methods.rst",
            category="Accuracy",
            labels={"figure": "accuracy by method"},
        ),
        [
            report(
                f"results/figures/{dataset}/{detector}/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Figures",
                subcategory=dataset,
                labels={"detector": detector, "figure": figure.replace("_", " ")},
            )
            for dataset, detector in runs()
            for figure in RUN_FIGURES
        ],
        [
            report(
                f"results/figures/{dataset}/{first}-{second}.svg",
                caption="../report/detectors.rst",
                category="Figures",
                subcategory=dataset,
                labels={"detector": f"{first}, {second}", "figure": "detectors"},
            )
            for dataset, first, second in pairs()
        ],
    log:
        "results/logs/figures.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        runs=runs(),
        face=STUDY.face,
        code=code_digest("figures"),
    message:
        "Drawing the figures"
    script:
        "../scripts/figures.py"


rule report:
    input:
        summary="results/summary.csv",
        comparisons="results/comparisons.csv",
        problems="results/problems.csv",
        counts=tables("counts", ".csv"),
        segments=tables("segments", ".csv"),
        faces=tables("faces", ".parquet"),
        bias="results/bias.csv",
        galleries=disagreement_files(),
        thumbnails=embedded_thumbnails(),
    output:
        page="results/report/index.html",
    log:
        "results/logs/report.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(4000),
        runtime=doubling(10),
    params:
        runs=runs(),
        face=STUDY.face,
        mapping=STUDY.mapping,
        code=code_digest("report"),
    message:
        "Writing the report"
    script:
        "../scripts/report.py"


rule video_page:
    input:
        summary="results/summary.csv",
        problems="results/problems.csv",
        counts=lambda wildcards: tables("counts", ".csv", wildcards.dataset),
        segments=lambda wildcards: tables("segments", ".csv", wildcards.dataset),
        faces=lambda wildcards: tables("faces", ".parquet", wildcards.dataset),
        thumbnails=THUMBNAILS,
    output:
        page=VIDEO_PAGE,
    log:
        "results/logs/video_page/{dataset}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        runs=lambda wildcards: runs(wildcards.dataset),
        code=code_digest("video_page"),
    message:
        "Writing the page of {wildcards.dataset}/{wildcards.video}"
    script:
        "../scripts/video_page.py"

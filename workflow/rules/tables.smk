# From raw FER JSON to tables.


rule collect_faces:
    input:
        raw=lambda wildcards: raw_files(wildcards.dataset, wildcards.detector),
        problems="results/problems.csv",
    output:
        faces="results/faces/{dataset}/{detector}.parquet",
    log:
        "results/logs/collect_faces/{dataset}/{detector}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        face=STUDY.face,
        code=code_digest("collect_faces"),
    message:
        "Collecting the faces of {wildcards.dataset} ({wildcards.detector})"
    script:
        "../scripts/collect_faces.py"


rule count_labels:
    input:
        faces="results/faces/{dataset}/{detector}.parquet",
        # Its content is a parameter, which its file times are not to overrule.
        labels=ancient(label_files),
        problems="results/problems.csv",
    output:
        counts=report(
            "results/counts/{dataset}/{detector}.csv",
            caption="../report/counts.rst",
            category="Label counts",
            labels={"dataset": "{dataset}", "detector": "{detector}"},
        ),
    log:
        "results/logs/count_labels/{dataset}/{detector}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        labels=label_content,
        mapping=STUDY.class_of,
        code=code_digest("count_labels"),
    message:
        "Counting the labels of {wildcards.dataset} ({wildcards.detector})"
    script:
        "../scripts/count_labels.py"


rule segments:
    input:
        faces="results/faces/{dataset}/{detector}.parquet",
        # Its content is a parameter, which its file times are not to overrule.
        labels=ancient(label_files),
    output:
        segments=report(
            "results/segments/{dataset}/{detector}.csv",
            caption="../report/segments.rst",
            category="Time segments",
            labels={"dataset": "{dataset}", "detector": "{detector}"},
        ),
    log:
        "results/logs/segments/{dataset}/{detector}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        labels=label_content,
        mapping=STUDY.class_of,
        code=code_digest("segments"),
        segment_frames=STUDY.segment_frames,
    message:
        "Counting the labels of {wildcards.dataset} per segment ({wildcards.detector})"
    script:
        "../scripts/segments.py"


rule predict:
    input:
        faces=lambda wildcards: tables("faces", ".parquet", wildcards.dataset),
        # Its content is a parameter, which its file times are not to overrule.
        labels=ancient(label_files),
        problems="results/problems.csv",
        finetuned=finetuned_predictions,
    output:
        predictions="results/predictions/{dataset}.csv",
    log:
        "results/logs/predict/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(4000),
        runtime=doubling(20),
    params:
        detectors=STUDY.detectors,
        methods=STUDY.methods,
        mapping=STUDY.class_of,
        labels=label_content,
        code=code_digest("predict"),
    message:
        "Predicting the labels of {wildcards.dataset} by each method"
    script:
        "../scripts/predict.py"


rule summarize:
    input:
        predictions=prediction_files(),
    output:
        table=report(
            "results/summary.csv",
            caption="../report/summary.rst",
            category="Accuracy",
            labels={"table": "all measures"},
        ),
        paper="results/summary.md",
        plot="results/plots/accuracy.csv",
    log:
        "results/logs/summarize.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        code=code_digest("summarize"),
        datasets=list(STUDY.datasets),
    message:
        "Measuring accuracy per dataset, method and detector"
    script:
        "../scripts/summarize.py"


rule compare:
    input:
        predictions=prediction_files(),
    output:
        comparisons=report(
            "results/comparisons.csv",
            caption="../report/comparisons.rst",
            category="Accuracy",
            labels={"table": "methods against each other"},
        ),
    log:
        "results/logs/compare.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        code=code_digest("compare"),
        datasets=list(STUDY.datasets),
    message:
        "Comparing each two methods"
    script:
        "../scripts/compare.py"


rule paper:
    input:
        summary="results/summary.csv",
    output:
        table="results/paper.csv",
        readable="results/paper.md",
    log:
        "results/logs/paper.log",
    # Two tables of four lines, for whoever started the study.
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(1000),
        runtime=doubling(10),
    params:
        code=code_digest("paper"),
    message:
        "Putting the paper's accuracies beside this study's: results/paper.md"
    script:
        "../scripts/paper.py"


rule bias:
    input:
        faces=tables("faces", ".parquet"),
        counts=tables("counts", ".csv"),
    output:
        bias=report(
            "results/bias.csv",
            caption="../report/bias.rst",
            category="Accuracy",
            labels={"table": "by mapping"},
        ),
    log:
        "results/logs/bias.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(2000),
        runtime=doubling(10),
    params:
        mapping=STUDY.mapping,
        mappings=STUDY.mappings,
        code=code_digest("bias"),
        runs=runs(),
    message:
        "Measuring how much the mapping from emotions to classes decides"
    script:
        "../scripts/bias.py"


rule metrics:
    input:
        summary="results/summary.csv",
        counts="results/counts/{dataset}/{detector}.csv",
    output:
        metrics="results/metrics/{dataset}/{detector}.json",
        confusion="results/plots/confusion/{dataset}/{detector}.csv",
        emotions="results/plots/emotions/{dataset}/{detector}.csv",
    log:
        "results/logs/metrics/{dataset}/{detector}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(1000),
        runtime=doubling(10),
    params:
        code=code_digest("metrics"),
    message:
        "Writing metrics and plots of {wildcards.dataset} ({wildcards.detector})"
    script:
        "../scripts/metrics.py"

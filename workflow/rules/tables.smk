# From raw FER JSON to tables.


rule collect_faces:
    input:
        raw=INPUTS.all_of(outputs.RAW),
        problems=rules.problems.output.problems,
        accepted=rules.accept_videos.output.accepted,
    output:
        faces=outputs.FACES,
    log:
        "results/logs/collect_faces/{dataset}/{detector}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        face=STUDY.face,
        min_confidence=INPUTS.min_confidence,
        min_face_height=STUDY.min_face_height,
        code=code_digest("collect_faces"),
    message:
        "Collecting the faces of {wildcards.dataset} ({wildcards.detector})"
    script:
        "../scripts/collect_faces.py"


rule count_labels:
    input:
        faces=rules.collect_faces.output.faces,
        labels=LABELS,
        problems=rules.problems.output.problems,
    output:
        counts=report(
            outputs.COUNTS,
            caption="../report/counts.rst",
            category="Label counts",
            labels={"dataset": "{dataset}", "detector": "{detector}"},
        ),
    log:
        "results/logs/count_labels/{dataset}/{detector}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        labels=CONTENTS.labels,
        mapping=STUDY.class_of,
        code=code_digest("count_labels"),
    message:
        "Counting the labels of {wildcards.dataset} ({wildcards.detector})"
    script:
        "../scripts/count_labels.py"


rule segments:
    input:
        faces=rules.collect_faces.output.faces,
        labels=LABELS,
    output:
        segments=report(
            outputs.SEGMENTS,
            caption="../report/segments.rst",
            category="Time segments",
            labels={"dataset": "{dataset}", "detector": "{detector}"},
        ),
    log:
        "results/logs/segments/{dataset}/{detector}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        labels=CONTENTS.labels,
        mapping=STUDY.class_of,
        code=code_digest("segments"),
        segment_frames=STUDY.segment_frames,
    message:
        "Counting the labels of {wildcards.dataset} per segment ({wildcards.detector})"
    script:
        "../scripts/segments.py"


rule predict:
    input:
        faces=INPUTS.all_of(outputs.FACES),
        labels=LABELS,
        problems=rules.problems.output.problems,
        finetuned=INPUTS.finetuned_predictions,
    output:
        predictions=outputs.PREDICTIONS,
    log:
        "results/logs/predict/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * 2 ** (attempt - 1),
        runtime=lambda wildcards, attempt: 20 * 2 ** (attempt - 1),
    params:
        detectors=STUDY.detectors,
        methods=STUDY.methods,
        mapping=STUDY.class_of,
        labels=CONTENTS.labels,
        code=code_digest("predict"),
    message:
        "Predicting the labels of {wildcards.dataset} by each method"
    script:
        "../scripts/predict.py"


rule summarize:
    input:
        predictions=INPUTS.all_of(outputs.PREDICTIONS),
    output:
        table=report(
            outputs.SUMMARY,
            caption="../report/summary.rst",
            category="Accuracy",
            labels={"table": "all measures"},
        ),
        paper=outputs.SUMMARY_AS_TEXT,
        plot=outputs.ACCURACIES,
    log:
        "results/logs/summarize.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        code=code_digest("summarize"),
        datasets=list(STUDY.datasets),
    message:
        "Measuring accuracy per dataset, method and detector"
    script:
        "../scripts/summarize.py"


rule compare:
    input:
        predictions=INPUTS.all_of(outputs.PREDICTIONS),
    output:
        comparisons=report(
            outputs.COMPARISONS,
            caption="../report/comparisons.rst",
            category="Accuracy",
            labels={"table": "methods against each other"},
        ),
    log:
        "results/logs/compare.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        code=code_digest("compare"),
        datasets=list(STUDY.datasets),
    message:
        "Comparing each two methods"
    script:
        "../scripts/compare.py"


rule paper:
    input:
        summary=rules.summarize.output.table,
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
    params:
        code=code_digest("paper"),
    message:
        "Putting the paper's accuracies beside this study's: results/paper.md"
    script:
        "../scripts/paper.py"


rule bias:
    input:
        faces=INPUTS.all_of(outputs.FACES),
        counts=INPUTS.all_of(outputs.COUNTS),
    output:
        bias=report(
            outputs.BIAS,
            caption="../report/bias.rst",
            category="Accuracy",
            labels={"table": "by mapping"},
        ),
    log:
        "results/logs/bias.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        mapping=STUDY.mapping,
        mappings=STUDY.mappings,
        code=code_digest("bias"),
        runs=outputs.runs(STUDY),
    message:
        "Measuring how much the mapping from emotions to classes decides"
    script:
        "../scripts/bias.py"


rule metrics:
    input:
        summary=rules.summarize.output.table,
        counts=rules.count_labels.output.counts,
    output:
        metrics=outputs.METRICS,
        confusion=outputs.CONFUSION,
        emotions=outputs.EMOTION_SHARES,
    log:
        "results/logs/metrics/{dataset}/{detector}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        code=code_digest("metrics"),
    message:
        "Writing metrics and plots of {wildcards.dataset} ({wildcards.detector})"
    script:
        "../scripts/metrics.py"

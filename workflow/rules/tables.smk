# From raw FER JSON to tables.


rule collect_faces:
    input:
        raw=INPUTS.all_of(outputs.RAW),
        problems=rules.problems.output.problems,
        accepted=rules.accept_videos.output.accepted,
        shots=rules.problems.output.shots,
        identities=INPUTS.identities,
        tracks=INPUTS.tracks,
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
        belonging=INPUTS.all_belonging,
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
        golden=GOLDEN,
        mapping=STUDY.class_of,
        code=code_digest("count_labels"),
    message:
        "Counting the frames of each class of {wildcards.dataset} ({wildcards.detector})"
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
        golden=GOLDEN,
        mapping=STUDY.class_of,
        code=code_digest("segments"),
        segment_frames=STUDY.segment_frames,
        segment_seconds=STUDY.segment_seconds,
    message:
        "Counting the frames of each class of {wildcards.dataset} per segment ({wildcards.detector})"
    script:
        "../scripts/segments.py"


rule expressions:
    input:
        faces=INPUTS.all_of(outputs.FACES),
        labels=ALL_LABELS,
        people=PEOPLE,
    output:
        parquet=outputs.EXPRESSIONS,
        csv=outputs.EXPRESSIONS_AS_TEXT,
    log:
        "results/logs/expressions.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * 2 ** (attempt - 1),
    params:
        runs=outputs.runs(STUDY),
        labels=LABELS_OF,
        golden=GOLDEN,
        mapping=STUDY.class_of,
        who=CONTENTS.who,
        known=KNOWN,
        code=code_digest("expressions"),
    message:
        "Writing one table for R and pandas: results/expressions.parquet"
    script:
        "../scripts/expressions.py"


rule people:
    input:
        expressions=rules.expressions.output.parquet,
        counts=INPUTS.all_of(outputs.COUNTS),
        shots=rules.problems.output.shots,
        people=PEOPLE,
        labels=LABELS,
    output:
        people=report(
            outputs.PEOPLE,
            caption="../report/people.rst",
            category="People",
            labels={"dataset": "{dataset}", "table": "shares"},
        ),
        pairs=report(
            outputs.PAIRS,
            caption="../report/people_pairs.rst",
            category="People",
            labels={"dataset": "{dataset}", "table": "pairs"},
        ),
        time=report(
            outputs.OVER_TIME,
            caption="../report/people_time.rst",
            category="People",
            labels={"dataset": "{dataset}", "table": "over time"},
        ),
        several=outputs.SEVERAL_PEOPLE,
    log:
        "results/logs/people/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        detectors=STUDY.detectors,
        face=STUDY.face,
        golden=GOLDEN,
        known=KNOWN,
        who=CONTENTS.who,
        segment_frames=STUDY.segment_frames,
        segment_seconds=STUDY.segment_seconds,
        code=code_digest("people"),
    message:
        "Measuring what the people of {wildcards.dataset} show, and whether they differ"
    script:
        "../scripts/people.py"


rule events:
    input:
        expressions=rules.expressions.output.parquet,
        events=EVENTS,
        people=PEOPLE,
        labels=LABELS,
    output:
        events=report(
            outputs.EVENTS,
            caption="../report/events.rst",
            category="People",
            labels={"dataset": "{dataset}", "table": "by event"},
        ),
        pairs=report(
            outputs.EVENT_PAIRS,
            caption="../report/event_pairs.rst",
            category="People",
            labels={"dataset": "{dataset}", "table": "pairs by event"},
        ),
    log:
        "results/logs/events/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        events=CONTENTS.events,
        golden=GOLDEN,
        known=KNOWN,
        who=CONTENTS.who,
        code=code_digest("events"),
    message:
        "Measuring what the people of {wildcards.dataset} show in each event"
    script:
        "../scripts/events.py"


rule people_overview:
    input:
        people=INPUTS.all_of(outputs.PEOPLE),
        several=INPUTS.all_of(outputs.SEVERAL_PEOPLE),
        expressions=rules.expressions.output.parquet,
        who=PEOPLE,
        events=EVENTS,
    output:
        readable=outputs.PEOPLE_AS_TEXT,
    log:
        "results/logs/people_overview.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        who=CONTENTS.who,
        events=CONTENTS.events,
        videos=sorted(STUDY.videos) if PEOPLE or EVENTS else [],
        code=code_digest("people_overview"),
    message:
        "Summarising what people show in one table: results/people.md"
    script:
        "../scripts/people_overview.py"


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
        golden=GOLDEN,
        code=code_digest("predict"),
    message:
        "Predicting the labels of {wildcards.dataset} by each method"
    script:
        "../scripts/predict.py"


rule agreement:
    input:
        labels=ALL_LABELS,
    output:
        ratings=outputs.RATINGS,
        agreement=report(
            outputs.AGREEMENT,
            caption="../report/agreement.rst",
            category="Accuracy",
            labels={"table": "agreement of raters"},
        ),
        pairs=outputs.RATER_PAIRS,
        unresolved=outputs.UNRESOLVED,
    log:
        "results/logs/agreement.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        labels=LABELS_OF,
        contents=CONTENTS.all_labels,
        golden=GOLDEN,
        videos={name: list(each.videos) for name, each in STUDY.datasets.items()},
        code=code_digest("agreement"),
    message:
        "Measuring how far raters agree"
    script:
        "../scripts/agreement.py"


rule summarize:
    input:
        predictions=INPUTS.all_of(outputs.PREDICTIONS),
        ratings=[rules.agreement.output.ratings] if STUDY.is_rated else [],
    output:
        table=report(
            outputs.SUMMARY,
            caption="../report/summary.rst",
            category="Accuracy",
            labels={"table": "all measures"},
        ),
        reliability=report(
            outputs.RELIABILITY,
            caption="../report/reliability.rst",
            category="Accuracy",
            labels={"table": "confidence and accuracy"},
        ),
        least_certain=report(
            outputs.LEAST_CERTAIN,
            caption="../report/least_certain.rst",
            category="Accuracy",
            labels={"table": "without the least certain"},
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
        "Comparing every pair of methods"
    script:
        "../scripts/compare.py"


rule paper:
    input:
        summary=rules.summarize.output.table,
    output:
        table=outputs.PAPER[0],
        readable=outputs.PAPER[1],
    log:
        "results/logs/paper.log",
    # Two tables of four lines, for the person who started the study.
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        code=code_digest("paper"),
    message:
        "Comparing the paper's accuracies with this study's: results/paper.md"
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
        "Measuring how much depends on the mapping from emotions to classes"
    script:
        "../scripts/bias.py"


rule metrics:
    input:
        summary=rules.summarize.output.table,
        counts=rules.count_labels.output.counts,
        people=rules.people.output.people,
    output:
        metrics=outputs.METRICS,
        confusion=outputs.CONFUSION,
        emotions=outputs.EMOTION_SHARES,
        people=outputs.PEOPLE_SHARES,
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

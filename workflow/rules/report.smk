# From tables, raw FER JSON and kept pictures to the report that you open.


rule thumbnails:
    input:
        raw=INPUTS.all_of(outputs.RAW),
        pictures=ancient(INPUTS.all_of(outputs.PICTURES)),
        status=outputs.STATUS,
        identities=INPUTS.of_person,
        references=INPUTS.references_of_person,
    output:
        thumbnails=outputs.THUMBNAILS,
    log:
        "results/logs/thumbnails/{dataset}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        detectors=STUDY.detectors,
        face=STUDY.face,
        min_confidence=[STUDY.min_confidence.get(name, 0) for name in STUDY.detectors],
        min_face_height=STUDY.min_face_height,
        belongs=INPUTS.belongs,
        code=code_digest("thumbnails"),
    message:
        "Cropping faces of {wildcards.dataset}/{wildcards.video}"
    shell:
        f"{START} thumbnails"
        " --detectors {params.detectors} --raw {input.raw:q} --pictures {input.pictures:q}"
        " --status={input.status:q} --face={params.face}"
        " --min-confidence {params.min_confidence} --min-face-height={params.min_face_height}"
        " --belongs {params.belongs:q} --identities {input.identities:q}"
        " --references {input.references:q}"
        " --thumbnails={output.thumbnails:q} --log={log:q}"


rule disagreements:
    input:
        faces=INPUTS.all_of(outputs.FACES),
        # Not ancient, see detect_emotions.
        statuses=INPUTS.all_of(outputs.STATUS),
        previews=ancient(INPUTS.all_of(outputs.PREVIEWS)),
    output:
        gallery=outputs.DISAGREEMENTS,
    log:
        "results/logs/disagreements/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        detectors=STUDY.detectors,
        videos=INPUTS.names,
        code=code_digest("disagreements"),
    message:
        "Choosing frames of {wildcards.dataset} on which detectors disagree"
    script:
        "../scripts/disagreements.py"


rule portraits:
    input:
        expressions=rules.expressions.output.parquet,
        # Not ancient, see detect_emotions.
        raw=INPUTS.all_of(outputs.RAW),
        pictures=ancient(INPUTS.all_of(outputs.PICTURES)),
    output:
        portraits=outputs.PORTRAITS,
    log:
        "results/logs/portraits/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        detected=INPUTS.detected,
        code=code_digest("portraits"),
    message:
        "Choosing the highest-scoring frames of each person of {wildcards.dataset}"
    script:
        "../scripts/portraits.py"


rule figures:
    input:
        people=INPUTS.all_of(outputs.PEOPLE),
        summary=rules.summarize.output.table,
        counts=INPUTS.all_of(outputs.COUNTS),
        faces=INPUTS.all_of(outputs.FACES),
    output:
        report(
            outputs.FIGURE.format(name="accuracy"),
            caption="../report/accuracy.rst",
            category="Accuracy",
            labels={"figure": "accuracy and baseline"},
        ),
        report(
            outputs.FIGURE.format(name="methods"),
            caption="../report/methods.rst",
            category="Accuracy",
            labels={"figure": "accuracy by method"},
        ),
        [
            report(
                outputs.DATASET_FIGURE.format(dataset=dataset, figure=figure),
                caption=f"../report/{figure}.rst",
                category="People",
                labels={"dataset": dataset, "table": figure.replace("_", " ")},
            )
            for dataset in STUDY.datasets
            for figure in outputs.DATASET_FIGURES
        ],
        [
            report(
                outputs.RUN_FIGURE.format(
                    dataset=dataset, detector=detector, figure=figure
                ),
                caption=f"../report/{figure}.rst",
                category="Figures",
                subcategory=dataset,
                labels={"detector": detector, "figure": figure.replace("_", " ")},
            )
            for dataset, detector in outputs.runs(STUDY)
            for figure in outputs.RUN_FIGURES
        ],
        [
            report(
                outputs.PAIR_FIGURE.format(
                    dataset=dataset, first=first, second=second
                ),
                caption="../report/detectors.rst",
                category="Figures",
                subcategory=dataset,
                labels={"detector": f"{first}, {second}", "figure": "detectors"},
            )
            for dataset, first, second in outputs.detector_pairs(STUDY)
        ],
    log:
        "results/logs/figures.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        runs=outputs.runs(STUDY),
        face=STUDY.face,
        code=code_digest("figures"),
    message:
        "Drawing the figures"
    script:
        "../scripts/figures.py"


rule report:
    input:
        expressions=rules.expressions.output.parquet,
        people=INPUTS.all_of(outputs.PEOPLE),
        pairs=INPUTS.all_of(outputs.PAIRS),
        times=INPUTS.all_of(outputs.OVER_TIME),
        several=INPUTS.all_of(outputs.SEVERAL_PEOPLE),
        shots=rules.problems.output.shots,
        events=INPUTS.all_of(outputs.EVENTS) if STUDY.events else [],
        event_pairs=INPUTS.all_of(outputs.EVENT_PAIRS) if STUDY.events else [],
        portraits=INPUTS.all_of(outputs.PORTRAITS),
        summary=rules.summarize.output.table,
        comparisons=rules.compare.output.comparisons,
        reliability=rules.summarize.output.reliability,
        least_certain=rules.summarize.output.least_certain,
        raters=(
            [
                rules.agreement.output.agreement,
                rules.agreement.output.pairs,
                rules.agreement.output.unresolved,
            ]
            if STUDY.is_rated
            else []
        ),
        problems=rules.problems.output.problems,
        treatments=rules.problems.output.treatments,
        counts=INPUTS.all_of(outputs.COUNTS),
        segments=INPUTS.all_of(outputs.SEGMENTS),
        faces=INPUTS.all_of(outputs.FACES),
        bias=rules.bias.output.bias,
        galleries=INPUTS.all_of(outputs.DISAGREEMENTS),
        thumbnails=outputs.embedded_thumbnails(STUDY),
        files_of_people=PEOPLE,
        files_of_events=EVENTS,
    output:
        page=outputs.REPORT,
    log:
        "results/logs/report.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * 2 ** (attempt - 1),
    params:
        runs=outputs.runs(STUDY),
        face=STUDY.face,
        identified=bool(STUDY.identities),
        mapping=STUDY.mapping,
        # The configuration at its end says that raw FER JSON was kept.
        accept_code=STUDY.accept_code,
        who=CONTENTS.who,
        events=CONTENTS.events,
        videos=sorted(STUDY.videos) if PEOPLE or EVENTS else [],
        code=code_digest("report"),
    message:
        "Writing the report"
    script:
        "../scripts/report.py"


rule video_page:
    input:
        problems=rules.problems.output.problems,
        counts=INPUTS.all_of(outputs.COUNTS),
        segments=INPUTS.all_of(outputs.SEGMENTS),
        faces=INPUTS.all_of(outputs.FACES),
        thumbnails=rules.thumbnails.output.thumbnails,
    output:
        page=outputs.VIDEO_PAGE,
    log:
        "results/logs/video_page/{dataset}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        runs=lambda wildcards: outputs.runs(STUDY, wildcards.dataset),
        code=code_digest("video_page"),
    message:
        "Writing the page of {wildcards.dataset}/{wildcards.video}"
    script:
        "../scripts/video_page.py"

# Identifying people across cuts, videos and datasets, if config.yaml asks for it.


rule recognition_network:
    output:
        recognition=outputs.RECOGNITION,
    log:
        "results/logs/recognition_network.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        weights=WEIGHTS,
        code=code_digest("recognition_network"),
    message:
        "Building dlib's recognition network from its weights"
    script:
        "../scripts/recognition_network.py"


rule identify:
    input:
        # By path, since the profile for tables leaves out their rules.
        status=outputs.STATUS,
        raw=INPUTS.all_of(outputs.RAW),
        pictures=ancient(INPUTS.all_of(outputs.PICTURES)),
        onet=ancient(outputs.MODEL.format(network="onet")),
        recognition=rules.recognition_network.output.recognition,
    output:
        # Only the owner may read them.
        identities=expand(
            outputs.IDENTITIES, detector=STUDY.detectors, allow_missing=True
        ),
    log:
        "results/logs/identify/{dataset}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        code=code_digest("identify"),
    message:
        "Identifying people in {wildcards.dataset}/{wildcards.video}"
    shell:
        f"{START} identify"
        " --status={input.status:q} --raw {input.raw:q} --pictures {input.pictures:q}"
        " --onet={input.onet:q} --recognition={input.recognition:q} --identities {output.identities:q}"
        " --log={log:q}"


rule reference_people:
    input:
        pictures=PICTURES,
        models=ancient(expand(outputs.MODEL, network=NETWORKS_OF["mtcnn"])),
        recognition=rules.recognition_network.output.recognition,
    output:
        references=outputs.REFERENCES,
    log:
        "results/logs/reference_people.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        people=INPUTS.pictures,
        contents=CONTENTS.pictures,
        code=code_digest("reference_people"),
    message:
        "Reading the reference pictures of people"
    script:
        "../scripts/reference_people.py"


rule who_is_who:
    input:
        identities=INPUTS.identities,
        references=INPUTS.references,
    output:
        tracks=outputs.TRACKS,
        alike=outputs.ALIKE,
        without=outputs.WITHOUT_TRACK,
    log:
        "results/logs/who_is_who.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * 2 ** (attempt - 1),
    params:
        corrections=[astuple(each) for each in INPUTS.corrections],
        file=INPUTS.corrections_file,
        code=code_digest("who_is_who"),
    message:
        "Working out who is who in all videos: results/identities/tracks.csv"
    script:
        "../scripts/who_is_who.py"


rule check_identities:
    input:
        tracks=rules.who_is_who.output.tracks,
        alike=rules.who_is_who.output.alike,
        identities=INPUTS.identities,
        # By path, since their rules come later.
        expressions=outputs.EXPRESSIONS,
        faces=INPUTS.all_of(outputs.FACES),
    output:
        page=outputs.IDENTITIES_PAGE,
        others=outputs.OTHERS_SEEN,
    log:
        "results/logs/check_identities.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        runs=outputs.runs(STUDY),
        known=sorted(STUDY.identities.references) if STUDY.identities else [],
        code=code_digest("check_identities"),
    message:
        "Writing the page for checking who is who: results/report/identities.html"
    script:
        "../scripts/check_identities.py"


rule forget:
    log:
        "results/logs/forget.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        person=STUDY.forget,
        files=[
            *map(str, STUDY.label_files + STUDY.named_files),
            *map(str, STUDY.identities.pictures if STUDY.identities else []),
        ],
        videos=[
            str(path)
            for each in STUDY.datasets.values()
            for path in each.videos.values()
        ],
        everything=lambda wildcards: outputs.everything(STUDY),
    # Without the name, which would stay in Snakemake's log.
    message:
        "Removing what results keep of one person"
    script:
        "../scripts/forget.py"

# Videos with their faces drawn on them, on request.


rule annotate_video:
    input:
        video=VIDEO,
        raw=rules.detect_emotions.output.raw,
        status=rules.sample_frames.output.status,
        identities=INPUTS.of_person,
        references=INPUTS.references_of_person,
    output:
        mp4=f"{outputs.ANNOTATED}.mp4",
        gif=f"{outputs.ANNOTATED}.gif",
    log:
        "results/logs/annotate_video/{dataset}/{detector}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    # One thread decodes while the other draws; encoding takes what they leave.
    threads: 2
    params:
        video=CONTENTS.video,
        face=STUDY.face,
        min_confidence=INPUTS.min_confidence,
        min_face_height=STUDY.min_face_height,
        belongs=INPUTS.belongs,
        code=code_digest("annotate_video"),
    message:
        "Annotating {wildcards.dataset}/{wildcards.video} ({wildcards.detector})"
    shell:
        f"{START} annotate_video"
        " --video={input.video:q} --raw={input.raw:q}"
        " --status={input.status:q} --face={params.face}"
        " --min-confidence {params.min_confidence} --min-face-height={params.min_face_height}"
        " --belongs {params.belongs:q} --identities {input.identities:q}"
        " --references {input.references:q}"
        " --mp4={output.mp4:q}"
        " --gif={output.gif:q} --threads={threads} --log={log:q}"

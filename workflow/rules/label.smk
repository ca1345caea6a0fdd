# From videos to the pages where people label them, on request.


rule label_clip:
    input:
        video=VIDEO,
    output:
        clip=outputs.LABEL_CLIP,
        preview=outputs.LABEL_PREVIEW,
    log:
        "results/logs/label_clip/{dataset}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        # Also the path of a video that cannot be read, which is not an input.
        source=INPUTS.source,
        video=CONTENTS.video,
        always="--always" if STUDY.labelling.previews == "all" else "",
        max_frame_pixels=STUDY.max_frame_pixels,
        code=code_digest("label_clip"),
    message:
        "Preparing {wildcards.dataset}/{wildcards.video} for raters"
    shell:
        f"{START} label_clip"
        " --video={params.source:q} {params.always} --max-frame-pixels={params.max_frame_pixels}"
        " --clip={output.clip:q} --preview={output.preview:q} --threads={threads} --log={log:q}"


rule label_page:
    input:
        clips=INPUTS.label_clips,
    output:
        page=outputs.LABEL_PAGE,
    log:
        "results/logs/label_page/{dataset}.log",
    # A page of text, for the person who started it.
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        videos=INPUTS.shown_to_raters,
        mapping=STUDY.class_of,
        seed=STUDY.labelling.seed,
        sound=STUDY.labelling.sound,
        code=code_digest("label_page"),
    message:
        "Writing the page for labelling {wildcards.dataset}"
    script:
        "../scripts/label_page.py"

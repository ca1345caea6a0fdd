# From videos to the pages on which people give golden labels, on request.


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
        # The path of a video that cannot be read, which is no input, too.
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
    # A page of text, for whoever started it.
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
        "Writing the page on which {wildcards.dataset} is labelled"
    script:
        "../scripts/label_page.py"

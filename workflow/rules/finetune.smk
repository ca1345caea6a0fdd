# fer's network finetuned on a dataset's labels, on request.


rule face_crops:
    input:
        # Its content is a parameter, which its file times are not to overrule.
        video=ancient(video_file),
        raw=RAW,
    output:
        crops=CROPS,
    log:
        "results/logs/face_crops/{dataset}/{detector}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    # Few frames are decoded, and that by one thread.
    threads: 1
    resources:
        mem_mb=doubling(1000),
        runtime=doubling(10),
    params:
        most=MOST_CROPS,
        face=STUDY.face,
        video=video_content,
        code=code_digest("face_crops"),
    message:
        "Cutting out faces of {wildcards.dataset}/{wildcards.video} to learn from ({wildcards.detector})"
    shell:
        'python "$FACETALLY_START" face_crops'
        " --video={input.video:q} --raw={input.raw:q} --face={params.face} --most={params.most}"
        " --crops={output.crops:q} --threads={threads} --log={log:q}"


rule finetune:
    input:
        crops=labelled_crop_files,
        # Its content is a parameter, which its file times are not to overrule.
        labels=ancient(label_files),
    output:
        predictions=f"{FINETUNED}/predictions.csv",
        model=f"{FINETUNED}/model.onnx",
        card=f"{FINETUNED}/model_card.md",
        history=f"{FINETUNED}/history.csv",
    log:
        "results/logs/finetune/{dataset}/{detector}.log",
    conda:
        DETECTION_ENVIRONMENT
    threads: threads_at_a_time
    resources:
        gpu=1,
        mem_mb=finetuning_megabytes,
        runtime=doubling(120),
        device=STUDY.device,
    params:
        settings=astuple(STUDY.finetuning),
        videos=labelled_videos,
        labels=label_content,
        packages=package_versions(),
        code=code_digest("finetune"),
    message:
        "Finetuning fer's network on the labels of {wildcards.dataset} ({wildcards.detector})"
    script:
        "../scripts/finetune.py"

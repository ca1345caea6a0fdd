# A head for fer's network, learned from a dataset's labels, on request.


rule face_crops:
    input:
        # By path, since the profile for tables leaves out its rule.
        raw=outputs.RAW,
        pictures=ancient(outputs.PICTURES),
        status=outputs.STATUS,
        identities=INPUTS.of_person,
        references=INPUTS.references_of_person,
    output:
        crops=outputs.CROPS,
    log:
        "results/logs/face_crops/{dataset}/{detector}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        most=MOST_CROPS,
        face=STUDY.face,
        min_confidence=INPUTS.min_confidence,
        min_face_height=STUDY.min_face_height,
        belongs=INPUTS.belongs,
        code=code_digest("face_crops"),
    message:
        "Cropping faces of {wildcards.dataset}/{wildcards.video} for training ({wildcards.detector})"
    shell:
        f"{START} face_crops"
        " --raw={input.raw:q} --pictures={input.pictures:q}"
        " --status={input.status:q} --face={params.face}"
        " --min-confidence {params.min_confidence} --min-face-height={params.min_face_height}"
        " --belongs {params.belongs:q} --identities {input.identities:q}"
        " --references {input.references:q}"
        " --most={params.most}"
        " --crops={output.crops:q} --log={log:q}"


rule finetune:
    input:
        crops=INPUTS.crops,
        labels=LABELS,
        features=outputs.MODEL.format(network=FEATURES),
    output:
        predictions=f"{outputs.FINETUNED}/predictions.csv",
        model=f"{outputs.FINETUNED}/model.onnx",
        recognizer=f"{outputs.FINETUNED}/model.yaml",
        card=f"{outputs.FINETUNED}/model_card.md",
        history=f"{outputs.FINETUNED}/history.csv",
    log:
        "results/logs/finetune/{dataset}/{detector}.log",
    conda:
        DETECTION_ENVIRONMENT
    threads: threads_to_learn
    resources:
        # The linear head needs no GPU.
        gpu=1 if STUDY.finetuning.unfreeze_blocks else 0,
        mem_mb=lambda wildcards, attempt: demand.finetuning_mb(
            len(INPUTS.names(wildcards)),
            STUDY.finetuning.unfreeze_blocks,
            attempt,
        ),
        runtime=lambda wildcards, attempt: 120 * 2 ** (attempt - 1),
        device=STUDY.device,
        # Only for a message.
        recognizer=str(STUDY.recognizer.path) if STUDY.recognizer else "",
    params:
        settings=astuple(STUDY.finetuning),
        videos=INPUTS.names,
        labels=CONTENTS.labels,
        golden=GOLDEN,
        packages=PACKAGES,
        code=code_digest("finetune"),
    message:
        "Learning from the labels of {wildcards.dataset} ({wildcards.detector})"
    script:
        "../scripts/finetune.py"

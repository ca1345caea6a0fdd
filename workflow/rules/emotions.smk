# From a video to raw FER JSON.
#
# Their jobs are so many that their start counts: start.py lets a fork server start them.
# Commands say nothing of where the workflow is, so that a move or a clone reruns nothing.


rule sample_frames:
    input:
        # Its content is a parameter, which its file times are not to overrule.
        video=ancient(video_file),
    output:
        # Where jobs go to other machines, whoever reads the frames runs on the same one.
        frames=temp(FRAMES, group_jobs=True),
        status=STATUS,
    log:
        "results/logs/sample_frames/{dataset}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: threads_at_a_time
    resources:
        mem_mb=doubling(500),
        runtime=sampling_minutes,
    params:
        every_nth_frame=STUDY.every_nth_frame,
        max_frame_pixels=STUDY.max_frame_pixels,
        video=video_content,
        code=code_digest("sample_frames"),
    message:
        "Sampling frames of {wildcards.dataset}/{wildcards.video}"
    shell:
        'python "$FACETALLY_START" sample_frames'
        " --video={input.video:q} --every-nth-frame={params.every_nth_frame}"
        " --max-frame-pixels={params.max_frame_pixels} --frames={output.frames:q}"
        " --status={output.status:q} --threads={threads} --log={log:q}"


rule detect_emotions:
    input:
        frames=FRAMES,
        # Exporting them anew gives the same networks, unless `packages` change.
        models=ancient(model_files),
        versions=versions,
        # Its content is a parameter, which its file times are not to overrule.
        emotion_model=ancient(emotion_model_file),
        rendered=rendered,
    output:
        raw=RAW,
    log:
        "results/logs/detect_emotions/{dataset}/{detector}/{video}.log",
    # Before more frames are sampled: they take disk space until they are used.
    priority: 1
    conda:
        DETECTION_ENVIRONMENT
    threads: threads_at_a_time
    resources:
        gpu=1,
        # CUDA takes more than the 400 MB measured on a CPU; how much has not been measured.
        mem_mb=doubling(4000),
        runtime=detection_minutes,
        device=STUDY.device,
    params:
        engine=STUDY.engine,
        # What the frames, which are temporary, were made from.
        every_nth_frame=STUDY.every_nth_frame,
        max_frame_pixels=STUDY.max_frame_pixels,
        video=video_content,
        packages=package_versions(),
        emotion_model=emotion_model_content,
        code=code_digest("sample_frames", "export_models", "detect_emotions"),
    message:
        "Detecting emotions in {wildcards.dataset}/{wildcards.video} ({wildcards.detector})"
    shell:
        'python "$FACETALLY_START" detect_emotions'
        " --frames={input.frames:q} --models {input.models:q}"
        " --emotion-model {input.emotion_model:q} --engine={params.engine}"
        " --detector={wildcards.detector} --device={resources.device} --threads={threads}"
        " --title={wildcards.dataset}/{wildcards.detector}/{wildcards.video:q}"
        " --raw={output.raw:q} --log={log:q}"


rule problems:
    input:
        statuses=per_video(STATUS),
    output:
        problems="results/problems.csv",
    log:
        "results/logs/problems.log",
    # After all else that is ready: what it tells is to be read last.
    priority: -1
    # Of a cluster too: it takes a second, and its one line is for whoever started the study.
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=doubling(500),
        runtime=doubling(10),
    params:
        on_bad_video=STUDY.on_bad_video,
        code=code_digest("problems"),
    message:
        "Looking for videos that could not be analysed"
    script:
        "../scripts/problems.py"

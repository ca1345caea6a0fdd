# From a video to raw FER JSON.


rule sample_frames:
    input:
        video=video_file,
    output:
        frames=temp("results/frames/{dataset}/{video}.nut"),
    log:
        "results/logs/sample_frames/{dataset}/{video}.log",
    conda:
        "../../envs/study.yaml"
    threads: threads_at_a_time
    resources:
        mem_mb=500,
    params:
        every_nth_frame=STUDY.every_nth_frame,
    message:
        "Sampling frames of {wildcards.dataset}/{wildcards.video}"
    script:
        "../scripts/sample_frames.py"


rule detect_emotions:
    input:
        frames="results/frames/{dataset}/{video}.nut",
        models=model_files,
    output:
        raw="results/raw/{dataset}/{detector}/{video}.json",
    log:
        "results/logs/detect_emotions/{dataset}/{detector}/{video}.log",
    # Before more frames are sampled: they take disk space until they are used.
    priority: 1
    conda:
        DETECTION_ENVIRONMENT
    threads: threads_at_a_time
    resources:
        gpu=1,
        mem_mb=2000,
        device=STUDY.device,
    params:
        engine=STUDY.engine,
    message:
        "Detecting emotions in {wildcards.dataset}/{wildcards.video} ({wildcards.detector})"
    script:
        "../scripts/detect_emotions.py"

# From a video to raw FER JSON.
# There are so many of these jobs that their start-up time matters: start.py uses a fork server.

SAMPLING = {
    "step": str(STUDY.step),
    "max_frame_pixels": STUDY.max_frame_pixels,
    # Also the path of a video that cannot be read, which is not an input.
    "source": INPUTS.source,
    "video": CONTENTS.video,
    "code": code_digest("sample_frames"),
}
DETECTION = {
    "engine": STUDY.engine,
    # What the frames, which are temporary, were made from.
    "step": str(STUDY.step),
    "max_frame_pixels": STUDY.max_frame_pixels,
    "video": CONTENTS.video,
    "packages": PACKAGES,
    "recognizer": CONTENTS.recognizer(),
    "settings": STUDY.recognizer.as_text() if STUDY.recognizer else "",
    "code": lambda wildcards: detection_digest(wildcards.detector, STUDY.engine),
}
SAMPLED = SampledFrames(workflow, SAMPLING, DETECTION)


rule sample_frames:
    input:
        video=VIDEO,
    output:
        # If jobs run on other machines, those that read the frames run on the same one.
        frames=temp(outputs.FRAMES, group_jobs=True),
        index=temp(outputs.INDEX, group_jobs=True),
        status=outputs.STATUS,
        # Only the owner may read them.
        previews=outputs.PREVIEWS,
    log:
        "results/logs/sample_frames/{dataset}/{video}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: threads_at_a_time
    resources:
        runtime=lambda wildcards, attempt: demand.sampling_minutes(
            Path(INPUTS.source(wildcards)), attempt
        ),
    params:
        **SAMPLING,
        kept=lambda wildcards, output: [
            f"--status={output.status}",
            f"--previews={output.previews}",
        ],
    message:
        "Sampling frames of {wildcards.dataset}/{wildcards.video}"
    shell:
        f"{START} sample_frames"
        " --video={params.source:q} --{params.step}"
        " --max-frame-pixels={params.max_frame_pixels} --frames={output.frames:q}"
        " --index={output.index:q} {params.kept:q} --threads={threads} --log={log:q}"


# For a detector that is added later, or whose raw file is missing: the frames alone. Everything
# that depends on what sample_frames makes would run again with it.
use rule sample_frames as resample_frames with:
    output:
        frames=temp(outputs.RESAMPLED, group_jobs=True),
        index=temp(outputs.RESAMPLED_INDEX, group_jobs=True),
    log:
        "results/logs/resample_frames/{dataset}/{video}.log",
    params:
        **SAMPLING,
        kept=[],
    message:
        "Sampling frames of {wildcards.dataset}/{wildcards.video} again"


rule detect_emotions:
    input:
        # Of sample_frames or, where that need not run, of resample_frames.
        frames=SAMPLED.frames,
        index=SAMPLED.index,
        # Exporting the networks again changes nothing unless `packages` change.
        models=ancient(networks),
        # Snakemake skips a job that has its own reason to run if a job before it also needs to run
        # and makes only `ancient` files for it. So it also gets a file that is not ancient from
        # each such job. (The frames, which are temporary, have no record of input.)
        versions=network_versions,
        rendered=rendered,
        recognizer=RECOGNIZER,
    output:
        raw=outputs.RAW,
        # Only the owner may read them.
        pictures=outputs.PICTURES,
    log:
        "results/logs/detect_emotions/{dataset}/{detector}/{video}.log",
    # Before sampling more frames, which take disk space until they are used.
    priority: 1
    conda:
        DETECTION_ENVIRONMENT
    threads: threads_at_a_time
    resources:
        gpu=gpus,
        # At most 0.6 GB for 720p on two CPU threads, and 5.5 GB for 1080p on 16 threads, or on 8
        # with a GPU (docs/cores.md).
        mem_mb=lambda wildcards, attempt, threads: (3000 + 250 * threads)
        * 2 ** (attempt - 1),
        runtime=lambda wildcards, attempt: demand.detection_minutes(
            Path(INPUTS.source(wildcards)), STUDY.step, attempt
        ),
        device=device,
    params:
        **DETECTION,
    message:
        "Detecting emotions in {wildcards.dataset}/{wildcards.video} ({wildcards.detector})"
    shell:
        f"{START} detect_emotions"
        " --frames={input.frames:q} --index={input.index:q} --models {input.models:q}"
        " --network {input.recognizer:q} --settings={params.settings:q}"
        f" --card={CARD}"
        " --engine={params.engine}"
        " --detector={wildcards.detector} --device={resources.device} --threads={threads}"
        " --title={wildcards.dataset}/{wildcards.detector}/{wildcards.video:q}"
        " --raw={output.raw:q} --pictures={output.pictures:q} --log={log:q}"


rule problems:
    input:
        statuses=INPUTS.all_of(outputs.STATUS),
    output:
        problems=outputs.PROBLEMS,
        treatments=outputs.TREATMENTS,
        shots=outputs.SHOTS,
    log:
        "results/logs/problems.log",
    # On a cluster too: it takes a second.
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        not_analysed=STUDY.not_analysed,
        code=code_digest("problems"),
    message:
        "Collecting problems with videos: results/problems.csv"
    script:
        "../scripts/problems.py"


# A separate rule, because Snakemake removes the outputs of a failed job: the table of problems
# stays.
rule accept_videos:
    input:
        statuses=INPUTS.all_of(outputs.STATUS),
        problems=rules.problems.output.problems,
    output:
        accepted=outputs.ACCEPTED,
    log:
        "results/logs/accept_videos.log",
    # After everything else that is ready, so that its message is the last one you read.
    priority: -1
    # Its one line is for the person who started the study.
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    params:
        on_bad_video=STUDY.on_bad_video,
        code=code_digest("accept_videos"),
    message:
        "Looking for videos that could not be analysed"
    script:
        "../scripts/accept_videos.py"

# The study: config.yaml and all it names, read once; rules ask these functions for files.

import atexit
import os
import shutil
import sys
import time
from dataclasses import astuple
from functools import cache
from itertools import combinations
from pathlib import Path

# The rules' scripts run in processes of their own.
os.environ.update(
    PYTHONPATH=os.pathsep.join(sys.path[:1] + [os.getenv("PYTHONPATH", "")]).rstrip(
        os.pathsep
    ),
    # Jobs run by the Python that runs this, unless they get environments of their own.
    PATH=os.pathsep.join([os.path.dirname(sys.executable), os.getenv("PATH", "")]),
    FACETALLY_START=f"{workflow.basedir}/workflow/start.py",
)

from facetally.study import storyboard
from facetally.study.config import load_study
from facetally.detect.environment import check_complete, check_conflicts, installed
from facetally.errors import FacetallyError
from facetally.snakemake_compat.faster import be_faster
from facetally.study.finetuning import MOST_CROPS, memory_mb
from facetally.study.folds import check_can_learn, labels_and_groups
from facetally.run.fork_client import ADDRESS
from facetally.run.fork_server import ForkServer
from facetally.snakemake_compat.killed import killed_jobs, told_in_logs
from facetally.study.names import fault_on_a_cluster, shown
from facetally.detect.networks import NETWORKS, NETWORKS_WITH
from facetally.run.overview import results_overview
from facetally.run.checks import check_times, check_writable
from facetally.study.code import code_digest
from facetally.study.contents import Digests
from facetally.snakemake_compat.records import (
    Store,
    correct_times,
    disown_outdated,
    forget,
)
from facetally.snakemake_compat.scratch import make_folder_here, place_frames
from facetally.snakemake_compat.within_job import arguments_of_group
from snakemake.io import PeriodicityDetector
from snakemake.persistence import RECORD_FORMAT_VERSION
from snakemake.settings.types import Batch

MODELS = "results/models"
EXPORTED = [f"{MODELS}/{name}.onnx" for name in NETWORKS] + [f"{MODELS}/versions.json"]
RAW = "results/raw/{dataset}/{detector}/{video}.json"
STATUS = "results/videos/{dataset}/{video}.json"
FRAMES = "results/frames/{dataset}/{video}.nut"
THUMBNAILS = "results/pictures/thumbnails/{dataset}/{video}.json"
CROPS = "results/crops/{dataset}/{detector}/{video}.npz"
FINETUNED = "results/finetuned/{dataset}/{detector}"
VIDEO_PAGE = "results/report/videos/{dataset}/{video}.html"
# With more videos, the report links to a page a video, made on request: it would grow too large.
EMBEDDED_VIDEOS = 50
RUN_FIGURES = [
    "confusion",
    "classes",
    "emotions",
    "coverage",
    "face_heights",
    "accuracy_by_height",
]
# The slowest of the clips measured, on one core: see docs/clusters.md.
FRAMES_PER_MB = 350
DECODE_S = 0.0015
DETECT_S = 0.23
SAFETY = 4
STARTED = time.time()
DEMO = {str(path) for path in storyboard.videos()}
IMPORTED_BY_JOBS = [
    "argparse",
    "facetally.video.ahead",
    "facetally.learn.crop_files",
    "facetally.detect.engine",
    "facetally.files",
    "facetally.run.job",
    "facetally.detect.onnx_engine",
    "facetally.video.status",
    "facetally.run.progress",
    "facetally.video.sampling",
    "facetally.video.seek",
    "facetally.report.thumbnails",
    "facetally.video.frames",
]

try:
    check_conflicts()
    STUDY = load_study(config, promised=storyboard.videos())
    if STUDY.emotion_model and workflow.is_main_process and installed("onnxruntime"):
        # Only here: it takes a third of a second.
        from facetally.detect.emotion_model import check_emotion_model

        check_emotion_model(STUDY.emotion_model)
except FacetallyError as error:
    sys.exit(f"facetally: {error}")


DETECTION_ENVIRONMENT = f"../../envs/{'gpu' if STUDY.device == 'cuda' else 'cpu'}.yaml"


def check_environment():
    """Refuse to start jobs here that miss their packages."""
    if workflow.deployment_settings.deployment_method:
        return  # The jobs get environments of their own.
    try:
        check_complete()
    except FacetallyError as error:
        sys.exit(f"facetally: {error}")


def check_files():
    """Refuse to start jobs that could not write, or that Snakemake would not let succeed."""
    files = [*made_from_videos(), *made_from_raw(), *per_video(FRAMES)]
    logs = Path("results/logs")
    of_rules = (
        [path for path in logs.iterdir() if path.suffix != ".log"]
        if logs.is_dir()
        else []
    )
    try:
        check_times(
            Path(file)
            for dataset in STUDY.datasets.values()
            for file in [*dataset.videos.values(), *dataset.label_files]
        )
        check_writable([logs, *of_rules, *(Path(file).parent for file in files)])
    except FacetallyError as error:
        sys.exit(f"facetally: {error}")


def start_fork_server():
    """Let jobs start in milliseconds, where they run here and in this environment."""
    # On other systems than Linux, the packages' libraries do not survive a fork.
    if (
        sys.platform == "linux"
        and workflow.local_exec
        and not workflow.deployment_settings.deployment_method
        and STUDY.engine != "fer"
    ):
        server = ForkServer(IMPORTED_BY_JOBS)
        os.environ[ADDRESS] = server.address
        atexit.register(server.close)


def check_names():
    """Refuse videos whose names Snakemake cannot hand to a cluster's jobs."""
    if workflow.local_exec:
        return
    for dataset in STUDY.datasets.values():
        for path in dataset.videos.values():
            if fault := fault_on_a_cluster(path):
                sys.exit(f"facetally: {shown(str(path))} {fault}")


def remove_outdated():
    """Remove what will be made anew, where Snakemake is to keep what jobs leave that fail.

    A job of a cluster that is ended before it has come to a file would leave the old one, and
    Snakemake would record it as the new one.
    """
    if workflow.execution_settings.keep_incomplete:
        for job in workflow.dag.needrun_jobs():
            for file in job.output:
                Path(file).unlink(missing_ok=True)


def place_temporary_files():
    """Put the frames where config.yaml wants them."""
    try:
        place_frames(Path("results/frames"), STUDY.scratch)
    except FacetallyError as error:
        sys.exit(f"facetally: {error}")


# Snakemake refuses names that end in one thing twenty times over, such as "oooooooooooooooooooo",
# as a sign of rules that feed themselves without an end. None here does, and videos have names.
PeriodicityDetector.is_periodic = lambda self, value: None

be_faster()


def batch_of_videos(batch, files):
    """The files of a batch: those of a part of the videos.

    Snakemake sorts them by path, which is by detector: each video would be sampled twice.
    """
    videos = {}
    for file in sorted(files):
        folders = file.split("/")
        video = (folders[2:3], folders[-1].rsplit(".", 1)[0])
        videos.setdefault(str(video), []).append(file)
    return [file for video in GET_BATCH(batch, list(videos)) for file in videos[video]]


GET_BATCH = Batch.get_batch
Batch.get_batch = batch_of_videos


wildcard_constraints:
    dataset="|".join(STUDY.datasets),
    detector="|".join(STUDY.detectors),
    video="[^/]+",


def video_file(wildcards):
    """The source of one video."""
    return str(STUDY.datasets[wildcards.dataset].videos[wildcards.video])


def raw_files(dataset, detector):
    """The raw FER JSON of all videos of a dataset."""
    videos = STUDY.datasets[dataset].videos
    return [
        RAW.format(dataset=dataset, detector=detector, video=video) for video in videos
    ]


def all_raw_files():
    """The raw FER JSON of the study."""
    return [
        file for dataset, detector in runs() for file in raw_files(dataset, detector)
    ]


def expensive_files(wildcards):
    """What is made from the videos and costs most of a study's time.

    The table of problems is made from the statuses of all videos: with it, each of Snakemake's
    batches would have all of them in it.
    """
    batch = workflow.dag_settings.batch
    return [*all_raw_files(), *([] if batch else ["results/problems.csv"])]


def model_files(wildcards):
    """The networks a detection job loads: fer's, and mtcnn's three for its own detector."""
    if STUDY.engine == "fer":
        return []
    return [f"{MODELS}/{name}.onnx" for name in NETWORKS_WITH[wildcards.detector]]


# Snakemake passes over what needs a run for reasons of its own, if a job before it needs one too
# and makes nothing for it but `ancient` files. So detection also has one that is not, of each
# such job. (The frames, which are temporary, have no record of input to compare it with.)


def rendered(wildcards):
    """What the workflow writes with a video that it renders."""
    return [str(storyboard.RENDERED)] if video_file(wildcards) in DEMO else []


def versions(wildcards):
    """What the workflow writes with the networks."""
    return [f"{MODELS}/versions.json"] if model_files(wildcards) else []


def threads_at_a_time(wildcards):
    """The cores, shared by as many detection jobs as `gpu` lets run at a time.

    Sampling jobs take as many as detection jobs: were they smaller, they would fill every
    core that falls free, and their frames the disk, before a detection job could start.
    """
    cores = workflow.resource_settings.cores or 1
    detections = workflow.global_resources.get("gpu").value or cores
    return max(1, cores // detections)


def doubling(amount):
    """An amount of a resource that doubles each time the job is tried again."""
    return lambda wildcards, attempt: amount * 2 ** (attempt - 1)


# For the scheduler of a cluster, which ends a job that takes longer than it asked for.
def sampling_minutes(wildcards, attempt):
    """Minutes to ask for."""
    decoding = megabytes(wildcards) * FRAMES_PER_MB * DECODE_S
    return attempt * (1 + int(SAFETY * decoding / 60))


def detection_minutes(wildcards, attempt):
    """Minutes to ask for beside those of its sampling: for most short videos none."""
    frames = megabytes(wildcards) * FRAMES_PER_MB / STUDY.every_nth_frame
    return attempt * round(SAFETY * frames * DETECT_S / 60)


def megabytes(wildcards):
    """The size of a video; 0 if it has yet to be rendered."""
    path = Path(video_file(wildcards))
    return path.stat().st_size / 1e6 if path.exists() else 0


def video_content(wildcards):
    """What tells the content of one video from any other."""
    return content(Path(video_file(wildcards)))


def content(path):
    """What tells the content of a video from any other."""
    if str(path) in DEMO and storyboard.is_as_rendered(path, DIGESTS):
        return f"demo {code_digest('demo')}"
    return DIGESTS(path)


def label_content(wildcards):
    """What tells the content of a dataset's label file from any other."""
    return [DIGESTS(Path(path)) for path in label_files(wildcards)]


def emotion_model_file(wildcards):
    """The emotion model: none or one file."""
    return [str(STUDY.emotion_model)] if STUDY.emotion_model else []


def emotion_model_content(wildcards):
    """What tells the content of the emotion model from any other."""
    return [DIGESTS(Path(path)) for path in emotion_model_file(wildcards)]


def labelled_videos(wildcards):
    """The videos of a dataset that have a golden label, by name."""
    return sorted(golden_of(wildcards.dataset))


@cache
def golden_of(dataset):
    """The golden labels of a dataset, if something can be learned from them."""
    study = STUDY.datasets[dataset]
    try:
        golden, groups = labels_and_groups(study.label_files, study.videos)
        check_can_learn(dataset, golden, groups)
    except FacetallyError as error:
        sys.exit(f"facetally: {error}")
    return golden


def labelled_crop_files(wildcards):
    """The crops of the labelled videos of a dataset."""
    return [
        CROPS.format(
            dataset=wildcards.dataset, detector=wildcards.detector, video=video
        )
        for video in labelled_videos(wildcards)
    ]


def finetuning_megabytes(wildcards, attempt):
    """Memory to ask for: TensorFlow's own, and what it makes of all crops."""
    videos = len(labelled_videos(wildcards))
    needed = 3000 + memory_mb(videos, STUDY.finetuning.unfreeze_blocks)
    return needed * 2 ** (attempt - 1)


def finetuned_files(wildcards):
    """What is finetuned, of every dataset with labels and every detector."""
    found = [run for run in runs() if STUDY.datasets[run[0]].labels]
    if not found:
        sys.exit(
            "facetally: config.yaml: no dataset has labels, so nothing can be finetuned; "
            "name a label file as datasets.NAME.labels"
        )
    return [
        f"{FINETUNED}/{name}".format(dataset=dataset, detector=detector)
        for dataset, detector in found
        for name in ("predictions.csv", "model.onnx", "model_card.md", "history.csv")
    ]


def package_versions():
    """The packages that the networks come from."""
    return {name: installed(name) for name in ("fer", "mtcnn")}


def label_files(wildcards):
    """The label file of a dataset: none or one."""
    return [str(path) for path in STUDY.datasets[wildcards.dataset].label_files]


def video_files(wildcards):
    """The videos of a dataset."""
    return [str(path) for path in STUDY.datasets[wildcards.dataset].videos.values()]


def video_contents(wildcards):
    """What tells the content of a dataset's videos from any other."""
    return [content(path) for path in STUDY.datasets[wildcards.dataset].videos.values()]


def runs(only=None):
    """All pairs of dataset and detector, in the order of config.yaml, or those of one dataset."""
    return [
        (dataset, detector)
        for dataset in STUDY.datasets
        for detector in STUDY.detectors
        if only in (None, dataset)
    ]


def pairs():
    """All datasets with each two detectors."""
    return [
        (dataset, *two)
        for dataset in STUDY.datasets
        for two in combinations(STUDY.detectors, 2)
    ]


def tables(kind, suffix, dataset=None):
    """The files of one kind of table, one per run."""
    return [
        f"results/{kind}/{dataset}/{detector}{suffix}"
        for dataset, detector in runs(dataset)
    ]


def prediction_files():
    """What each method predicts: one file a dataset."""
    return [f"results/predictions/{dataset}.csv" for dataset in STUDY.datasets]


def finetuned_predictions(wildcards):
    """What the finetuned networks say of a dataset with labels, if they are asked for."""
    asked = "finetuned" in STUDY.methods and label_files(wildcards)
    return [
        f"results/finetuned/{dataset}/{detector}/predictions.csv"
        for dataset, detector in runs(wildcards.dataset)
        if asked
    ]


def disagreement_files():
    """The frames on which detectors disagree: one file a dataset."""
    return [f"results/pictures/disagreements/{name}.json" for name in STUDY.datasets]


def per_video(path):
    """A path with {dataset} and {video} in it, for each video."""
    return [
        path.format(dataset=name, video=video)
        for name, dataset in STUDY.datasets.items()
        for video in dataset.videos
    ]


def embedded_thumbnails():
    """The thumbnails of the videos whose sections are in the report: of all or of none."""
    thumbnails = per_video(THUMBNAILS)
    return thumbnails if len(thumbnails) <= EMBEDDED_VIDEOS else []


def figure_files():
    """The study's figures as files."""
    return [
        "results/figures/accuracy.svg",
        "results/figures/methods.svg",
        *(
            f"results/figures/{dataset}/{detector}/{figure}.svg"
            for dataset, detector in runs()
            for figure in RUN_FIGURES
        ),
        *(
            f"results/figures/{dataset}/{first}-{second}.svg"
            for dataset, first, second in pairs()
        ),
    ]


def made_from_videos():
    """All that the study keeps of what it makes from the videos themselves."""
    return [*all_raw_files(), *per_video(STATUS), "results/problems.csv"]


def made_from_raw():
    """All that the study makes from the raw FER JSON."""
    return [
        "results/summary.csv",
        "results/summary.md",
        "results/comparisons.csv",
        *prediction_files(),
        "results/bias.csv",
        "results/plots/accuracy.csv",
        *tables("metrics", ".json"),
        *tables("plots/confusion", ".csv"),
        *tables("plots/emotions", ".csv"),
        *tables("faces", ".parquet"),
        *tables("counts", ".csv"),
        *tables("segments", ".csv"),
        *disagreement_files(),
        *embedded_thumbnails(),
        *figure_files(),
        *(finetuned_files(None) if "finetuned" in STUDY.methods else []),
        "results/report/index.html",
    ]


def read_by_jobs():
    """The files that jobs write and others read."""
    between = [*per_video(FRAMES), *per_video(THUMBNAILS), str(storyboard.RENDERED)]
    between += [
        path
        for detector in STUDY.detectors
        for path in per_video(CROPS.replace("{detector}", detector))
    ]
    return [*EXPORTED, *between, *made_from_videos(), *made_from_raw()]


def annotated_files():
    """The videos with their faces drawn on them, of every dataset and detector."""
    return [
        f"results/annotated/{dataset}/{detector}/{video}.{suffix}"
        for dataset, detector in runs()
        for video in STUDY.datasets[dataset].videos
        for suffix in ("mp4", "gif")
    ]


def keep_provenance():
    """Put what made the results beside them."""
    try:
        for store in STORES:
            store.keep(DIGESTS)
    except FacetallyError as error:
        sys.exit(f"facetally: {error}")


DIGESTS = Digests()
STORES = [
    Store(
        Path("results/raw/provenance.jsonl"),
        made_from_videos(),
    ),
    Store(Path(f"{MODELS}/provenance.jsonl"), EXPORTED),
    Store(Path("results/provenance.jsonl"), made_from_raw()),
]

if workflow.is_main_process:
    # Checksums of videos are taken later, also where there is nothing to do.
    atexit.register(DIGESTS.save)
    # Results may have come from elsewhere since the last run: pulled, copied, checked out.
    try:
        if not Path("results").is_dir():
            check_writable([Path("results")])
        correct_times(read_by_jobs(), STARTED)
        came = [store.restore(DIGESTS, RECORD_FORMAT_VERSION) for store in STORES]
        if any(came):
            # Of the raw files, parameters tell what they were made from.
            disown_outdated(made_from_raw(), DIGESTS, RECORD_FORMAT_VERSION)
        forget(per_video(FRAMES))
        # What an earlier run has made, which was killed before it could keep it.
        for store in STORES:
            store.keep_unkept(DIGESTS)
    except FacetallyError as error:
        sys.exit(f"facetally: {error}")
else:
    arguments = arguments_of_group(
        sys.argv[1:], {"sample_frames": STATUS, "detect_emotions": RAW}
    )
    if arguments:
        shutil.rmtree(workflow.snakemake_tmp_dir)
        os.execv(sys.executable, [sys.executable, "-m", "snakemake", *arguments])
    try:
        make_folder_here(Path("results/frames"))
    except FacetallyError as error:
        sys.exit(f"facetally: {error}")
    if "--local-groupid" in sys.argv:
        start_fork_server()

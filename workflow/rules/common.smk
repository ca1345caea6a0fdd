# The study, read once, and what rules ask of it.

import atexit
import shlex
import sys
import time
from dataclasses import astuple
from functools import cache
from pathlib import Path

from facetally.detect.environment import check_conflicts, installed
from facetally.detect.networks import NETWORKS, NETWORKS_WITH
from facetally.run.aside import put_back
from facetally.run.fork_server import serve_jobs
from facetally.run.overview import results_overview
from facetally.snakemake_compat.hooks import report_failures, start_run
from facetally.snakemake_compat.records import Records, Store, travel
from facetally.snakemake_compat.scratch import make_folder_here
from facetally.snakemake_compat.within_job import is_group, run_group_at_once
from facetally.study import demand, outputs, storyboard
from facetally.study.code import code_digest
from facetally.study.config import load_study
from facetally.study.contents import Contents, Digests
from facetally.study.finetuning import MOST_CROPS
from facetally.study.folds import labels_to_learn_from

STARTED = time.time()
DIGESTS = Digests()

with refusing():
    check_conflicts()
    STUDY = load_study(config, promised=storyboard.videos())

CONTENTS = Contents(STUDY, DIGESTS, code_digest("demo"))
PACKAGES = {name: installed(name) for name in ("fer", "mtcnn")}

# How a rule's command starts its script: as the Python that runs this, unless jobs get
# environments of their own.
DEPLOYED = bool(workflow.deployment_settings.deployment_method)
START = (
    shlex.join(
        [
            "python" if DEPLOYED else sys.executable,
            f"{workflow.current_basedir}/../start.py",
        ]
    )
    .replace("{", "{{")
    .replace("}", "}}")
)
DETECTION_ENVIRONMENT = f"../../envs/{'gpu' if STUDY.device == 'cuda' else 'cpu'}.yaml"


wildcard_constraints:
    dataset="|".join(STUDY.datasets),
    detector="|".join(STUDY.detectors),
    video="[^/]+",


def all_of(pattern, **only):
    """The files of a pattern for all that a job's wildcards leave open."""
    return lambda wildcards: outputs.paths(
        pattern, STUDY, **only, **dict(wildcards.items())
    )


def all_of_the_study(wildcards):
    """All that the study makes."""
    with refusing():
        outputs.check_whole(STUDY)
        # Raw files too, or one whose job was killed would not be missed: Snakemake does not
        # look for what only older files need.
        return [*outputs.raw_files(STUDY), *outputs.made_from_raw(STUDY)]


def raw_of_the_study(wildcards):
    """What is made from the videos and costs most of a study's time."""
    return [*outputs.raw_files(STUDY), *([] if STUDY.part else [outputs.ACCEPTED])]


def finetuned_of_the_study(wildcards):
    """What is finetuned, of every dataset with labels."""
    with refusing():
        return outputs.finetuned_files(STUDY)


def video_file(wildcards):
    """The source of one video."""
    return str(STUDY.datasets[wildcards.dataset].videos[wildcards.video])


def video_files(wildcards):
    """The videos of a dataset."""
    return [str(path) for path in STUDY.datasets[wildcards.dataset].videos.values()]


def label_files(wildcards):
    """The label file of a dataset: none or one."""
    return [str(path) for path in STUDY.datasets[wildcards.dataset].label_files]


# Neither their file times nor the prefix of a module is to overrule what config.yaml names:
# their content is a parameter.
VIDEO = ancient(local(video_file))
VIDEOS = ancient(local(video_files))
LABELS = ancient(local(label_files))
EMOTION_MODEL = [ancient(local(str(path))) for path in [STUDY.emotion_model] if path]


def networks(wildcards):
    """The networks a detection job loads: fer's, and mtcnn's three for its own detector."""
    names = [] if STUDY.engine == "fer" else NETWORKS_WITH[wildcards.detector]
    return expand(outputs.MODEL, network=names)


def network_versions(wildcards):
    """What the workflow writes with the networks."""
    return [outputs.MODEL_VERSIONS] if networks(wildcards) else []


def rendered(wildcards):
    """What the workflow writes with a video that it renders."""
    is_demo = Path(video_file(wildcards)) in storyboard.videos()
    return [local(str(storyboard.RENDERED))] if is_demo else []


def video_content(wildcards):
    """What distinguishes the content of one video from any other."""
    return CONTENTS.video(wildcards.dataset, wildcards.video)


def video_contents(wildcards):
    """What distinguishes the content of a dataset's videos from any other."""
    return CONTENTS.videos(wildcards.dataset)


def label_content(wildcards):
    """What distinguishes the content of a dataset's label file from any other."""
    return CONTENTS.labels(wildcards.dataset)


@cache
def videos_to_learn_from(name):
    """The videos of a dataset that have a golden label, if something can be learned of them."""
    dataset = STUDY.datasets[name]
    with refusing():
        return sorted(labels_to_learn_from(name, dataset.label_files, dataset.videos))


def labelled_videos(wildcards):
    """The same of a job's dataset."""
    return videos_to_learn_from(wildcards.dataset)


def finetuned_predictions(wildcards):
    """What the finetuned networks say of a dataset with labels, if they are asked for."""
    if "finetuned" not in STUDY.methods or not label_files(wildcards):
        return []
    return all_of(f"{outputs.FINETUNED}/predictions.csv")(wildcards)


def threads_at_a_time(wildcards):
    """The cores, shared by as many detection jobs as `gpu` lets run at a time.

    Sampling jobs take as many as detection jobs: were they smaller, they would fill every
    core that falls free, and their frames the disk, before a detection job could start.
    """
    cores = workflow.resource_settings.cores or 1
    detections = workflow.global_resources.get("gpu").value or cores
    return max(1, cores // detections)


if is_module(workflow):
    pass  # Records, lock and hooks are the importing workflow's.
elif workflow.is_main_process:
    atexit.register(DIGESTS.save)
    derived = outputs.made_from_raw(STUDY)
    models = [*expand(outputs.MODEL, network=NETWORKS), outputs.MODEL_VERSIONS]
    stores = [
        Store(Path("results/raw/provenance.jsonl"), outputs.made_from_videos(STUDY)),
        Store(Path("results/models/provenance.jsonl"), models),
        Store(Path("results/provenance.jsonl"), derived),
    ]
    between = outputs.between_jobs(STUDY)
    with refusing():
        travel(workflow, Records(stores, DIGESTS, derived, temporary=between), between)
else:
    run_group_at_once(
        {"sample_frames": outputs.STATUS, "detect_emotions": outputs.RAW},
        workflow.snakemake_tmp_dir,
    )
    with refusing():
        make_folder_here(Path("results/frames"))
    if is_group():
        serve_jobs()

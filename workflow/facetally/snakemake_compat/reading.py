"""What happens once the workflow has been read: in the process of the run, and in that of a job.

Private to Snakemake is what the modules used here name.
"""

import atexit
import sys
from collections.abc import Collection
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import Any

from facetally.detect.environment import (
    ONNX_RUNTIME_WHEELS,
    WEIGHTS_OF_PEOPLE,
    installed,
    no_weights,
)
from facetally.run.checks import (
    check_is_folder,
    check_pictures,
    in_the_future,
    tracked_by_git,
    without_pictures,
)
from facetally.snakemake_compat.hooks import report_idle_run, serve
from facetally.snakemake_compat.lock import check_no_run
from facetally.snakemake_compat.reasons import reasons
from facetally.snakemake_compat.records import Records, Store, travel
from facetally.snakemake_compat.scratch import make_folder_here
from facetally.snakemake_compat.within_job import is_group, run_group_at_once
from facetally.study import outputs, storyboard
from facetally.study.code import detection_digest
from facetally.study.config import Study, check_labels_suffice
from facetally.study.contents import Digests
from facetally.study.datasets import notice
from facetally.study.detectors import NETWORKS
from facetally.study.inputs import Inputs
from facetally.study.references import not_used


def begin_run(workflow: Any, study: Study, inputs: Inputs, digests: Digests) -> None:
    """Check the study, and compare what is there with the records that travel with results.

    Args:
        workflow: Snakemake's.
        study: what it is to run.
        inputs: those of its rules.
        digests: of its files; they are saved when the process ends.

    Raises:
        FacetallyError: if the study cannot be run, with one line that says why.
    """
    if study.forget:  # Before Snakemake could take, and remove, the lock of a run.
        check_no_run()
    folder = Path.cwd()
    atexit.register(_save, digests, folder)
    atexit.register(report_idle_run, workflow, study, folder)
    derived = outputs.made_from_raw(study)
    models = [outputs.MODEL.format(network=name) for name in NETWORKS]
    stores = [
        Store(Path("results/raw/provenance.jsonl"), outputs.made_from_videos(study)),
        Store(Path("results/models/provenance.jsonl"), [*models, outputs.MODEL_VERSIONS]),
        Store(Path("results/provenance.jsonl"), derived),
        Store(Path("results/on_request/provenance.jsonl"), outputs.not_versioned(study)),
    ]
    beside = outputs.temporary(study) | dict.fromkeys(models, outputs.MODEL_VERSIONS)
    check_is_folder(Path("results"))
    check_pictures(study)
    if any(map(installed, ONNX_RUNTIME_WHEELS)):  # Or else jobs get environments of their own.
        if study.identities and not installed(WEIGHTS_OF_PEOPLE):
            raise no_weights()
        if study.recognizer:
            # Only here: the import takes a third of a second.
            from facetally.detect.recognizer import check_recognizer

            check_recognizer(study.recognizer)
    accepted = {
        raw: detection_digest(detector, study.engine)
        for detector in (study.detectors if study.accept_code else ())
        for raw in outputs.paths(outputs.RAW, study, detector=detector)
    }
    unread = outputs.pictures_from_videos(study)
    records = Records(stores, digests, derived, beside, unread, accepted, study.accept_code)
    others = [str(storyboard.RENDERED), *outputs.between_jobs(study)]
    explain = partial(reasons, workflow, records, study.accept_code)

    def check(targets: Collection[str]) -> None:
        inputs.check(targets)
        if workflow.dag_settings.allowed_rules and (line := without_pictures(study)):
            print(f"facetally: {line}", file=sys.stderr)

    travel(workflow, records, others, check, explain)
    if study.passed_over:
        print(f"facetally: {notice(study.passed_over)}", file=sys.stderr)
    if study.identities and study.identities.passed_over:
        print(f"facetally: {not_used(study.identities.passed_over)}", file=sys.stderr)
    if tracked := tracked_by_git(study):
        print(f"facetally: {tracked}", file=sys.stderr)
    for note in study.notes:
        print(f"facetally: {note}", file=sys.stderr)


def begin_module(workflow: Any, study: Study) -> None:
    """Check the study of a module, as far as that is not left to the workflow that imports it.

    Args:
        workflow: Snakemake's.
        study: what the module is for.

    Raises:
        ConfigError: if labels are missing.
        FoldError: if nothing can be learned from labels.
    """
    check_labels_suffice(study)
    if workflow.is_main_process and (late := in_the_future(study.files)):
        print(f"facetally: {late}", file=sys.stderr)


def _save(digests: Digests, folder: Path) -> None:
    """Save them in the study's folder, which Snakemake has left by then."""
    with chdir(folder):
        digests.save()


def begin_job(workflow: Any, study: Study) -> None:
    """Prepare the process of a job that runs elsewhere, or of a group of them.

    Args:
        workflow: Snakemake's.
        study: what the job belongs to.

    Raises:
        FacetallyError: if the folder of frames cannot be made.
    """
    run_group_at_once(
        {"sample_frames": outputs.STATUS, "detect_emotions": outputs.RAW},
        workflow.snakemake_tmp_dir,
    )
    make_folder_here(Path("results/frames"))
    if is_group():
        serve(workflow, study)

"""Which job samples the frames that a detection job reads.

Frames are temporary. When a detector is added to a finished study, they must be sampled again, and
Snakemake reruns everything that reads what a job makes: all other detectors, and the tables of
problems. So there are two jobs that sample a video. ``sample_frames`` also writes the video's
status; ``resample_frames`` makes frames alone, at another path. A detection job reads the frames
of a job that runs only if it needs to run itself. Should Snakemake find another reason to run it,
it still has frames; only more than necessary is run then.

Upstream: snakemake/snakemake#1964 (a job reruns because another job needs the same temporary
file). ``ancient`` does not help: it excuses a job only where the file exists. Tried with Snakemake
9.27; tests/workflow/test_one_detector.py fails without it. Private to Snakemake are
``PersistenceBase._read_record`` and ``_filter_incomplete_keys``, ``Workflow.rerun_triggers`` and,
in the process of a cluster's job, ``DAGSettings.target_jobs``. Records name the frames of
``sample_frames`` in any case (:mod:`facetally.snakemake_compat.records`).
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from facetally.snakemake_compat.modules import is_module
from facetally.snakemake_compat.versions import is_tried
from facetally.study.outputs import (
    FRAMES,
    INDEX,
    PICTURES,
    PREVIEWS,
    RAW,
    RESAMPLED,
    RESAMPLED_INDEX,
    STATUS,
)

RESAMPLE: Final = "resample_frames"

Params = Mapping[str, Any | Callable[[Any], Any]]
"""The parameters of a rule: values, or functions of a job's wildcards."""


class SampledFrames:
    """The frames of detection jobs, as input functions.

    The answer for a job stays the same while the process lives, although its jobs change what it
    depends on.

    Args:
        workflow: Snakemake's.
        sampling: the parameters of ``sample_frames``.
        detection: the parameters of ``detect_emotions``.
    """

    def __init__(self, workflow: Any, sampling: Params, detection: Params) -> None:
        self._workflow = workflow
        # A module has no records of its own.
        self._always_sampled = is_module(workflow) or not is_tried(
            "a detector that is added makes all others run again"
        )
        self._sampling = sampling
        self._detection = detection
        self._resampled: dict[tuple[str, str, str], bool] = {}
        self._detected: dict[tuple[str, str, str], bool] = {}
        self._sampled: dict[tuple[str, str], tuple[bool, bool]] = {}

    def frames(self, wildcards: Any) -> str:
        """Return the path of the frames that a detection job reads."""
        return _path(RESAMPLED if self._is_resampled(wildcards) else FRAMES, wildcards)

    def index(self, wildcards: Any) -> str:
        """Return the path of their index."""
        return _path(RESAMPLED_INDEX if self._is_resampled(wildcards) else INDEX, wildcards)

    def is_detected(self, wildcards: Any) -> bool:
        """Return whether a detection job need not run, as far as a run's own process can say."""
        asked = self._workflow.dag_settings
        forced = asked.forceall or asked.forcerun or asked.forcetargets
        if self._always_sampled or not self._workflow.is_main_process or forced:
            return False
        self._is_resampled(wildcards)
        return self._detected[wildcards.dataset, wildcards.video, wildcards.detector]

    def _is_resampled(self, wildcards: Any) -> bool:
        if self._always_sampled:
            return False
        job = (wildcards.dataset, wildcards.video, wildcards.detector)
        if job not in self._resampled:
            here = self._workflow.is_main_process
            decide = self._is_to_be_resampled if here else self._is_resampled_for_job
            self._resampled[job] = decide(wildcards)
        return self._resampled[job]

    def _is_to_be_resampled(self, wildcards: Any) -> bool:
        """Decide which frames a job reads.

        If the status is up to date, ``sample_frames`` should not run, and otherwise it runs for
        every raw file that is not.
        """
        video = (wildcards.dataset, wildcards.video)
        if video not in self._sampled:
            # From a run that was killed, or kept by --notemp.
            has_frames = all(Path(_path(each, wildcards)).exists() for each in (FRAMES, INDEX))
            is_current = self._is_current((STATUS, PREVIEWS), self._sampling, wildcards)
            self._sampled[video] = is_current, has_frames
        is_sampled, has_frames = self._sampled[video]
        is_detected = self._is_current((RAW, PICTURES), self._detection, wildcards)
        self._detected[*video, wildcards.detector] = is_detected
        if is_sampled and has_frames:
            return False
        return is_sampled != is_detected

    def _is_resampled_for_job(self, wildcards: Any) -> bool:
        """Return what the main process has decided for a job that runs elsewhere.

        Both jobs run in one group, because of ``group_jobs=True``.
        """
        return any(
            job.rulename == RESAMPLE
            and (job.wildcards_dict["dataset"], job.wildcards_dict["video"])
            == (wildcards.dataset, wildcards.video)
            for job in self._workflow.dag_settings.target_jobs
        )

    def _is_current(self, patterns: Sequence[str], params: Params, wildcards: Any) -> bool:
        """Return whether the outputs of a job exist, complete, made with these parameters."""
        records = self._workflow.persistence
        made = [_path(each, wildcards) for each in patterns]
        if not all(Path(each).exists() for each in made) or records._filter_incomplete_keys(made):
            return False
        if "PARAMS" not in {each.name for each in self._workflow.rerun_triggers}:
            return True
        record = records._read_record(made[0])
        values = (each(wildcards) if callable(each) else each for each in params.values())
        return record is not None and set(record.params or ()) == set(map(repr, values))


def _path(pattern: str, wildcards: Any) -> str:
    return pattern.format(**dict(wildcards.items()))

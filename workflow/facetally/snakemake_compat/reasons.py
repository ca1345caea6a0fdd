"""Why a run makes again what is there, and what that costs: said before its first job.

A change of config.yaml, a label or a video needs no explanation. A result that somebody has
edited, records that are missing, and new code do. Private to Snakemake are ``DAG.needrun_jobs``,
and ``PersistenceBase._params``, which returns a job's parameters as a record has them.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from facetally.snakemake_compat.records import CHANGED, Records
from facetally.study.names import counted, first, shown
from facetally.study.outputs import is_kept_picture

NAMED_AT_MOST: Final = 3
DETECTION: Final = "detect_emotions"
SAMPLING: Final = "sample_frames"
CODE: Final = re.compile("'[0-9a-f]{16}'")
"""A digest of code among a record's parameters."""


def reasons(workflow: Any, records: Records, accepted: Sequence[str]) -> list[str]:
    """Return a line for each reason that no change of the study explains.

    Args:
        workflow: Snakemake's, once it knows what is to be done.
        records: those of the results.
        accepted: digests of other code whose raw FER JSON is kept already.
    """
    jobs = [job for job in workflow.dag.needrun_jobs() if not job.rule.norun]
    lines = [
        _damaged(jobs, records),
        _without_pictures(jobs),
        _new_code(workflow.persistence, jobs, accepted),
    ]
    return [f"facetally: {line}, {_cost(jobs, records)} (docs/dvc.md)" for line in lines if line]


def _damaged(jobs: Sequence[Any], records: Records) -> str | None:
    """Return what is said of results that are not what their records say."""
    # Sorted, because Snakemake has the jobs in any order.
    made = sorted({str(output) for job in jobs for output in job.output})
    missing = [
        output
        for output in made
        if not Path(output).exists() and records.was_there(output) and not is_kept_picture(output)
    ]
    faults: dict[str, list[str]] = {}
    for output in made:
        if output in records.faults:
            faults.setdefault(records.faults[output], []).append(output)
    changed = faults.pop(CHANGED, [])
    parts = [
        *([f"{_named(changed)} changed since a run made {_them(changed)}"] if changed else []),
        *([f"{_named(missing)} {'are' if len(missing) > 1 else 'is'} missing"] if missing else []),
        *(f"nothing says what made {_named(files)} ({why})" for why, files in faults.items()),
    ]
    return f"{'; '.join(parts)}: made again" if parts else None


def _without_pictures(jobs: Sequence[Any]) -> str | None:
    """Return what is said of videos that are analysed again because their pictures are needed."""
    videos = {
        (job.wildcards.dataset, job.wildcards.video)
        for job in jobs
        if job.rule.name in (DETECTION, SAMPLING)
        and any(Path(each).exists() for each in job.output)
        and any(is_kept_picture(each) and not Path(each).exists() for each in job.output)
    }
    if not videos:
        return None
    return (
        f"{counted(len(videos), 'video')} {'has' if len(videos) == 1 else 'have'} no kept "
        "pictures, which were deleted, or a version was used that kept none: made again"
    )


def _new_code(records: Any, jobs: Sequence[Any], accepted: Sequence[str]) -> str | None:
    """Return what is said of videos that are detected again for nothing but new code."""
    codes, videos = set(), set()
    for job in jobs:
        if job.rule.name != DETECTION or not Path(job.output.raw).is_file():
            continue
        if record := records.metadata(job.output.raw):
            old, new = set(record.params or ()), set(records._params(job))
            (code,) = old - new if len(old - new) == len(new - old) == 1 else ("",)
            if CODE.fullmatch(code) and new - old == {repr(job.params.code)}:
                codes.add(code.strip("'"))
                videos.add((job.wildcards.dataset, job.wildcards.video))
    if not videos:
        return None
    keys = ", ".join(f'"{code}"' for code in [*accepted, *sorted(codes)])
    return (
        f"the code that detects faces has changed since {counted(len(videos), 'video')} had "
        f"{'its' if len(videos) == 1 else 'their'} turn; to keep the raw FER JSON that is there, "
        f"set accept_code: [{keys}] in config.yaml; otherwise made again"
    )


def _cost(jobs: Sequence[Any], records: Records) -> str:
    """Return how many jobs run, and for how many videos with results what takes longest."""
    again: dict[str, set[tuple[str, str]]] = {DETECTION: set(), SAMPLING: set()}
    for job in jobs:
        if job.rule.name in again and any(
            Path(output).exists() or records.was_there(str(output)) for output in job.output
        ):
            again[job.rule.name].add((job.wildcards.dataset, job.wildcards.video))
    cost = "no detection"
    if detected := again[DETECTION]:
        cost = f"{counted(len(detected), 'video')} detected again"
    elif sampled := again[SAMPLING]:
        cost = f"{counted(len(sampled), 'video')} sampled again, no detection"
    return f"in a run of {counted(len(jobs), 'job')}, {cost}"


def _named(files: Sequence[str]) -> str:
    return first(files, NAMED_AT_MOST, shown)


def _them(files: Sequence[str]) -> str:
    return "them" if len(files) > 1 else "it"

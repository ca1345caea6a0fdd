"""Why a run makes again what is there, and what that costs: said before its first job.

A change of config.yaml, a label or a video needs no explanation. A result that somebody has
edited, records that are missing, and new code do. Private to Snakemake are ``DAG.needrun_jobs``,
and ``PersistenceBase._params``, which returns a job's parameters as a record has them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from facetally.snakemake_compat.records import CHANGED, Records
from facetally.study.names import first, shown

NAMED_AT_MOST: Final = 3
DETECTION: Final = "detect_emotions"


def reasons(workflow: Any, records: Records) -> list[str]:
    """Return a line on results that are not what their records say, if a run makes any again.

    Args:
        workflow: Snakemake's, once it knows what is to be done.
        records: those of the results.
    """
    jobs = [job for job in workflow.dag.needrun_jobs() if not job.rule.norun]
    made = dict.fromkeys(str(output) for job in jobs for output in job.output)
    missing = [
        output for output in made if not Path(output).exists() and records.was_there(output)
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
    if not parts:
        return []
    detected = {
        (job.wildcards.dataset, job.wildcards.video)
        for job in jobs
        if job.rule.name == DETECTION
        and any(Path(raw).exists() or records.was_there(raw) for raw in job.output)
    }
    cost = f"{_number(len(detected), 'video')} detected again" if detected else "no detection"
    return [
        f"facetally: {'; '.join(parts)}: made again, in a run of {_number(len(jobs), 'job')}, "
        f"{cost} (docs/dvc.md)"
    ]


def _named(files: Sequence[str]) -> str:
    return first(files, NAMED_AT_MOST, shown)


def _them(files: Sequence[str]) -> str:
    return "them" if len(files) > 1 else "it"


def _number(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

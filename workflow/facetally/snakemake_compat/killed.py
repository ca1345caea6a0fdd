"""The lines about failed jobs that could not write them, or not where a person looks.

Upstream: snakemake/snakemake#3250. Tried with Snakemake 9.27; on another version whose log reads
otherwise, no line is found. tests/snakemake_compat/test_killed.py fails without it. Private to
Snakemake is how its log words a failed job, and the end of a run that was stopped.
"""

import signal
from collections.abc import Iterator
from typing import Final

from facetally.run.killed import job_killed
from facetally.run.submission import refused

STOPPED: Final = (
    "Terminating processes on user request",
    "Will exit after finishing currently running jobs",
)
"""What Snakemake says of Ctrl-C, and of SIGTERM."""

SUBMITTED: Final = "submitted with SLURM jobid"
"""What SLURM's executor says of a job."""


def was_stopped(text: str) -> bool:
    """Say whether a person or the system has stopped a run.

    Args:
        text: Snakemake's log.
    """
    return any(words in text for words in STOPPED)


def killed_jobs(text: str) -> Iterator[str]:
    """Return a line for each job that, according to Snakemake, a signal has ended.

    Those that Ctrl-C has ended have none. Jobs that were forked are reported by
    :mod:`facetally.run.fork_client`.

    Args:
        text: Snakemake's log.
    """
    import re  # Each job would pay for it.

    block = (
        r"died with <Signals\.\w+: (\d+)>\.\s+(?:\[[^]]+\]\s+)?"
        r"Error in rule .*?^ +log: (.+?)(?: \(check|$)"
    )
    for found in re.finditer(block, text, re.DOTALL | re.MULTILINE):
        if int(found[1]) != signal.SIGINT:
            yield job_killed(found[2], int(found[1]))


def refused_jobs(text: str) -> Iterator[str]:
    """Return a line about each reason for which a cluster has refused jobs.

    Args:
        text: Snakemake's log, in which each attempt of each job has the reason.
    """
    import re

    for command, reason in {
        "sbatch": r"SLURM sbatch failed[^']*The error message was '(.+?)'\.$",
        "qsub": r"Error submitting jobscript \(exit code \d+\):\n(qsub: .+?)$",
    }.items():
        for found in dict.fromkeys(re.findall(reason, text, re.DOTALL | re.MULTILINE)):
            yield f"facetally: {refused(command, found)}"


def nothing_submitted(text: str) -> bool:
    """Say whether SLURM has taken no job.

    Of the reason why it has refused a group of jobs, Snakemake says nothing.

    Args:
        text: Snakemake's log.
    """
    return SUBMITTED not in text


def lines_in_logs(text: str) -> Iterator[str]:
    """Return the lines about errors that failed jobs have written into their logs.

    Args:
        text: Snakemake's log. Of a group it names all jobs, failed or not.
    """
    import re
    from pathlib import Path

    logs = re.findall(r"^ *Error in rule (?:.+\n)*? +log: (results/logs/.+?\.log)", text, re.M)
    for log in dict.fromkeys(logs):
        if Path(log).exists():
            for line in Path(log).read_text("utf-8", errors="replace").splitlines():
                if line.startswith("facetally: "):
                    yield line

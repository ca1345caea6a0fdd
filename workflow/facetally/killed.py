"""The lines about failed jobs that could not tell them themselves, or not where a person looks."""

import signal
from collections.abc import Iterator


def job_killed(name: str, number: int) -> str:
    """Give the line.

    Args:
        name: the job's log, which tells the rule and the video.
        number: of the signal.
    """
    known = {known.value: known.name for known in signal.Signals}
    why = ", as the system does when memory runs out" if number == signal.SIGKILL else ""
    return (
        f"facetally: {name}: the job was killed ({known.get(number, f'signal {number}')}){why}; "
        "run again, with fewer --cores or a smaller gpu if memory is short"
    )


def killed_jobs(told: str) -> Iterator[str]:
    """Give the lines about those jobs of which Snakemake tells that a signal has ended them.

    Jobs that were forked are told by :mod:`facetally.forkclient`.

    Args:
        told: Snakemake's log.
    """
    import re  # Each job would pay for it.

    block = (
        r"died with <Signals\.\w+: (\d+)>\.\s+(?:\[[^]]+\]\s+)?"
        r"Error in rule .*?^ +log: (.+?)(?: \(check|$)"
    )
    for found in re.finditer(block, told, re.DOTALL | re.MULTILINE):
        yield job_killed(found[2], int(found[1]))


def told_in_logs(told: str) -> Iterator[str]:
    """Give the lines that failed jobs of other machines have written into their logs.

    Args:
        told: Snakemake's log. Of a group it names all jobs, failed or not.
    """
    import re
    from pathlib import Path

    logs = re.findall(r"^ *Error in rule (?:.+\n)*? +log: (results/logs/.+?\.log)", told, re.M)
    for log in dict.fromkeys(logs):
        if Path(log).exists():
            for line in Path(log).read_text("utf-8", errors="replace").splitlines():
                if line.startswith("facetally: "):
                    yield line

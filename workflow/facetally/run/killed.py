"""The line about a job that a signal has ended, which cannot report it itself."""

import signal


def job_killed(name: str, number: int) -> str:
    """Return the line.

    Args:
        name: the job's log, whose name has the rule and the video.
        number: of the signal.
    """
    known = {known.value: known.name for known in signal.Signals}
    why = ", as the system does when memory runs out" if number == signal.SIGKILL else ""
    return (
        f"facetally: {name}: the job was killed ({known.get(number, f'signal {number}')}){why}; "
        "run again, with fewer --cores or a smaller gpu if memory is short"
    )

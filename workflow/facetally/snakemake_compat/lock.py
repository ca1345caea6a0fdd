"""Snakemake's lock, taken by a program that changes results without Snakemake.

Upstream has no way to take it: no issue asks for one. Tried with Snakemake 9.27;
tests/workflow/test_prune.py fails without it. Private to Snakemake, in
``snakemake/persistence/file.py``, is how it locks: a run that finds one of its files in a line of
``.snakemake/locks/NUMBER.output.lock`` refuses to start, and while it lasts it has such files
itself. It numbers its own from 0.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from facetally.errors import LockedError
from facetally.files import writing

LOCKS: Final = Path(".snakemake/locks")


def check_no_run(own: Path | None = None) -> None:
    """Refuse to go on beside a run of the study in the current folder.

    Snakemake takes no lock for a job without inputs and outputs, but when it ends it removes the
    folder with those of all runs.

    Args:
        own: the lock that this process holds.

    Raises:
        LockedError: if a run holds the lock, or has left it behind.
    """
    # While a run ends, the folder is not there.
    if LOCKS.is_dir() and any(path != own for path in LOCKS.glob("*.lock")):
        raise LockedError(
            "a run of this study is in progress; wait for its end or, if it was killed, type "
            "snakemake --unlock"
        )


@contextmanager
def study_locked(outputs: Iterable[str]) -> Iterator[Callable[[], None]]:
    """Hold the lock of the study in the current folder.

    Args:
        outputs: files of the study: a run that reads or makes one of them cannot start.

    Yields:
        A function that refuses to go on if a run holds the lock too, which may have looked for
        this one before it was there: call it before the first change.

    Raises:
        LockedError: if a run holds the lock, or has left it behind.
        WriteError: if the lock cannot be written.
    """
    own = LOCKS / f"{os.getpid()}.output.lock"
    check = partial(check_no_run, own)
    check()
    with writing(own):
        LOCKS.mkdir(parents=True, exist_ok=True)
        own.write_text("".join(f"{output}\n" for output in outputs), encoding="utf-8")
    try:
        check()
        yield check
    finally:
        own.unlink(missing_ok=True)

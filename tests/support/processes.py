"""Processes that work in a folder, and waiting for them."""

import stat
import time
from collections.abc import Callable
from pathlib import Path


def wait_for(condition: Callable[[], object], within: float = 120, every: float = 0.002) -> None:
    """Poll until a condition holds, with times in seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(every)


def processes(folder: Path, written: str = "") -> list[int]:
    """Return the processes that work in a folder and write a file whose name ends with ``written``.

    Not those that read it: a run reads the logs of its failed jobs.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder and any(
                file.lstat().st_mode & stat.S_IWUSR and str(file.readlink()).endswith(written)
                for file in (process / "fd").iterdir()
            ):
                found.append(int(process.name))
        except OSError:
            continue  # It has ended.
    return found

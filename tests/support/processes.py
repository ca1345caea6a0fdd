"""Processes that work in a folder, and waiting for them."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_for(condition: Callable[[], object], within: float = 120, every: float = 0.002) -> None:
    """Poll until a condition holds, with times in seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(every)


def processes(folder: Path, opened: str = "") -> list[int]:
    """Return the processes that work in a folder, with a file open there that ends with ``opened``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder and any(
                str(file.readlink()).endswith(opened) for file in (process / "fd").iterdir()
            ):
                found.append(int(process.name))
        except OSError:
            continue  # It has ended.
    return found

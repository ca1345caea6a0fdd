"""The terminal of a run, where jobs print a few lines below which a live table is redrawn.

Only the process that draws the table can print above it. So on a terminal, jobs write their
lines into a named pipe, and the process of the run prints them. Elsewhere they write to standard
error.
"""

import atexit
import os
import shutil
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

PIPE: Final = "FACETALLY_TERMINAL"
"""The environment variable that names the pipe."""

END: Final = "\0\n"
"""No job writes this line."""

FINISH_S: Final = 5.0
"""Seconds to wait for lines that are on their way."""


def print_lines_of_jobs() -> None:
    """Let this process print what jobs that it starts have to say, until it ends.

    Where there is no place for a named pipe, jobs write to standard error.
    """
    try:
        folder = tempfile.mkdtemp(prefix="facetally-")  # Open to nobody else.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        pipe = Path(folder) / "terminal"
        os.mkfifo(pipe)
        # Open for writing too: otherwise it would end when the first job closes it.
        descriptor = os.open(pipe, os.O_RDWR)
    except OSError:
        return
    lines = os.fdopen(descriptor, encoding="utf-8", errors="replace")
    thread = threading.Thread(target=_print, args=(lines,), daemon=True)
    thread.start()
    atexit.register(_finish, descriptor, thread)
    os.environ[PIPE] = str(pipe)


def _print(lines: TextIO) -> None:
    for line in lines:
        if line == END:
            return
        with suppress(Exception):  # Otherwise jobs would find nobody reading, and fail.
            # Looked up for each line: a live table puts a stream of its own there.
            print(line, end="", file=sys.stderr, flush=True)


def _finish(descriptor: int, thread: threading.Thread) -> None:
    """Wait for the lines that are on their way."""
    os.write(descriptor, END.encode())
    thread.join(FINISH_S)


def open_terminal() -> TextIO:
    """Return what a job writes lines to that a person should see.

    Returns:
        A stream of its own, to be closed: standard error may be redirected meanwhile.
    """
    descriptor = None
    if pipe := os.environ.get(PIPE):
        with suppress(OSError):  # The run has ended, or is on another machine.
            descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(descriptor, True)
    return os.fdopen(
        os.dup(2) if descriptor is None else descriptor, "w", encoding="utf-8", errors="replace"
    )

"""What surrounds the work of a rule's script: its log, and its errors in one line."""

import io
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

from facetally.errors import FacetallyError
from facetally.files import cannot_write
from facetally.run.lifetime import end_with_parent
from facetally.run.terminal import open_terminal

INTERRUPTS: Final = "FACETALLY_INTERRUPTS"
"""The environment variable that says that jobs ignore Ctrl-C only until they can handle it."""

OUT_OF_MEMORY: Final = (
    "bad_alloc",
    "bad allocation",
    "Insufficient memory",
    "Cannot allocate memory",
    "Failed to allocate memory for requested buffer",
    "CUDA failure 2: out of memory",
)
"""How C++ libraries, OpenCV, the system and ONNX Runtime (of a GPU's memory too) put it."""


@contextmanager
def logged_job(log: str) -> Iterator[TextIO]:
    """Send everything a job prints, native libraries included, to its log file.

    The job ends with the process that started it. Otherwise, after a run was killed and started
    again, two jobs could write the same files.

    Yields:
        The terminal, for the few lines a person should see.

    Raises:
        SystemExit: with status 1, after the error is reported in one line on the terminal and in
            the log, with its traceback if a user cannot act on it.
    """
    end_with_parent()
    stdout_fd, stderr_fd = os.dup(1), os.dup(2)
    with _open_log(Path(log)) as file, open_terminal() as terminal:
        _flush()
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        logging.basicConfig(
            stream=file, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
        )
        try:
            with _interruptible():
                yield terminal
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)  # Snakemake reports it.
        except Exception as error:
            line = f"facetally: {' '.join(_explain(error, log).split())}"
            with suppress(OSError):  # The disk may be full.
                if not isinstance(error, FacetallyError):
                    traceback.print_exc(file=file)
                print(line, file=file)  # Of a cluster's job, this is all that reaches the user.
            with suppress(OSError):  # The run may have ended.
                print(line, file=terminal, flush=True)
            sys.exit(1)
        finally:
            _flush()
            for saved, stream in ((stdout_fd, 1), (stderr_fd, 2)):
                os.dup2(saved, stream)
                os.close(saved)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the job once, where it has been kept from it only while Python started."""
    before = signal.getsignal(signal.SIGINT)
    if INTERRUPTS in os.environ:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _open_log(path: Path) -> TextIO:
    """Open a log that is written at once: what is buffered could be lost.

    Raises:
        SystemExit: if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return io.TextIOWrapper(io.FileIO(path, "w"), encoding="utf-8", write_through=True)
    except OSError as error:
        sys.exit(f"facetally: {cannot_write(path, error)}")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()


def _explain(error: Exception, log: str) -> str:
    """Return the line about an error."""
    if isinstance(error, FacetallyError):
        return str(error)
    if isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY):
        return f"{log}: the job ran out of memory; run again with fewer --cores or a smaller gpu"
    return f"the job failed unexpectedly ({type(error).__name__}: {error}); see {log}"

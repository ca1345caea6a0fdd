"""What surrounds the work of a rule's script: its log, and its errors in one line."""

import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from facetally.errors import FacetallyError


@contextmanager
def logged_job(log: str) -> Iterator[TextIO]:
    """Send everything a job prints, native libraries included, to its log file.

    Yields:
        The terminal, for the few lines a person should see.

    Raises:
        SystemExit: with status 1, after an error has been told in one line on the terminal
            and, with its traceback, in the log.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    terminal_fd, stdout_fd = os.dup(2), os.dup(1)
    with (
        path.open("w", encoding="utf-8", buffering=1) as file,
        os.fdopen(terminal_fd, "w", encoding="utf-8", errors="replace") as terminal,
    ):
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        logging.basicConfig(
            stream=file, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
        )
        try:
            yield terminal
        except Exception as error:
            traceback.print_exc(file=file)
            told = str(error) if isinstance(error, FacetallyError) else f"{error!r}; see {log}"
            print(f"facetally: {' '.join(told.split())}", file=terminal, flush=True)
            sys.exit(1)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(stdout_fd, 1)
            os.dup2(terminal_fd, 2)
            os.close(stdout_fd)

"""Ctrl-C, SIGTERM and SIGHUP at any moment of a run: it ends with one line and no traceback.

Python raises KeyboardInterrupt wherever the program happens to be. Snakemake drops it while it
writes a line, turns it into another error where it calls the workflow's functions, and leaves
tasks of asyncio behind that complain. So here nothing is raised. Before the first job, the process
ends in the signal's handler, since there is nothing to unwind; after that, Snakemake is asked to
stop as SIGTERM asks it, so that it still records the jobs that are done.

Jobs do not see Ctrl-C while Python starts, where it would end in a traceback (see
:func:`let_jobs_start`). Later it reaches them, so that they can remove their temporary files.

Upstream: no issue is known. Tried with Snakemake 9.27; tests/workflow/test_stopping.py fails
without it. Private to Snakemake are ``exit_gracefully`` and ``schedule`` of its scheduler,
``persistence``, ``logger_manager`` and ``scheduler`` of its workflow, and ``_lockfile`` of its
records.
"""

import _thread
import atexit
import logging
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

from snakemake.logging import logger
from snakemake.shell import shell

from facetally.run.aside import put_back
from facetally.run.job import INTERRUPTS
from facetally.run.overview import stopped

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_S: Final = 5.0
"""Seconds after which another press of Ctrl-C ends a run that is still waiting for its jobs."""

GRACE_S: Final = 1.0
"""Seconds in which jobs may remove their temporary files."""

CLEANUP_S: Final = 3.0
"""Seconds in which to clean up: what the signal interrupted may hold a lock that this needs."""

AGAIN_S: Final = 0.05
"""Seconds until it is looked again whether Snakemake is waiting."""


class Stopping:
    """What a signal does to the run of this process.

    Threads are started without :mod:`threading`, whose locks the interrupted code may hold.

    Args:
        workflow: Snakemake's.

    Attributes:
        on_request: whether a signal has asked for the end of the run.
    """

    def __init__(self, workflow: Any) -> None:
        self._workflow = workflow
        self._folder = Path.cwd()
        self._has_jobs = False
        self._first = 0.0
        self._spared: set[int] = set()
        self.on_request = False

    def listen(self) -> None:
        """Handle the signals, except those that are ignored, as after ``nohup``."""
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._stop)
        if signal.getsignal(signal.SIGINT) == self._stop:
            let_jobs_start()
        logger.addFilter(self._is_wanted)
        # Nothing is left to stop then, and Python itself would die of it.
        atexit.register(ignore_signals)

    def jobs_follow(self, spared: int | None) -> None:
        """Say that from here on, jobs are running.

        Args:
            spared: a process that ends with this one by itself, and its jobs with it.
        """
        self._spared = {spared} if spared else set()
        self._has_jobs = True

    def _is_wanted(self, _: logging.LogRecord) -> bool:
        """Say whether a record of Snakemake's log is shown: not that stopped jobs have failed."""
        return not self.on_request

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self._has_jobs or (self._first and time.monotonic() > self._first + PATIENCE_S):
            self._end(number)
        if self._first:
            return  # Another press.
        self._first = time.monotonic()
        self.on_request = True
        if self._workflow.local_exec:
            _thread.start_new_thread(self._end_jobs, ())
        else:
            signal.signal(signal.SIGALRM, self._interrupt)
            self._interrupt(number, frame)

    def _interrupt(self, _: int, frame: FrameType | None) -> None:
        """Let Snakemake cancel a cluster's jobs, which it does on a KeyboardInterrupt.

        Only while it is waiting is none lost.
        """
        if not _is_waiting(frame):
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
            return
        raise KeyboardInterrupt

    def _end_jobs(self) -> None:
        """Let no job start, and end those that run on and those that had just been started."""
        self._workflow.scheduler.exit_gracefully()
        time.sleep(GRACE_S)
        ended: set[int] = set()
        while True:
            for pid in _processes_below(os.getpid(), self._spared) - ended:
                with suppress(OSError):
                    os.kill(pid, signal.SIGTERM)
                ended.add(pid)
            time.sleep(AGAIN_S)

    def _end(self, number: int) -> None:
        """End this process by the signal, from within its handler."""
        ignore_signals()
        atexit.unregister(ignore_signals)  # It works in this thread alone.
        self.on_request = True
        os.chdir(self._folder)
        clean = threading.Event()
        _thread.start_new_thread(self._clean_up, (clean,))
        clean.wait(CLEANUP_S)
        with suppress(OSError):  # The terminal may be closed.
            os.write(2, stopped(Path("results")).encode(errors="replace"))
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _clean_up(self, clean: threading.Event) -> None:
        persistence = self._workflow.persistence
        # Otherwise the folder may be that of another run, with its lock and its results set aside.
        locked = persistence is not None and getattr(persistence, "_lockfile", None)
        # First what another run would miss: on a busy machine, time may not suffice for all.
        steps = [
            *([put_back, persistence.unlock] if locked else []),
            self._workflow.logger_manager.stop,  # It erases the live table.
            atexit._run_exitfuncs,
        ]
        for step in steps:
            with suppress(Exception):
                step()
        clean.set()


runs: Final[list[Stopping]] = []
"""The run of this process, if it handles signals."""


def listen(workflow: Any) -> None:
    """Let the run of this process end with one line on Ctrl-C, SIGTERM and SIGHUP.

    Args:
        workflow: Snakemake's.
    """
    runs[:] = [Stopping(workflow)]
    runs[0].listen()


def stopped_on_request() -> bool:
    """Say whether a signal that is handled here has asked for the end of the run."""
    return any(run.on_request for run in runs)


def ignore_signals() -> None:
    """Ignore from here on what stops a run."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def let_jobs_start() -> None:
    """Keep Ctrl-C from jobs until they say that they can be interrupted."""
    os.environ[INTERRUPTS] = "1"
    shell.prefix("trap '' INT; set -euo pipefail; ")


def _is_waiting(frame: FrameType | None) -> bool:
    """Say whether Snakemake's scheduler is waiting for a job."""
    waits = False
    # The frames of the semaphore on which it waits.
    while frame is not None and frame.f_code.co_filename == threading.__file__:
        frame, waits = frame.f_back, True
    return waits and frame is not None and frame.f_code.co_name == "schedule"


def _processes_below(pid: int, spared: set[int]) -> set[int]:
    """Return the processes that a process has started, and those that they have, and so on."""
    import psutil  # A package that Snakemake needs.

    found = set()
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children():
            if child.pid not in spared:
                found |= {child.pid} | _processes_below(child.pid, spared)
    return found

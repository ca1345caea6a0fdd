"""What a signal does to a run, without Snakemake."""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from facetally.run.job import INTERRUPTS
from facetally.run.overview import STOPPED
from facetally.snakemake_compat.stopping import SIGNALS, Stopping
from snakemake.logging import logger
from snakemake.shell import shell
from support.repository import ROOT


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(INTERRUPTS, "")
    monkeypatch.setattr(shell, "_process_prefix", None)
    monkeypatch.setattr(logger, "filters", [])
    monkeypatch.setattr(atexit, "register", lambda *_: None)
    handlers = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def schedule(jobs: threading.Semaphore, busy: int) -> str:
    """Wait for a job as Snakemake's scheduler does, after some work in which a signal comes."""
    try:
        signal.raise_signal(signal.SIGINT)
        sum(range(busy))
        done = "its work"
        jobs.acquire()
    except KeyboardInterrupt:
        return done
    return "a job"


def test_snakemake_is_interrupted_only_while_it_waits_for_a_clusters_jobs() -> None:
    stopping = Stopping(SimpleNamespace(local_exec=False))
    stopping.listen()
    stopping.jobs_follow(None)
    assert schedule(threading.Semaphore(0), 10_000) == "its work"
    assert stopping.on_request
    signal.raise_signal(signal.SIGINT)  # Another press does nothing.


def test_the_lock_goes_before_what_may_take_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done: list[str] = []
    monkeypatch.setattr(atexit, "_run_exitfuncs", lambda: done.append("servers end"))
    persistence = SimpleNamespace(_lockfile={"input": ""}, unlock=lambda: done.append("unlocked"))
    table = SimpleNamespace(stop=lambda: done.append("table erased"))
    workflow = SimpleNamespace(persistence=persistence, logger_manager=table)
    Stopping(workflow)._clean_up(threading.Event())
    assert done == ["unlocked", "table erased", "servers end"]


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Stopping(SimpleNamespace(local_exec=True)).listen()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert shell._process_prefix is None
    assert os.environ[INTERRUPTS] == ""


@pytest.mark.parametrize("module", [["snakemake"], ["-m", "snakemake"]])
def test_ctrl_c_while_snakemake_is_imported_has_the_same_line(module: list[str]) -> None:
    code = (
        f"import sys; sys.orig_argv[1:] = {module}; sys.path.append({str(ROOT / 'envs')!r})\n"
        "import interrupts, signal; signal.raise_signal(signal.SIGINT)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, f"{STOPPED}\n")

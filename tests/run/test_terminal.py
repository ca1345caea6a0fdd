"""Lines of jobs reach the terminal through the process of the run, which draws a table there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from facetally.run.terminal import PIPE, open_terminal
from support.repository import ROOT

RUN = """
import io, subprocess, sys, time
from facetally.run.terminal import PIPE, print_lines_of_jobs

print_lines_of_jobs()
sys.stderr = io.StringIO()  # As a live table puts its own there.
job = ("from facetally.run.job import logged_job\\n"
       "with logged_job('job.log') as terminal: print('half of', end=' ', file=terminal); "
       "print('Zoë', file=terminal)")
for _ in range(2):
    subprocess.run([sys.executable, "-c", job], check=True)
for _ in range(100):
    if sys.stderr.getvalue().count("\\n") == 2:
        break
    time.sleep(0.1)
print(sys.stderr.getvalue(), end="")
"""


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PIPE, raising=False)


def test_jobs_write_through_the_process_of_the_run(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert (process.stdout, process.stderr) == ("half of Zoë\n" * 2, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job.log"]


@pytest.mark.parametrize("gone", ["none", "left/terminal"])
def test_without_the_run_lines_go_to_standard_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    gone: str,
) -> None:
    pipe = tmp_path / gone
    if pipe.parent != tmp_path:  # The run was killed, and nobody reads.
        pipe.parent.mkdir()
        os.mkfifo(pipe)
    monkeypatch.setenv(PIPE, str(pipe))
    with open_terminal() as terminal:
        print("to a person", file=terminal)
    assert capfd.readouterr().err == "to a person\n"

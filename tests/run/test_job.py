"""What a rule's script tells a person, and what it leaves behind."""

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from facetally.files import atomic_path
from facetally.run.job import INTERRUPTS
from facetally.run.overview import FAILED, STOPPED, results_overview, run_failed, stopped
from facetally.run.progress import Progress
from support.repository import ROOT


def run_job(tmp_path: Path, body: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run a script's body inside ``logged_job``; return the process and its log."""
    lines = "\n    ".join(body.splitlines())
    code = (
        "import logging, os, sys\n"
        "from facetally.errors import VideoError\n"
        "from facetally.run.job import INTERRUPTS, logged_job\n"
        f"with logged_job('logs/job.log') as terminal:\n    {lines}\n"
        "print('afterwards')\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
        check=False,
    )
    return process, (tmp_path / "logs" / "job.log").read_text()


def test_all_output_goes_to_the_log_but_the_terminals(tmp_path: Path) -> None:
    process, log = run_job(
        tmp_path,
        "print('from Python')\nos.system('echo from a program')\nos.write(2, b'from C\\n')\n"
        "logging.getLogger('x').info('logged')\nprint('to a person', file=terminal)",
    )
    assert (process.returncode, process.stdout, process.stderr) == (
        0,
        "afterwards\n",
        "to a person\n",
    )
    for said in ("from Python", "from a program", "from C", "INFO logged"):
        assert said in log


def test_a_users_error_is_one_line(tmp_path: Path) -> None:
    process, log = run_job(tmp_path, "raise VideoError('clip.mp4: cannot be\\nread')")
    assert (process.returncode, process.stderr) == (1, "facetally: clip.mp4: cannot be read\n")
    assert log == process.stderr


def test_an_unforeseen_error_names_the_log(tmp_path: Path) -> None:
    process, log = run_job(tmp_path, "{}['key']")
    assert process.returncode == 1
    assert (
        process.stderr
        == "facetally: the job failed unexpectedly (KeyError: 'key'); see logs/job.log\n"
    )
    assert "Traceback" in log


@pytest.mark.parametrize(
    "body", ["raise MemoryError", "raise RuntimeError('std::bad_alloc')", "bytearray(1 << 62)"]
)
def test_a_job_that_runs_out_of_memory_is_named(tmp_path: Path, body: str) -> None:
    process, log = run_job(tmp_path, body)
    assert (process.returncode, process.stderr) == (
        1,
        "facetally: logs/job.log: the job ran out of memory; "
        "run again with fewer --cores or a smaller gpu\n",
    )
    assert "Traceback" in log


def test_an_interrupted_job_says_nothing(tmp_path: Path) -> None:
    process, _ = run_job(tmp_path, "raise KeyboardInterrupt")
    assert (process.returncode, process.stdout, process.stderr) == (130, "", "")


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "logs" / "job.log").mkdir(parents=True)
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            "from facetally.run.job import logged_job as j\nwith j('logs/job.log'): 1/0",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (
        1,
        "facetally: logs/job.log: cannot be written (Is a directory); "
        "make it, and its folder, writable, and run again\n",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's parent-death signal")
def test_a_job_ends_with_a_killed_run(tmp_path: Path) -> None:
    job = (
        "import os, time\nfrom facetally.run.job import logged_job\n"
        "with logged_job('job.log') as terminal:\n"
        "    print(os.getpid(), file=terminal, flush=True)\n    time.sleep(60)\n"
    )
    run = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {job!r}])",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "workflow")},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    assert int(run.stderr.readline()) != run.pid
    run.kill()
    assert run.communicate(timeout=30)[1] == ""  # The job has closed it, too.


def test_a_job_that_ignored_ctrl_c_can_be_interrupted_from_its_log_on(tmp_path: Path) -> None:
    job = (
        "import signal\nfrom facetally.run.job import logged_job\n"
        "from facetally.files import atomic_path, Path\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.raise_signal(signal.SIGINT)\n"
        "with logged_job('job.log'), atomic_path(Path('table.csv')) as partial:\n"
        "    partial.touch()\n    signal.raise_signal(signal.SIGINT)\n"
    )
    for variables, status in (({INTERRUPTS: "1"}, 128 + signal.SIGINT), ({}, 0)):
        ended = subprocess.run(
            [sys.executable, "-c", job],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT / "workflow"), **variables},
            capture_output=True,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (status, b"")
        assert (tmp_path / "table.csv").exists() == (status == 0)
        assert not list(tmp_path.glob(".partial*"))


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    with atomic_path(path) as partial:
        assert partial.suffix == ".csv"
        partial.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_progress_tells_frames_faces_and_rate() -> None:
    terminal = io.StringIO()
    progress = Progress(terminal, "2019/haar/biden_58_0", interval=0)
    progress.add([1, 2])
    progress.add([])
    progress.done()
    lines = terminal.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("2019/haar/biden_58_0: frames 1, faces 2, ")
    assert lines[0].endswith(" frames/s ...")
    assert lines[2].startswith("2019/haar/biden_58_0: frames 2, faces 2, ")
    assert lines[2].endswith(" frames/s done")


def test_a_short_video_has_a_line_only_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    terminal = io.StringIO()
    progress = Progress(terminal, "d/haar/v")
    for _ in range(5):
        progress.add([1])
    progress.done()
    assert terminal.getvalue() == ""
    [line] = caplog.messages
    assert line.startswith("d/haar/v: frames 5, faces 5, ")


def test_the_overview_shows_a_table_that_was_asked_for(tmp_path: Path) -> None:
    table = tmp_path / "summary.md"
    assert "|" not in results_overview(tmp_path, asked_for=True)
    assert stopped(tmp_path) == f"{STOPPED}\n"
    table.write_text("| Datasets |\n|---|\n| d | no labels |\n")
    assert "Datasets" not in results_overview(tmp_path, asked_for=True)
    (tmp_path / "people.md").write_text("| Person |\n|---|\n" + "| one |\n" * 40)
    said = results_overview(tmp_path, asked_for=True)
    assert said.count("| one |") == 22
    assert f"... and 18 more rows: see {tmp_path}/people.md" in said
    assert "facetally: " not in said
    with (tmp_path / "people.md").open("a") as people:
        people.write("\nd: 1 of 2 videos may show several people\n")
    said = results_overview(tmp_path, asked_for=True)
    assert f"... and 18 more rows: see {tmp_path}/people.md" in said
    places = f"All results are below {tmp_path}/ (docs/outputs.md)\n"
    line = "facetally: d: 1 of 2 videos may show several people\n"
    assert said.endswith(f"\n\n{line}\n{places}")
    report = tmp_path / "report" / "index.html"
    report.parent.mkdir()
    report.touch()
    table.write_text("| Datasets |\n|---|\n| d | 50.00% |\n")
    (tmp_path / "unresolved_labels.csv").write_text("dataset,filename\n")
    said = results_overview(tmp_path, asked_for=True)
    assert "| Datasets |" in said
    assert said.endswith(f"\n\n{line}\nOpen {report} in a browser. {places}")
    (tmp_path / "unresolved_labels.csv").write_text("dataset,filename\nd,a\nd,b\n")
    (tmp_path / "problems.csv").write_text("video,frames\na,0\nb,7\n")
    said = results_overview(tmp_path, asked_for=True)
    checks = said.splitlines()[-5:-2]
    assert f"{checks[0]}\n" == line
    assert checks[1].startswith("facetally: 2 labelled videos have no golden label")
    assert checks[2].startswith("facetally: 1 video cannot be analysed, 1 only in part: see ")
    assert stopped(tmp_path) == (
        f"{STOPPED}\n\nResults so far, from this run or an earlier one:\n{said}"
    )
    assert "|" not in results_overview(tmp_path, asked_for=False)
    (tmp_path / "identities").mkdir()
    (tmp_path / "identities" / "corrections_without_face.csv").write_text(
        "file,row,dataset,video,start,end\n"
        + "".join(f"data/c.csv,{row},d,talk,{row}.5,\n" for row in range(2, 9))
    )
    assert results_overview(tmp_path, asked_for=True) == said
    (line,) = set(results_overview(tmp_path, True, corrected=True).splitlines()) - set(
        said.splitlines()
    )
    assert line.startswith(
        "facetally: data/c.csv: no face is at the place and time of row 2 (talk at 2.5 s), row 3 "
    )
    assert "row 6 (talk at 6.5 s) and 2 more; copy each of them again from results/" in line


def test_a_run_that_fails_ends_with_a_short_list() -> None:
    said = run_failed(["facetally: a", "facetally: b", "facetally: a"])
    assert said == f"\nfacetally: a\nfacetally: b\n{FAILED}\n"
    said = run_failed(f"facetally: {number}" for number in range(12))
    assert said.splitlines()[-2] == "... and 2 more: see results/logs"
    assert run_failed([]) == f"\n{FAILED}\n"

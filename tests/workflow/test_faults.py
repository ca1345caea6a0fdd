"""After any fault, the next run finishes with the results of an undisturbed run."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import kills
import polars as pl
import pytest
from support.networks import Networks
from support.processes import processes, wait_for
from support.snakemake_runs import GPU, jobs, lines, snakemake

WITHIN_S = 120


# The real workflow, on a study of small clips with faces.


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A study that ran undisturbed, without a home and a cache, and with 8 cores.

    The others have two cores, and must make the same bytes.
    """
    folder = tmp_path_factory.mktemp("reference") / "study"
    kills.write_study(folder, 2)
    networks(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", "/proc/none")
        patch.setenv("XDG_CACHE_HOME", "/dev/null/none")
        said = kills.finish(folder, "--cores", "8", "--resources", "gpu=1")
    assert jobs(said)["detect_emotions"] == 4
    assert len(list((folder / "results" / "raw").rglob("clip_*.json"))) == 4
    assert kills.left_over(folder) == []
    assert planned(folder) == {}
    return folder


@pytest.fixture
def study(reference: Path, tmp_path: Path) -> Path:
    """A copy of that study with only the networks made."""
    folder = tmp_path / "study"
    shutil.copytree(reference, folder, ignore=shutil.ignore_patterns("results", ".snakemake"))
    shutil.copytree(reference / "results" / "models", folder / "results" / "models")
    return folder


@pytest.fixture
def done(reference: Path, tmp_path: Path) -> Path:
    """A copy of that study with everything made."""
    folder = tmp_path / "done"
    shutil.copytree(reference, folder)
    return folder


def planned(folder: Path) -> dict[str, int]:
    return jobs(snakemake(folder, *GPU, "--dry-run").stdout)


def assert_as_undisturbed(folder: Path, reference: Path) -> None:
    assert kills.differences(folder, reference) == []
    assert kills.left_over(folder) == []
    assert planned(folder) == {}


def test_a_raw_file_that_is_missing_is_made_again(done: Path) -> None:
    # As a killed job leaves it: Snakemake has removed the old file.
    (done / "results" / "raw" / "clips" / "haar" / "clip_01.json").unlink()
    assert planned(done)["detect_emotions"] >= 1


def test_killed_again_and_again(study: Path, reference: Path) -> None:
    kills.torture(study, kills=3, seed=1, undisturbed=20)
    assert_as_undisturbed(study, reference)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_stopped_in_each_phase_and_short_of_space(study: Path, reference: Path) -> None:
    logs = study / "results" / "logs"
    # No room for the frames.
    full = subprocess.run(
        ["bash", "-c", 'ulimit -f 100 && exec "$@"', "limited", *kills.COMMAND],
        cwd=study,
        env=kills.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode == 1
    assert sorted(lines(full.stderr)) == [
        f"facetally: results/frames/clips/clip_0{number}.nut: cannot be written (File too large); "
        "free disk space, and run again"
        for number in range(2)
    ]
    # Ctrl-C reaches the whole group; SIGTERM is what a machine sends when it shuts down.
    for phase, number in (
        ("sample_frames/clips/clip_01", signal.SIGINT),
        ("detect_emotions/clips/haar/clip_00", signal.SIGINT),
        ("detect_emotions/clips/mtcnn/clip_01", signal.SIGTERM),
        ("collect_faces/clips/haar", signal.SIGINT),
    ):
        (logs / f"{phase}.log").unlink(missing_ok=True)
        # An earlier phase may have got this far.
        (study / "results" / phase.replace("detect_emotions", "raw")).with_suffix(".json").unlink(
            missing_ok=True
        )
        process = kills.start(study)
        wait_for(lambda log=logs / f"{phase}.log", run=process: log.exists() or run.poll())
        os.killpg(process.pid, number)
        said, _ = process.communicate(timeout=WITHIN_S)
        assert "Traceback" not in said
        wait_for(lambda: not processes(study))
        assert process.returncode != 0
    kills.finish(study)
    assert_as_undisturbed(study, reference)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_detection_job_killed_for_want_of_memory_is_named(study: Path) -> None:
    config = (study / "config.yaml").read_text()
    (study / "config.yaml").write_text(config.replace("every_nth_frame: 10", "every_nth_frame: 1"))
    process = kills.start(study, "raw", *GPU)
    log = "detect_emotions/clips/haar/clip_01.log"
    wait_for(lambda: processes(study, log) or process.poll() is not None)
    for job in processes(study, log):
        os.kill(job, signal.SIGKILL)
    said, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 1
    assert lines(said) == [
        f"facetally: results/logs/{log}: the job was killed (SIGKILL), as the system does when "
        "memory runs out; run again, with fewer --cores or a smaller gpu if memory is short"
    ]
    assert len(list((study / "results" / "raw").rglob("clip_*.json"))) == 3
    again = kills.finish(study, "raw", *GPU)
    assert jobs(again) == {"detect_emotions": 1, "raw": 1}
    assert kills.left_over(study) == []


def test_times_decide_nothing(done: Path) -> None:
    now = time.time()

    def set_times(inputs: float, results: float) -> None:
        for path in [*(done / "clips").iterdir(), done / "labels.csv"]:
            os.utime(path, (now + inputs, now + inputs))
        for path in (done / "results").rglob("*"):
            os.utime(path, (now + results, now + results))

    for inputs, results in ((1e7, -1e7), (-1e7, 1e7)):
        set_times(inputs, results)
        assert planned(done) == {}
        # No job would read what is from the future, but the next to come would.
        said = kills.finish(done, *GPU)
        assert "Nothing to be done" in said
        assert ("lies in the future; correct this machine's clock" in said) == (inputs > 0)
    # Results dated in the future do not hide a correction.
    set_times(-1e7, 2e7)
    labels = (done / "labels.csv").read_text()
    (done / "labels.csv").write_text(labels.replace("Positive", "Negative"))
    os.utime(done / "labels.csv", (now - 1e8, now - 1e8))
    counts = "results/counts/clips/haar.csv"
    assert jobs(kills.finish(done, counts)) == {"count_labels": 1}
    assert "Nothing to be done" in kills.finish(done, counts)
    golden = pl.read_csv(done / counts)["golden"]
    assert golden[0] == "Neg"


def test_what_no_job_could_get_by_is_refused_in_one_line(study: Path) -> None:
    clip = study / "clips" / "clip_01.mp4"
    year_2100 = 4102444800
    os.utime(clip, (year_2100, year_2100))
    late = (
        "facetally: clips/clip_01.mp4: its time, 2100-01-01 00:00 UTC, lies in the future; "
        "correct this machine's clock, or type touch clips/clip_01.mp4"
    )
    process = snakemake(study, *GPU)
    assert process.returncode == 1
    assert lines(process.stdout) == [f"{late}, and run again"]
    process = snakemake(study, "label")
    assert process.returncode == 1
    assert lines(process.stdout) == [f"{late}, and run again"]
    # A dry run says so, too.
    process = snakemake(study, "--dry-run", *GPU)
    assert process.returncode == 0
    assert lines(process.stdout) == [late]
    clip.touch()
    for place in ("results/logs/detect_emotions", "results/logs", "results"):
        if (study / place).is_dir():
            shutil.rmtree(study / place)
        (study / place).parent.mkdir(exist_ok=True)
        (study / place).touch()
        process = snakemake(study, *GPU)
        assert process.returncode == 1
        assert lines(process.stdout) == [
            f"facetally: {place}: cannot be written (Not a directory); "
            "make it, and its folder, writable, and run again"
        ]
        assert "Traceback" not in process.stdout
        (study / place).unlink()

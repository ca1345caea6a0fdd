"""The same study on SLURM and on Grid Engine, which are real and run on this machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import kills
import pytest
from facetally.study.names import fault_on_a_cluster
from support.clips import noise, write_clip
from support.clusters import Cluster, GridEngine, Slurm, started
from support.names import WORKING
from support.networks import Networks
from support.once import made_once
from support.processes import processes, wait_for
from support.snakemake_runs import GPU, NOTHING, lines, snakemake
from support.studies import write_config

WITHIN_S = 400
SMALL_GROUPS = ("--group-components", "videos=2", "pictures=9")


def run_here(study: Path, *arguments: str) -> Path:
    said = snakemake(study, *arguments, *GPU, workflow=study).stdout
    assert "100%" in said, said
    return study


@pytest.fixture(scope="module", params=[Slurm, GridEngine], ids=["slurm", "sge"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with started(request.param) as running:
        yield running


@pytest.fixture(scope="module")
def demo_study(clone: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The demo, run on this machine alone, once for both clusters."""

    def make(folder: Path) -> None:
        shutil.copytree(clone, folder, symlinks=True)
        run_here(folder)

    return made_once(tmp_path_factory.getbasetemp(), worker_id, "demo_study", make)


@pytest.fixture(scope="module")
def clips_study(
    clone: Path, networks: Networks, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """A study of four clips that identifies people, run on this machine alone."""

    def make(folder: Path) -> None:
        shutil.copytree(clone, folder, symlinks=True)
        kills.write_study(networks(folder), 4)
        with (folder / "config.yaml").open("a") as config:
            config.write("people: {identify: true}\n")
        run_here(folder)

    return made_once(tmp_path_factory.getbasetemp(), worker_id, "clips_study", make)


def fresh(study: Path, folder: Path) -> Path:
    """Copy a study, without its results except the networks."""
    ignored = shutil.ignore_patterns(".snakemake", "raw", "rendered.json")
    shutil.copytree(study, folder, symlinks=True, ignore=ignored)
    for made in (folder / "results").iterdir():
        if made.is_dir() and made.name != "models":
            shutil.rmtree(made)
        elif made.suffix in (".csv", ".jsonl"):
            made.unlink()
    for video in folder.glob("data/demo/*/*.mp4"):
        video.unlink()
    return folder


def start(cluster: Cluster, study: Path, *arguments: str) -> subprocess.Popen[str]:
    scratch = study.parent / "scratch"
    profile = f"workflow/profiles/{cluster.profile}"
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "snakemake", *arguments, "--profile", profile),
            *("--config", f"scratch={scratch}", "--latency-wait", "5"),
            *("--seconds-between-status-checks", "1", *cluster.arguments, *SMALL_GROUPS),
        ],
        cwd=study,
        env=cluster.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, said[-5000:]
    return said


def raw_files(study: Path) -> set[str]:
    return {str(path.relative_to(study)) for path in study.glob("results/raw/*/*/*.json")}


def frames(study: Path) -> list[Path]:
    return [path for path in (study.parent / "scratch").rglob("*") if path.is_file()]


def test_the_demo_is_as_on_one_machine(cluster: Cluster, demo_study: Path, tmp_path: Path) -> None:
    before = len(cluster.records())
    study = fresh(demo_study, tmp_path / "study")
    said = finish(start(cluster, study))
    assert "| demo_small_faces | 4 | Yes | 75.00% |" in said
    assert kills.differences(study, demo_study) == []
    assert kills.left_over(study) == []

    records = cluster.records()[before:]
    on_gpu = [record for record in records if record.gpus]
    assert [record.gpus for record in on_gpu] == [1] * 4  # Seven videos, two per job.
    for one, other in combinations(on_gpu, 2):
        assert one.end <= other.start or other.end <= one.start
    assert len(records) == 4 + 3  # The demo, the pictures, the tables.

    assert (study / "results" / "frames").is_symlink()
    assert frames(study) == []
    assert NOTHING in finish(start(cluster, study))
    assert NOTHING in snakemake(study, *GPU, workflow=study).stdout


def test_a_cancelled_job_is_tried_again(
    cluster: Cluster, clips_study: Path, tmp_path: Path
) -> None:
    study = fresh(clips_study, tmp_path / "study")
    before = len(cluster.records())
    process = start(cluster, study)
    wait_for(lambda: cluster.running() or process.poll() is not None, WITHIN_S, 0.1)
    cancelled = cluster.running()[0]
    cluster.cancel(cancelled)
    said = finish(process)
    assert said.count("Trying to restart") == 1
    assert len([record for record in cluster.records()[before:] if record.gpus]) == 3
    assert kills.differences(study, clips_study) == []
    assert kills.left_over(study) == []
    assert NOTHING in snakemake(study, *GPU, workflow=study).stdout


# The next ones test the workflow itself, or SLURM's executor: each needs one cluster.
@pytest.mark.parametrize("cluster", [Slurm], ids=["slurm"], indirect=True)
def test_names_reach_the_jobs_as_they_are(
    cluster: Cluster, clone: Path, clips_study: Path, tmp_path: Path
) -> None:
    study = tmp_path / "study"
    shutil.copytree(clone, study, symlinks=True)
    shutil.copytree(clips_study / "results" / "models", study / "results" / "models")
    videos = study / "some $(videos)"
    names = [name for name in WORKING.values() if not fault_on_a_cluster(videos / name)]
    assert len(names) > 20
    for name in names:
        write_clip(videos / name, noise(2))
    write_config(study, datasets={"set": {"videos": videos.name}})
    finish(start(cluster, study, "raw"))
    assert {path.stem for path in (study / "results/raw/set/haar").iterdir()} == {
        Path(name).stem for name in names
    }
    assert not list(study.rglob("pwned"))

    write_clip(videos / "one, two.mp4", noise(2))
    process = start(cluster, study, "raw")
    said, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 1
    assert "one, two.mp4 has a comma, an apostrophe, a backslash or an invisible" in lines(said)[0]


@pytest.mark.parametrize("cluster", [GridEngine], ids=["sge"], indirect=True)
def test_without_gpus_in_a_queue_and_a_project(
    cluster: Cluster, clips_study: Path, tmp_path: Path
) -> None:
    study = fresh(clips_study, tmp_path / "study")
    project = tmp_path / "project"
    project.write_text("name lab\noticket 0\nfshare 0\nacl NONE\nxacl NONE\n")
    cluster.call("qconf", "-Aprj", str(project))
    request = study / ".sge_request"
    before = len(cluster.records())
    with (study / "config.yaml").open("a") as config:
        config.write("device: cpu\n")
    for wrong, reason in (
        ("-q none.q", 'requests unknown queue "none.q"'),
        ("-P nobody", 'requested project "nobody" does not exist'),
        ("-l nosuch=1", 'unknown resource "nosuch"'),
    ):
        request.write_text(f"{wrong}\n")
        said, _ = start(cluster, study, "raw").communicate(timeout=WITHIN_S)
        (line,) = lines(said)
        assert reason in line and ".sge_request" in line
        assert "Error in rule" not in said
    assert len(cluster.records()) == before
    request.write_text("-q all.q -P lab\n")
    finish(start(cluster, study, "raw"))
    assert raw_files(study) == raw_files(clips_study)
    records = cluster.records()[before:]
    assert records and not any(record.gpus for record in records)
    assert "lab" in cluster.call("qacct", "-P", "lab")


@pytest.mark.parametrize("cluster", [Slurm], ids=["slurm"], indirect=True)
def test_a_partition_that_there_is_not_is_named_once(
    cluster: Cluster, clips_study: Path, tmp_path: Path
) -> None:
    study = fresh(clips_study, tmp_path / "study")
    partition = ("--default-resources", "slurm_partition=none", "gpu=0")
    said, _ = start(cluster, study, "raw", *partition).communicate(timeout=WITHIN_S)
    (line,) = lines(said)
    assert line.startswith("facetally: sbatch refuses the study's jobs (invalid partition spec")
    assert "slurm_partition" in line


@pytest.mark.parametrize("cluster", [Slurm], ids=["slurm"], indirect=True)
def test_one_video_that_fails_leaves_the_others(
    cluster: Cluster, clips_study: Path, tmp_path: Path
) -> None:
    study = fresh(clips_study, tmp_path / "study")
    log = "detect_emotions/clips/haar/clip_01.log"
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.002):
            for job in processes(study, log):
                os.kill(job, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        process = start(cluster, study, "raw", "--retries", "1")
        said, _ = process.communicate(timeout=WITHIN_S)
    finally:
        over.set()
        killer.join()
    assert process.returncode == 1
    assert lines(said) == [
        f"facetally: results/logs/{log}: the job was killed (SIGKILL), as the system does when "
        "memory runs out; run again, with fewer --cores or a smaller gpu if memory is short"
    ]
    missing = raw_files(clips_study) - raw_files(study)
    assert missing == {"results/raw/clips/haar/clip_01.json"}
    # The second attempt, like the next run, did only what was missing.
    attempts = [
        set(re.findall(r"Detecting emotions in (\S+ \S+)", path.read_text()))
        for path in sorted((study / ".snakemake").glob("s*_logs/**/*"), key=os.path.getmtime)
        if path.is_file() and "clips/clip_01 (haar)" in path.read_text()
    ]
    assert [len(jobs) for jobs in attempts] == [4, 1]
    said = finish(start(cluster, study, "raw"))
    assert said.count("Detecting emotions") == 1
    assert kills.differences(study, clips_study) == sorted(
        set(kills.results(clips_study)) - set(kills.results(study))
    )


@pytest.mark.parametrize("cluster", [GridEngine], ids=["sge"], indirect=True)
def test_what_is_outdated_does_not_pass_for_new(
    cluster: Cluster, clips_study: Path, tmp_path: Path
) -> None:
    study = tmp_path / "study"
    shutil.copytree(clips_study, study, symlinks=True)
    sample_more(study)
    process = start(cluster, study, "raw", "--retries", "0")
    while process.poll() is None:
        for number in cluster.running():
            cluster.cancel(number)
        time.sleep(0.2)
    said, _ = process.communicate()
    assert process.returncode == 1, said
    finish(start(cluster, study, "raw"))
    other = sample_more(fresh(clips_study, tmp_path / "other"))
    run_here(other, "raw")
    made, expected = kills.results(study), kills.results(other)
    assert {name: made[name] for name in raw_files(other)} == {
        name: expected[name] for name in raw_files(other)
    }


def sample_more(study: Path) -> Path:
    config = study / "config.yaml"
    config.write_text(config.read_text().replace("every_nth_frame: 10", "every_nth_frame: 5"))
    return study

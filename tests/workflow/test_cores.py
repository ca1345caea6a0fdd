"""The user's command keeps every core busy, with the same results on any number of cores."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import kills
import pytest
from facetally.study import outputs
from support.clips import noise, write_clip
from support.networks import Networks
from support.snakemake_runs import snakemake
from support.studies import write_config

ONE_GPU = ("--resources", "gpu=1")
CORES = (1, 2, 8)
CLIPS = 6
DETECTORS = ["haar", "mtcnn"]


@pytest.fixture(scope="module")
def new_study(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Callable[[], Path]:
    """A function that writes the same study into a new folder; a second encoding would differ."""
    clips = tmp_path_factory.mktemp("clips")
    for number in range(CLIPS):
        write_clip(clips / f"{number}.mp4", noise(30, 240, 320, seed=number))

    def write() -> Path:
        folder = networks(tmp_path_factory.mktemp("study"))
        shutil.copytree(clips, folder / "clips")
        write_config(
            folder,
            datasets={"d": {"videos": "clips"}},
            sampling={"every_nth_frame": 2},
            detectors=DETECTORS,
        )
        return folder

    return write


@pytest.fixture(scope="module")
def studies(new_study: Callable[[], Path]) -> dict[int, Path]:
    """The same study, made by the same command on different numbers of cores."""
    made = {}
    for cores in CORES:
        made[cores] = new_study()
        process = snakemake(made[cores], "--cores", str(cores), *ONE_GPU)
        assert process.returncode == 0, process.stdout
    return made


def jobs_of(study: Path, rule: str) -> list[tuple[float, float, str]]:
    """Return start, end and video of a rule's jobs from Snakemake's records."""
    found = {}
    for path in (study / ".snakemake" / "metadata").rglob("*"):
        record = json.loads(path.read_text()) if path.is_file() else {}
        if record.get("rule") == rule:
            # Each output has a record; a job has one log.
            (log,) = record["log"]
            found[log] = (record["starttime"], record["endtime"], Path(log).stem)
    return list(found.values())


def at_a_time(jobs: list[tuple[float, float, str]]) -> int:
    """Return the maximum number of jobs that ran at once."""
    return max(sum(start <= at < end for start, end, _ in jobs) for at, _, _ in jobs)


def test_results_are_the_same_bytes_on_any_number_of_cores(studies: dict[int, Path]) -> None:
    first, *others = studies.values()
    assert kills.results(first)
    assert [kills.differences(other, first) for other in others] == [[]] * len(others)


def test_without_a_gpu_as_many_jobs_run_as_there_are_cores(studies: dict[int, Path]) -> None:
    assert at_a_time(jobs_of(studies[1], "detect_emotions")) == 1
    assert at_a_time(jobs_of(studies[2], "detect_emotions")) == 2
    assert at_a_time(jobs_of(studies[8], "detect_emotions")) > 2


@pytest.mark.parametrize("cores", CORES)
def test_sampling_runs_no_further_ahead_than_twice_the_cores(
    studies: dict[int, Path], cores: int
) -> None:
    sampled = jobs_of(studies[cores], "sample_frames")
    detected = jobs_of(studies[cores], "detect_emotions")
    last = {video: max(end for _, end, of in detected if of == video) for *_, video in sampled}
    kept = [(start, last[video], video) for start, _, video in sampled]
    assert at_a_time(kept) <= 2 * cores


def planned(folder: Path, *arguments: str) -> set[tuple[str, str, str]]:
    """Return script, threads and device of each kind of job that a run would start."""
    said = snakemake(folder, "raw", *arguments, "--dry-run", "--printshellcmds").stdout
    found = re.findall(r"start\.py (\w+) .*?(?:--device=(\w+) )?--threads=(\d+)", said)
    return {(script, threads, device) for script, device, threads in found}


def test_threads_go_where_videos_are_few(new_study: Callable[[], Path]) -> None:
    folder = new_study()
    many = planned(folder, "--cores", "2", *ONE_GPU)
    assert many == {("sample_frames", "1", ""), ("detect_emotions", "1", "cpu")}
    for number in range(1, CLIPS):
        (folder / "clips" / f"{number}.mp4").unlink()
    for gpus in (ONE_GPU, ("--resources", "gpu=4"), ()):
        one = planned(folder, "--cores", "8", *gpus)
        assert one == {("sample_frames", "8", ""), ("detect_emotions", "8", "cpu")}


def test_a_video_added_to_finished_ones_has_every_core(
    studies: dict[int, Path], new_study: Callable[[], Path]
) -> None:
    folder = new_study()
    for number in range(1, CLIPS):
        for detector in DETECTORS:
            raw = outputs.RAW.format(dataset="d", detector=detector, video=number)
            (folder / raw).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(studies[1] / raw, folder / raw)
    added = outputs.RAW.format(dataset="d", detector="haar", video=0)
    said = snakemake(folder, added, "--cores", "8", "--dry-run", "--printshellcmds").stdout
    assert set(re.findall(r"--threads=(\d+)", said)) == {"8"}


def test_with_gpus_a_job_claims_one_unless_there_are_none(
    new_study: Callable[[], Path],
) -> None:
    folder = new_study()
    config = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(f"{config}device: cuda\n")
    shared = planned(folder, "--cores", "8", "--resources", "gpu=2")
    assert shared == {("sample_frames", "4", ""), ("detect_emotions", "4", "cuda")}
    none = planned(folder, "--cores", "2", "--resources", "gpu=0")
    assert none == {("sample_frames", "1", ""), ("detect_emotions", "1", "cuda")}

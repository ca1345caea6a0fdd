"""What runs again runs alone: a detector never makes the others detect again."""

import json
import os
import shutil
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml
from facetally.files import file_digest
from support.clips import noise, write_clip
from support.snakemake_runs import GPU, TABLES, jobs, snakemake

DETECTION = ("sample_frames", "resample_frames", "detect_emotions")
"""The rules that take most of a study's time."""

HAAR, MTCNN = (Path(f"results/raw/d/{detector}/one.json") for detector in ("haar", "mtcnn"))
STATUS = Path("results/videos/d/one.json")


def configure(study: Path, **changed: object) -> None:
    """Change keys of a study's config.yaml."""
    config = study / "config.yaml"
    config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | changed))


def planned(study: Path, *arguments: str) -> dict[str, int]:
    """The jobs that a run would run."""
    process = snakemake(study, *GPU, "--dry-run", *arguments)
    assert process.returncode == 0, process.stdout
    return jobs(process.stdout)


def detection(study: Path, *arguments: str) -> dict[str, int]:
    """Those among them that decode videos or look for faces."""
    return {rule: count for rule, count in planned(study, *arguments).items() if rule in DETECTION}


def made(study: Path) -> dict[str, tuple[str, int]]:
    """Checksum and time of everything that was made from the videos."""
    return {
        str(path.relative_to(study)): (file_digest(path), path.stat().st_mtime_ns)
        for folder in ("raw", "videos")
        for path in sorted((study / "results" / folder).rglob("[!p]*.json"))
    }


@pytest.fixture(scope="module")
def both(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A study finished with one detector, then with two: its folder, and what a run said."""
    study = tmp_path_factory.mktemp("both") / "study"
    shutil.copytree(finished, study, symlinks=True)
    before = made(study)
    configure(study, detectors=["haar", "mtcnn"])
    plan = planned(study)
    process = snakemake(study, *GPU)
    assert process.returncode == 0, process.stdout
    return {"study": study, "before": before, "plan": plan, "ran": jobs(process.stdout)}


@pytest.fixture
def study(both: dict[str, Any], tmp_path: Path) -> Path:
    """A copy of the study with both detectors, in which nothing is to be done."""
    return Path(shutil.copytree(both["study"], tmp_path / "study", symlinks=True))


def test_a_detector_added_to_a_finished_study_runs_alone(both: dict[str, Any]) -> None:
    once = {"resample_frames", "detect_emotions", "thumbnails"}
    tables = TABLES.keys() - {"problems", "accept_videos"}
    assert both["plan"] == both["ran"]
    assert both["ran"] == dict.fromkeys([*once, *tables], 1) | {"metrics": both["ran"]["metrics"]}
    after = made(both["study"])
    assert after.keys() - both["before"].keys() == {str(MTCNN)}
    assert {name: after[name] for name in both["before"]} == both["before"]
    assert planned(both["study"]) == {}
    assert not (both["study"] / "results" / "frames").exists()


def test_the_frames_that_are_sampled_again_are_the_same(both: dict[str, Any], study: Path) -> None:
    first = made(study)[str(HAAR)]
    (study / HAAR).unlink()
    process = snakemake(study, "raw", *GPU)
    assert process.returncode == 0, process.stdout
    assert jobs(process.stdout) == {"resample_frames": 1, "detect_emotions": 1, "raw": 1}
    again = made(study)
    assert again[str(HAAR)][0] == first[0] and again[str(HAAR)] != first
    assert again[str(MTCNN)] == made(both["study"])[str(MTCNN)]
    assert detection(study) == {}


def test_what_is_missing_is_made_once_and_alone(study: Path) -> None:
    (study / MTCNN).unlink()
    assert detection(study) == {"resample_frames": 1, "detect_emotions": 1}
    (study / HAAR).unlink()
    assert detection(study) == {"resample_frames": 1, "detect_emotions": 2}
    (study / STATUS).unlink()
    assert detection(study) == {"sample_frames": 1, "detect_emotions": 2}


def test_a_status_that_is_missing_makes_no_detector_run_again(study: Path) -> None:
    (study / STATUS).unlink()
    assert detection(study).get("detect_emotions") is None
    (study / HAAR).unlink()
    assert detection(study) == {"sample_frames": 1, "detect_emotions": 1}


@pytest.mark.parametrize("raw", [HAAR, MTCNN], ids=["haar", "mtcnn"])
def test_an_edited_raw_file_is_made_again_alone(study: Path, raw: Path) -> None:
    (study / raw).write_text("[]\n")
    assert detection(study) == {"resample_frames": 1, "detect_emotions": 1}


def test_a_job_that_was_killed_runs_again_alone(study: Path) -> None:
    incomplete = study / ".snakemake" / "incomplete" / urlsafe_b64encode(bytes(HAAR)).decode()
    incomplete.write_text("{}")
    assert detection(study) == {"resample_frames": 1, "detect_emotions": 1}


def test_frames_that_a_killed_run_has_left_are_used(study: Path) -> None:
    process = snakemake(study, *GPU, "--notemp", "--force", "results/frames/d/one.nut")
    assert process.returncode == 0, process.stdout
    assert detection(study) == {}
    (study / MTCNN).unlink()
    assert detection(study) == {"detect_emotions": 1}


def test_another_video_or_step_runs_all_detectors(study: Path) -> None:
    everything = {"sample_frames": 1, "detect_emotions": 2}
    configure(study, sampling={"every_nth_frame": 1})
    assert detection(study) == everything
    configure(study, sampling={"every_nth_frame": 2})
    assert detection(study) == {}
    write_clip(study / "clips" / "one.mp4", noise(3, seed=5))
    assert detection(study) == everything
    (study / MTCNN).unlink()
    assert detection(study) == everything


def test_a_detector_and_a_video_added_together(study: Path) -> None:
    write_clip(study / "clips" / "two.mp4", noise(3, seed=2))
    configure(study, detectors=["haar", "mtcnn", "centerface"])
    assert detection(study) == {"sample_frames": 1, "resample_frames": 1, "detect_emotions": 4}


def test_what_is_forced_has_its_frames(study: Path) -> None:
    everything = {"sample_frames": 1, "detect_emotions": 2}
    assert detection(study, "--forceall") == everything
    assert detection(study, "--forcerun", "detect_emotions") == everything
    assert detection(study, "--forcerun", "sample_frames") == everything


def test_a_detector_added_where_results_came_from_elsewhere(study: Path) -> None:
    shutil.rmtree(study / ".snakemake" / "metadata")
    for path in (study / "results").rglob("*"):
        os.utime(path)
    assert detection(study) == {}
    configure(study, detectors=["haar", "mtcnn", "centerface"])
    assert detection(study) == {"resample_frames": 1, "detect_emotions": 1}
    # Raw files alone, as a colleague may have sent them.
    shutil.rmtree(study / "results" / "videos")
    assert detection(study) == {"sample_frames": 1, "detect_emotions": 1}


def test_records_do_not_depend_on_which_job_sampled_the_frames(study: Path) -> None:
    records = (study / "results" / "raw" / "provenance.jsonl").read_text().splitlines()
    sampled = {"results/frames/d/one.json", "results/frames/d/one.nut"}
    entries = {entry["output"]: entry["record"] for entry in map(json.loads, records)}
    for record in (entries[str(HAAR)], entries[str(MTCNN)]):
        assert {name for name in record["input"] if "frames" in name} == sampled
        assert {name for name in record["input_checksums"] if "frames" in name} == sampled

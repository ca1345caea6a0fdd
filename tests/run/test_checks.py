"""What no job could get by is found before any job."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from facetally.errors import ClockError, PeopleError, VideoError, WriteError
from facetally.run.checks import (
    check_contents,
    check_pictures,
    check_times,
    check_writable,
    in_the_future,
    tracked_by_git,
)
from facetally.study.config import load_study
from facetally.video.status import Problem, VideoStatus, write_status


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    check_writable([tmp_path / "missing" / "folder"])
    with pytest.raises(WriteError) as said:
        check_writable([tmp_path / "results" / "raw"])
    assert str(said.value) == (
        f"{tmp_path}/results: cannot be written (Not a directory); "
        "make it, and its folder, writable, and run again"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_results_of_videos_that_can_no_longer_be_read_are_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    for name in ("analysed", "bad", "new"):
        (tmp_path / "clips" / f"{name}.mp4").symlink_to("nowhere")
    study = load_study({"datasets": {"d": {"videos": "clips"}}})
    (tmp_path / "results" / "videos" / "d").mkdir(parents=True)
    bad = VideoStatus("bad.mp4", 0, Problem("no_content", "why"))
    write_status(Path("results/videos/d/bad.json"), bad)
    check_contents(study)
    check_times(study.datasets["d"].videos.values())
    write_status(Path("results/videos/d/analysed.json"), VideoStatus("analysed.mp4", 3))
    with pytest.raises(VideoError) as said:
        check_contents(study)
    assert str(said.value) == (
        "clips/analysed.mp4: can no longer be read, though analysed before: a run would delete "
        "its results; fetch it (git annex get, dvc pull, git lfs pull), remove it, or set "
        "on_bad_video: skip in config.yaml"
    )
    check_contents(replace(study, on_bad_video="skip"))
    (tmp_path / "clips" / "nowhere").touch()
    check_contents(study)


YEAR_2100 = 4102444800


def test_every_file_from_the_future_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = ["my clips/a.mp4", "my clips/b.mp4", "labels/anna.csv", "faces/Ada/1.png"]
    for name in named:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    Path("labels/anna.csv").write_text("filename,label\na,Pos\n")
    study = load_study(
        {
            "datasets": {"d": {"videos": "my clips", "labels": "labels"}},
            "people": {"references": "faces"},
        }
    )
    check_times(study.files)
    for name in named:
        os.utime(name, (YEAR_2100, YEAR_2100))
        with pytest.raises(ClockError) as said:
            check_times(study.files)
        quoted = f"'{name}'" if " " in name else name
        assert str(said.value) == (
            f"{name}: its time, 2100-01-01 00:00 UTC, lies in the future; correct this machine's "
            f"clock, or type touch {quoted}, and run again"
        )
        Path(name).touch()
    for name in named:
        os.utime(name, (YEAR_2100, YEAR_2100))
    line = in_the_future(study.files)
    assert line.startswith("my clips/a.mp4 and 3 more: its time, 2100-01-01 00:00 UTC,")
    subprocess.run(["sh", "-c", line.partition(" type ")[2]], check=True)
    assert in_the_future(study.files) == ""


def test_videos_and_pictures_that_git_tracks_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not links, as of git-annex, nor anything but videos and pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    made = ["a.mp4", "notes.md", "people/Ms A/1.JPG", "people/Ms A/ö 2.heic", "people/Ms A/x.csv"]
    for name in made:
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).touch()
    (tmp_path / "data" / "linked.mp4").symlink_to(".git/annex/objects/x.mp4")
    (tmp_path / "other.png").touch()
    settings = {"datasets": {"d": {"videos": "data"}}, "people": {"references": "data/people"}}
    study = load_study(settings)
    assert tracked_by_git(study) is None
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert tracked_by_git(study) is None
    subprocess.run(["git", "add", "--force", "--all"], check=True)
    said = tracked_by_git(study)
    assert said is not None and "\n" not in said
    assert said.startswith(
        "git tracks data/a.mp4, data/people/Ms A/1.JPG, data/people/Ms A/ö 2.heic, so git push "
    )
    subprocess.run(["git", "rm", "--quiet", "--cached", "data/a.mp4"], check=True)
    assert "a.mp4" not in (tracked_by_git(study) or "")
    plain = load_study({"datasets": settings["datasets"]})
    assert tracked_by_git(plain) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tracked_by_git(study) is None


def test_pictures_of_people_without_content_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("clips/a.mp4", "people/Anna/1.jpg", "people/Anna/2.JPG"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("content")
    settings = {"datasets": {"d": {"videos": "clips"}}, "people": {"references": "people"}}
    check_pictures(load_study(settings))
    picture = Path("people/Anna/2.JPG")

    def said() -> str:
        with pytest.raises(PeopleError) as refused:
            check_pictures(load_study(settings))
        return str(refused.value)

    picture.write_bytes(b"")
    assert said() == f"{picture}: is empty; copy it again or remove it"
    picture.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    pointer = "is a pointer to a file that is not here; fetch it (git annex get, git lfs pull)"
    assert said() == f"{picture}: {pointer} or remove it"
    picture.unlink()
    picture.symlink_to("../.git/annex/objects/x.JPG")
    link = "is a link to a file that is not here; fetch it (git annex get, dvc pull) or remove it"
    assert said() == f"{picture}: {link}"
    picture.unlink()
    picture.symlink_to("/proc/self/mem/x")
    assert said() == f"{picture}: cannot be read (Not a directory); make it readable or remove it"
    check_pictures(load_study({"datasets": settings["datasets"]}))

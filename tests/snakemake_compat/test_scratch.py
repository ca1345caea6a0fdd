"""Frames on a separate disk, under their usual path."""

import os
from pathlib import Path

import pytest
from facetally.errors import WriteError
from facetally.snakemake_compat.scratch import make_folder_here, place_frames


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    return tmp_path / "study" / "results" / "frames"


def test_frames_go_to_the_scratch_disk_and_back(tmp_path: Path, frames: Path) -> None:
    (frames / "old").mkdir(parents=True)
    (frames / "old" / "clip.nut").touch()
    place_frames(frames, tmp_path / "scratch")
    assert frames.is_symlink()
    assert list(frames.iterdir()) == []
    (frames / "clip.nut").touch()
    (frame,) = (tmp_path / "scratch").rglob("clip.nut")
    assert not list(frames.parent.glob(".frames*"))

    place_frames(frames, tmp_path / "scratch")
    assert (frames / "clip.nut").exists()
    place_frames(frames, tmp_path / "other")
    assert not (frames / "clip.nut").exists()
    place_frames(frames, None)
    assert not frames.exists()
    assert frame.exists()


def test_two_studies_share_no_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        place_frames(tmp_path / name / "frames", tmp_path / "scratch")
    folders = {(tmp_path / name / "frames").readlink() for name in ("one", "two")}
    assert len(folders) == 2


def test_nobody_else_can_read_frames(tmp_path: Path, frames: Path) -> None:
    place_frames(frames, tmp_path)
    assert frames.readlink().parent.stat().st_mode & 0o077 == 0


def test_another_machine_makes_the_folder_when_it_works_there(
    tmp_path: Path, frames: Path
) -> None:
    place_frames(frames, tmp_path / "scratch")
    frames.readlink().rmdir()
    frames.readlink().parent.rmdir()
    make_folder_here(frames)
    assert frames.is_dir()
    assert frames.readlink().parent.stat().st_mode & 0o077 == 0
    make_folder_here(frames.parent)  # No link: nothing to do.


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, frames: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"file.*cannot be written \(Not a directory\)"):
        place_frames(frames, tmp_path / "file" / "below")


def test_a_folder_that_somebody_else_has_prepared_is_refused(tmp_path: Path, frames: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"facetally-{os.getuid()}").symlink_to(tmp_path / "theirs")
    with pytest.raises(
        WriteError, match="belongs to another user; name another folder with scratch"
    ):
        place_frames(frames, tmp_path)
    assert list((tmp_path / "theirs").iterdir()) == []

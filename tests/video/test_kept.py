"""Previews of sampled frames: what is kept, who may read it, and what is refused."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from facetally.errors import PicturesError
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import Frame, read_frames
from facetally.video.kept import (
    PREVIEW,
    PREVIEWS,
    ROWS,
    previews_to,
    read_previews,
    rows_of,
    scaled,
)
from facetally.video.sampling import sample_video
from support.clips import noise, write_clip


def frames_of(greys: Sequence[int], height: int = 120, width: int = 160) -> list[Frame]:
    return [
        Frame(20 * n, 20 * n, Fraction(1, 25), np.full((height, width, 3), grey, np.uint8))
        for n, grey in enumerate(greys)
    ]


def written(path: Path, frames: Sequence[Frame]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with previews_to(path) as keep:
        for frame in frames:
            keep(frame)
    return path


def test_each_sampled_frame_has_a_preview(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", noise(50, 360, 640))
    frames, index, previews = (tmp_path / name for name in ("f.nut", "f.json", "f.parquet"))
    status = sample_video(clip, frames, index, EveryNthFrame(20), 10**6, 2, previews)
    assert status.frames == 3
    sampled = {frame.index: frame for frame in read_frames(frames, index)}
    kept = read_previews(previews, sampled)
    assert [*kept] == [*sampled] == [0, 20, 40]
    for number, preview in kept.items():
        frame = sampled[number]
        assert (preview.time, preview.width, preview.height) == (frame.time, 640, 360)
        assert preview.bgr.shape == (270, PREVIEW, 3)
        off = np.abs(preview.bgr.astype(int) - scaled(frame.bgr, PREVIEW))
        assert off.mean() < 20


def test_a_small_frame_keeps_its_size(tmp_path: Path) -> None:
    (kept,) = read_previews(written(tmp_path / "a.parquet", frames_of([90])), [0]).values()
    assert kept.bgr.shape == (120, 160, 3)
    assert scaled(np.zeros((9000, 3, 3), np.uint8), PREVIEW).shape == (480, 1, 3)


def test_a_video_that_cannot_be_read_has_a_file_without_rows(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no video")
    names = [tmp_path / name for name in ("clip.mp4", "f.nut", "f.json")]
    assert sample_video(*names, EveryNthFrame(1), 10**6, 1, tmp_path / "f.parquet").is_bad
    assert list(rows_of(tmp_path / "f.parquet", PREVIEWS)) == []


def test_only_the_wanted_frames_are_read_from_any_place(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", frames_of([n % 250 for n in range(2 * ROWS + 5)], 4, 4))
    last = 20 * (2 * ROWS + 4)
    assert list(read_previews(path, [last, 40, 20 * ROWS])) == [40, 20 * ROWS, last]
    assert len(list(rows_of(path, PREVIEWS))) == 2 * ROWS + 5
    assert read_previews(tmp_path / "none.parquet", []) == {}
    with pytest.raises(PicturesError, match=r"a\.parquet: lacks 2 of the frames; delete it and r"):
        read_previews(path, [0, 1, 3])


@pytest.mark.parametrize("place", ["results/pictures/d/v", "results/pictures/results/pictures/v"])
def test_nobody_else_may_read_them(tmp_path: Path, place: str) -> None:
    path = written(tmp_path / place / "frames.parquet", frames_of([1]))
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "results/pictures").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "results").stat().st_mode & 0o077


def test_what_is_cut_off_edited_or_something_else_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", frames_of([90, 160]))
    content = path.read_bytes()
    at = content.index(b"\xff\xd8") + 100
    for bad in (content[:-9], b"", b"text", content[:at] + b"!" + content[at + 1 :]):
        path.write_bytes(bad)
        with pytest.raises(PicturesError) as error:
            read_previews(path, [0, 20])
        (line,) = str(error.value).splitlines()
        assert line.startswith(f"{path}: is cut off, or no file of pictures (")
        assert line.endswith("; delete it and run again")


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyError), previews_to(tmp_path / "a.parquet") as keep:
        keep(frames_of([1])[0])
        raise KeyError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1001, 777), (959, 4), (500, 4001)])
def test_a_picture_is_scaled_to_its_means(width: int, height: int) -> None:
    across = np.linspace(0, 200, width)[np.newaxis, :, np.newaxis].repeat(height, axis=0)
    stripes = 20 * (np.arange(height) % 2)[:, np.newaxis, np.newaxis]
    small = scaled((across + stripes).astype(np.uint8).repeat(3, axis=2), PREVIEW)
    scale = PREVIEW / max(width, height)
    assert small.shape == (max(1, round(height * scale)), max(1, round(width * scale)), 3)
    expected = np.linspace(0, 200, small.shape[1])[np.newaxis, :, np.newaxis]
    off = small.astype(float) - expected - 10
    assert np.abs(off.mean(axis=(0, 2))).max() < 6

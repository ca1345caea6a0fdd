"""Where the shots of a video begin, as its sampled frames show them."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
import pytest
from facetally.study.steps import EveryNthFrame
from facetally.video.cuts import COLUMNS, ROWS, Shots, difference, reduced
from facetally.video.frames import Frame
from facetally.video.sampling import sample_video
from facetally.video.status import Shot, read_status, write_status
from scipy.ndimage import gaussian_filter
from support.clips import noise, write_clip
from support.real_clips import SPEAKERS, VIDEOS

STEPS = (10, 15, 20, 25)
"""Sampled frames of 30 a second: every 0.3 to 0.8 s."""


def scene(seed: int, height: int = 180, width: int = 960) -> np.ndarray:
    """A picture of soft coloured shapes, three times as wide as a frame."""
    rough = np.random.default_rng(seed).normal(size=(height, width, 3))
    soft = gaussian_filter(rough, (12, 12, 0), mode="wrap")
    return np.clip(128 + 45 * soft / soft.std(), 0, 255).astype(np.uint8)


def camera(picture: np.ndarray, lefts: Iterable[float]) -> list[np.ndarray]:
    """Return what a camera of 320 x 180 sees of a picture, given its left edge."""
    return [picture[:, round(left) : round(left) + 320] for left in lefts]


def still(seed: int, frames: int) -> list[np.ndarray]:
    """A camera that is held by hand."""
    return camera(scene(seed), 300 + 6 * np.random.default_rng(seed).normal(size=frames))


def cuts(pictures: Iterable[np.ndarray]) -> list[int]:
    shots = Shots()
    for number, bgr in enumerate(pictures):
        shots.see(Frame(number, number, Fraction(1, 2), bgr))
    return shots.cuts()


def test_cuts_between_still_cameras() -> None:
    assert cuts(still(1, 12) + still(2, 7) + still(1, 5) + still(3, 9)) == [12, 19, 24]


@pytest.mark.parametrize("pixels", [2, 10, 30, 60])
def test_a_pan_is_no_cut(pixels: int) -> None:
    there = list(np.arange(0, 640, pixels))
    assert cuts(camera(scene(4), there + there[::-1])) == []


@pytest.mark.parametrize("by", [30, 60, 120])
def test_a_flash_is_no_cut(by: int) -> None:
    pictures = still(5, 20)
    for number in (6, 13):
        pictures[number] = np.clip(pictures[number].astype(int) + by, 0, 255).astype(np.uint8)
    assert cuts(pictures) == []


def test_a_slow_fade_is_no_cut() -> None:
    pictures = still(6, 24)
    faded = [
        (picture * (1 - number / 24)).astype(np.uint8) for number, picture in enumerate(pictures)
    ]
    assert cuts(faded) == []


def test_a_cut_shows_in_pictures_without_colour_and_of_other_sizes() -> None:
    grey = [picture.mean(axis=2, keepdims=True).repeat(3, axis=2) for picture in still(7, 8)]
    other = [picture[:90, :70] for picture in still(8, 8)]
    assert cuts([picture.astype(np.uint8) for picture in grey + other]) == [8]


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_short_videos(number: int) -> None:
    assert cuts(still(9, number)) == []
    assert cuts(still(9, number) + still(10, number)) == ([number] if number else [])


def test_a_picture_that_has_moved_differs_little() -> None:
    # In the cells of a picture of 320 x 180, 10 pixels are one.
    left, right = (reduced(picture) for picture in camera(scene(11), [300, 340]))
    assert left.shape == (ROWS, COLUMNS, 3)
    assert left.dtype == np.int16
    assert difference(left, right) < 0.2 * np.abs(left - right).mean()
    assert difference(left, left) == 0


def test_a_plain_colour_is_reduced_to_itself() -> None:
    blue, green, red = 200, 100, 50
    small = reduced(np.full((33, 47, 3), (blue, green, red), np.uint8))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    expected = [luma, (blue - luma) / 1.772, (red - luma) / 1.402]
    assert np.abs(small - expected).max() < 1


def test_shots_are_kept_in_the_status(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", still(1, 50) + still(2, 33))
    status = sample_video(
        clip, tmp_path / "a.nut", tmp_path / "a.json", EveryNthFrame(5), 1_000_000
    )
    assert status.shots == [Shot(0, 0.0, 2.0, 10), Shot(50, 2.0, 3.4, 7)]
    write_status(tmp_path / "status.json", status)
    assert read_status(tmp_path / "status.json") == status


def test_a_video_of_one_sampled_frame_is_a_shot_without_length(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", noise(3))
    status = sample_video(
        clip, tmp_path / "a.nut", tmp_path / "a.json", EveryNthFrame(5), 1_000_000
    )
    assert status.shots == [Shot(0, 0.0, 0.0, 1)]


def test_what_cannot_be_analysed_has_no_shots(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    status = sample_video(
        tmp_path / "a.mp4", tmp_path / "a.nut", tmp_path / "a.json", EveryNthFrame(5), 1_000_000
    )
    assert status.shots == ()
    write_status(tmp_path / "status.json", status)
    assert not read_status(tmp_path / "status.json").shots


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


OF_ONE_CAMERA = [f"people/{name}" for name in SPEAKERS] + [f"videos/{name}" for name in VIDEOS]


@pytest.mark.parametrize("name", OF_ONE_CAMERA)
def test_a_clip_of_one_camera_has_no_cut(clips_of_people: Path, name: str) -> None:
    every = pictures(clips_of_people / f"{name}.mp4")
    assert [cuts(every[::step]) for step in STEPS] == [[]] * len(STEPS)


def joined(
    folder: Path, names: Sequence[str], lengths: Sequence[int]
) -> tuple[list[np.ndarray], list[int]]:
    """Return shots of clips in turn, each resuming where it stopped, and where they begin."""
    shown = {}
    for name in names:
        there = pictures(folder / f"people/speaker_{name}.mp4")
        # Forwards and backwards, so that nothing jumps.
        shown[name] = cycle(there + there[::-1])
    found: list[np.ndarray] = []
    starts = []
    for name, length in zip(cycle(names), lengths, strict=False):
        starts.append(len(found))
        found += islice(shown[name], length)
    return found, starts[1:]


def test_cuts_of_debates(clips_of_people: Path) -> None:
    """All are found, and at most one false one in fifty: where a head turns after a cut."""
    right = wrong = 0
    for names in ("ab", "bc", "ac", "abc"):
        every, starts = joined(clips_of_people, names, [300, 150, 240, 120, 360, 180, 300, 150])
        for step in STEPS:
            found = set(cuts(every[::step]))
            true = {-(-start // step) for start in starts}
            assert true <= found
            right, wrong = right + len(true), wrong + len(found - true)
    assert wrong <= (right + wrong) / 50

"""The pictures that are kept of faces: which part of the frame, how exact, and what is refused."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from facetally.detect.crops import face_crops
from facetally.detect.face import Box, Face
from facetally.errors import PicturesError
from facetally.faces.detection import detect_faces
from facetally.faces.pictures import (
    SIDE,
    each_picture,
    face_pictures,
    pictures_to,
    read_pictures,
    surroundings,
)
from facetally.faces.raw import read_raw
from facetally.video.frames import Frame, write_frames
from hypothesis import given
from hypothesis import strategies as st
from support.clips import noise
from support.raw_files import scores

SIDES = st.integers(1, 500)


def frame_of(bgr: np.ndarray, index: int = 0) -> Frame:
    return Frame(index, index, Fraction(1, 25), bgr)


def faces_of(*boxes: Box) -> list[Face]:
    return [Face(box, scores(happy=1)) for box in boxes]


class Fixed:
    """An engine that finds given faces."""

    def __init__(self, boxes: Sequence[Sequence[Box]]) -> None:
        self._boxes = boxes

    def faces(self, frames: object) -> object:
        for frame, boxes in zip(frames, self._boxes, strict=True):  # type: ignore[call-overload]
            yield frame, faces_of(*boxes)


@pytest.mark.parametrize(
    ("box", "around"),
    [
        ((50, 60, 20, 10), (40, 45, 40, 40)),
        ((-5, 0, 20, 20), (0, 0, 40, 40)),
        ((190, 95, 20, 20), (160, 60, 40, 40)),
        ((50, 10, 60, 80), (0, 0, 160, 100)),
        ((500, 500, 10, 10), (180, 80, 20, 20)),
        ((3, 3, 0, 0), (2, 2, 1, 1)),
    ],
)
def test_the_surroundings_are_inside_the_frame(box: Box, around: Box) -> None:
    assert surroundings(box, (200, 100)) == around


@given(st.tuples(st.integers(-99, 600), st.integers(-99, 600), SIDES, SIDES), SIDES, SIDES)
def test_of_any_box_there_are_surroundings(box: Box, width: int, height: int) -> None:
    x, y, *sides = surroundings(box, (width, height))
    side = 2 * max(box[2:])
    assert sides == [min(side, width), min(side, height)]
    assert 0 <= x <= width - sides[0] and 0 <= y <= height - sides[1]


def test_faces_are_kept_small_and_what_the_network_gets_exactly(tmp_path: Path) -> None:
    bgr = cv2.GaussianBlur(noise(1, 720, 1280)[0], (0, 0), 5)
    boxes = [(600, 200, 300, 400), (20, 30, 50, 60), (-500, 0, 9, 9)]
    with pictures_to(tmp_path / "a.parquet") as keep:
        for picture in face_pictures(frame_of(bgr, 7), faces_of(*boxes)):
            keep(picture)
    large, small, outside = each_picture(tmp_path / "a.parquet")
    assert [(each.frame, each.face, each.box) for each in (large, small, outside)] == [
        (7, number, box) for number, box in enumerate(boxes)
    ]
    assert large.around == (350, 0, 800, 720) and large.bgr.shape == (round(SIDE * 0.9), SIDE, 3)
    assert small.bgr.shape == (120, 120, 3)
    assert np.abs(small.bgr.astype(int) - bgr[:120, :120]).mean() < 3
    for picture, crop in zip((large, small), face_crops(bgr, boxes[:2]), strict=True):
        assert np.array_equal(picture.grey, crop)
    assert outside.grey is None


@pytest.mark.parametrize("threads", [1, 3])
def test_every_face_of_the_raw_file_has_its_picture(tmp_path: Path, threads: int) -> None:
    boxes: list[list[Box]] = [[(10, 10, 30, 40)], [], [(50, 20, 30, 30), (5, 5, 20, 20)]] * 4
    frames = [frame_of(bgr, 20 * n) for n, bgr in enumerate(noise(12))]
    names = ("f.nut", "f.json", "raw.json", "a.parquet")
    nut, index, raw, path = (tmp_path / name for name in names)
    write_frames(nut, index, frames)
    detect_faces(Fixed(boxes), nut, index, raw, path, lambda *_: None, threads)  # type: ignore[arg-type]
    found = [(frame.index, face.box) for frame in read_raw(raw) for face in frame.faces]
    assert [picture.place for picture in each_picture(path)] == found
    assert list(read_pictures(path, found[3:5])) == found[3:5]
    assert read_pictures(path, []) == {}
    line = r"a\.parquet: lacks 1 face of its raw FER JSON; delete it and run again"
    with pytest.raises(PicturesError, match=line):
        read_pictures(path, [found[0], (0, (1, 2, 3, 4))])


def test_a_fault_leaves_neither_file(tmp_path: Path) -> None:
    names = ("f.nut", "f.json", "raw.json", "a.parquet")
    nut, index, raw, path = (tmp_path / name for name in names)
    write_frames(nut, index, [frame_of(bgr, n) for n, bgr in enumerate(noise(2))])

    def fail(*_: object) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        detect_faces(Fixed([[(1, 2, 30, 40)], []]), nut, index, raw, path, fail)  # type: ignore[arg-type]
    assert {each.name for each in tmp_path.iterdir()} == {"f.nut", "f.json"}

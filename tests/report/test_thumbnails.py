"""Pictures of faces: which frames, which part of them, what is drawn."""

import base64
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from facetally.detect.face import Box, Face
from facetally.emotions import EMOTIONS
from facetally.faces.counted import Counting, choose, read_analysed
from facetally.faces.pictures import FacePicture, face_pictures
from facetally.faces.raw import RawFrame
from facetally.report.thumbnails import (
    TopFrame,
    face_picture,
    thumbnail_records,
    top_frames,
)
from facetally.video.frames import Frame
from support.clips import noise
from support.raw_files import raw_file, scores


def tops_of(path: Path, *frames: list[list[float]]) -> list[TopFrame]:
    return top_frames(read_analysed(raw_file(path, frames)))


def test_each_emotion_has_its_highest_frame(tmp_path: Path) -> None:
    tops = tops_of(
        tmp_path / "clip.json",
        [],
        [scores(happy=0.6, sad=0.4)],
        [scores(happy=0.9, angry=0.1)],
        [scores(happy=0.2, sad=0.8)],
    )
    assert [top.emotion for top in tops] == list(EMOTIONS)
    by_emotion = {top.emotion: top for top in tops}
    assert by_emotion["happy"] == TopFrame("happy", 0.9, 40, 1.6, (0, 20, 30, 40))
    assert by_emotion["sad"] == TopFrame("sad", 0.8, 60, 2.4, (0, 20, 30, 40))
    assert (by_emotion["angry"].frame, by_emotion["angry"].score) == (40, 0.1)


def test_of_equal_scores_the_earliest_frame_counts(tmp_path: Path) -> None:
    tops = tops_of(tmp_path / "clip.json", [], [scores(sad=1)], [scores(sad=1)])
    assert {top.frame for top in tops} == {20}


def test_of_several_faces_the_first_counts(tmp_path: Path) -> None:
    tops = tops_of(
        tmp_path / "clip.json",
        [scores(happy=0.3), scores(happy=0.99)],
        [scores(happy=0.4), scores(happy=0.1)],
    )
    happy = tops[EMOTIONS.index("happy")]
    assert (happy.score, happy.frame, happy.box) == (0.4, 20, (0, 20, 30, 40))


def test_the_face_that_counts_may_be_another() -> None:
    first = Face((0, 0, 50, 50), scores(happy=0.9))
    large = Face((300, 0, 99, 99), scores(happy=0.7))
    often = Face((600, 0, 20, 20), scores(happy=0.5))
    frames = [[first], [large, often], [first, often], [often]]
    raw = [RawFrame(number, number, tuple(faces)) for number, faces in enumerate(frames)]
    tops = {
        face: top_frames(choose(raw, Counting(face)))[3]
        for face in ("first", "largest", "tracked")
    }
    assert {face: (top.score, top.frame) for face, top in tops.items()} == {
        "first": (0.9, 0), "largest": (0.9, 0), "tracked": (0.5, 1),
    }  # fmt: skip
    both = [RawFrame(0, 0, (often, large))]
    assert top_frames(choose(both, Counting("largest")))[3].box == large.box


def test_without_a_face_there_is_no_frame(tmp_path: Path) -> None:
    assert tops_of(tmp_path / "clip.json", [], []) == []
    assert tops_of(tmp_path / "none.json") == []


def kept(bgr: np.ndarray, box: Box) -> FacePicture:
    """The picture that is kept of a face."""
    frame = Frame(40, 40, Fraction(1, 25), bgr)
    (picture,) = face_pictures(frame, [Face(box, scores(happy=1))])
    return picture


def decoded(jpeg: bytes) -> np.ndarray:
    assert jpeg.startswith(b"\xff\xd8")
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    """A frame whose blue is the column and whose green is the row, both up to 199."""
    frame = np.full((200, 200, 3), 40, np.uint8)
    frame[..., 0] = np.arange(200)
    frame[..., 1] = np.arange(200)[:, np.newaxis]
    return frame


CUTS: dict[str, tuple[Box, tuple[int, int], tuple[int, int]]] = {
    "in the middle": ((80, 70, 50, 40), (65, 145), (50, 130)),
    "at the left and top": ((5, 2, 50, 50), (0, 80), (0, 80)),
    "at the right and bottom": ((150, 160, 50, 40), (120, 200), (120, 200)),
    "partly outside": ((-20, 170, 30, 50), (0, 80), (120, 200)),
    "outside": ((300, -90, 50, 20), (120, 200), (0, 80)),
    "as large as the frame": ((40, 40, 125, 125), (0, 200), (0, 200)),
}
"""Boxes, and the columns and rows that are cut out around them: from, to."""


@pytest.mark.parametrize("name", CUTS)
def test_the_square_lies_around_the_box_and_inside_the_frame(
    places: np.ndarray, name: str
) -> None:
    box, (left, right), (top, bottom) = CUTS[name]
    picture = decoded(face_picture(kept(places, box), right - left)).astype(float)
    assert picture.shape == (bottom - top, right - left, 3)
    # The median ignores the line, and JPEG changes colours a little.
    off = np.median(picture - places[top:bottom, left:right], axis=(0, 1))
    assert off == pytest.approx(np.zeros(3), abs=2)


def test_a_frame_that_is_smaller_is_continued_at_its_edges() -> None:
    frame = np.zeros((50, 200, 3), np.uint8)
    frame[:25] = 60
    frame[25:] = 160
    # A square of 160: 110 rows more than the frame has, 55 above if the box is in the middle.
    picture = decoded(face_picture(kept(frame, (50, -25, 100, 100)), 160))
    assert picture.shape == (160, 160, 3)
    grey = picture[:, 5].mean(axis=1)
    assert grey[:76] == pytest.approx(60, abs=6)
    assert grey[84:] == pytest.approx(160, abs=6)


def test_the_whole_of_a_smaller_frame_is_shown() -> None:
    frame = np.full((50, 200, 3), 100, np.uint8)
    frame[:10], frame[40:] = 20, 200
    # Around the box's centre, the square would begin at row 5 and leave the darkest rows out.
    picture = decoded(face_picture(kept(frame, (50, 10, 50, 50)), 80))
    assert picture[2, 2].mean() == pytest.approx(20, abs=6)
    assert picture[78, 2].mean() == pytest.approx(200, abs=6)


@pytest.mark.parametrize(
    ("side", "size", "pixels"),
    [(100, 144, 144), (90, 144, 144), (50, 144, 144), (10, 144, 64), (1, 144, 8), (20, 32, 32)],
)
def test_pictures_are_enlarged_four_times_at_most(side: int, size: int, pixels: int) -> None:
    frame = noise(1, 400, 400)[0]
    box = (150, 150, side // 2, side)
    assert decoded(face_picture(kept(frame, box), size)).shape == (pixels, pixels, 3)


def test_shrinking_takes_the_mean() -> None:
    frame = np.zeros((400, 400, 3), np.uint8)
    frame[::2] = 200
    picture = decoded(face_picture(kept(frame, (100, 100, 100, 100)), 40)).astype(float)
    assert picture[:8] == pytest.approx(100, abs=6)


def test_the_box_is_drawn_as_a_thin_line() -> None:
    frame = np.zeros((300, 300, 3), np.uint8)
    # The square begins at (70, 80) and is not resized.
    picture = decoded(face_picture(kept(frame, (100, 110, 100, 100)), 160)).mean(axis=2)
    rows, columns = np.nonzero(picture > 128)
    assert {(rows.min(), rows.max()), (columns.min(), columns.max())} == {(30, 129)}
    line = np.zeros((160, 160), bool)
    line[30:130, 30:130] = True
    line[31:129, 31:129] = False
    assert np.array_equal(picture > 128, line)


def test_the_frame_itself_stays_as_it_was(places: np.ndarray) -> None:
    before = places.copy()
    face_picture(kept(places, (40, 40, 125, 125)), 200)
    assert np.array_equal(places, before)


def test_records_hold_the_picture_in_base64(places: np.ndarray) -> None:
    top = TopFrame("happy", 0.93, 40, 1.6, (80, 70, 50, 40))
    expected: dict[str, Any] = {"emotion": "happy", "score": 0.93, "frame": 40, "time": 1.6}
    picture = kept(places, top.box)
    (record,) = thumbnail_records([top], {(40, top.box): picture}, 60)
    jpeg = base64.b64decode(record.pop("jpeg"), validate=True)
    assert record == expected
    assert jpeg == face_picture(picture, 60)

"""Pictures of frames on which detectors disagree."""

from base64 import b64decode
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from facetally.report.gallery import COLOURS, WIDTH, galleries
from facetally.video.frames import Frame
from facetally.video.kept import previews_to
from support.tables import ANGRY, HAPPY, NOBODY, faces_of

GREYS = (40, 90, 140, 190)
"""The grey of frames 0 to 19, 20 to 39, ..."""


@pytest.fixture
def previews(tmp_path: Path) -> Path:
    path = tmp_path / "frames.parquet"
    with previews_to(path) as keep:
        for number, grey in enumerate(GREYS):
            bgr = np.full((120, 160, 3), grey, np.uint8)
            keep(Frame(20 * number, 20 * number, Fraction(1, 25), bgr))
    return path


def picture(jpeg: str) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(b64decode(jpeg), np.uint8), cv2.IMREAD_COLOR)


def has_colour(image: np.ndarray, bgr: tuple[int, int, int]) -> bool:
    return bool((np.abs(image.astype(int) - bgr).max(axis=2) < 60).any())


def test_the_frames_themselves_are_shown_with_both_boxes(tmp_path: Path, previews: Path) -> None:
    faces = {
        "haar": faces_of(tmp_path / "haar", {"clip": [[HAPPY], NOBODY, [HAPPY], [HAPPY]]}),
        "mtcnn": faces_of(tmp_path / "mtcnn", {"clip": [[HAPPY], [ANGRY], [ANGRY], NOBODY]}),
    }
    faces["mtcnn"] = faces["mtcnn"].with_columns(pl.col("x") + 70)
    (gallery,) = galleries(faces, {"clip": previews})
    assert (gallery["first"], gallery["second"]) == ("haar", "mtcnn")
    shown = {frame["frame"]: frame for frame in gallery["frames"]}
    assert {index: frame["kind"] for index, frame in shown.items()} == {
        20: "only_second",
        40: "other_emotion",
        60: "only_first",
    }
    for index, boxes in ((20, (False, True)), (40, (True, True)), (60, (True, False))):
        image = picture(shown[index]["jpeg"])
        assert image.shape == (120 * WIDTH // 160, WIDTH, 3)
        assert abs(int(image[-5, -5].mean()) - GREYS[index // 20]) < 4
        assert tuple(has_colour(image, colour) for colour in COLOURS) == boxes


def test_detectors_that_agree_have_an_empty_gallery(tmp_path: Path, previews: Path) -> None:
    faces = faces_of(tmp_path, {"clip": [[HAPPY], NOBODY]})
    assert galleries({"haar": faces, "mtcnn": faces}, {"clip": previews}) == [
        {"first": "haar", "second": "mtcnn", "frames": []}
    ]


def test_one_detector_has_nothing_to_be_compared_with(tmp_path: Path, previews: Path) -> None:
    faces = faces_of(tmp_path, {"clip": [[HAPPY]]})
    assert galleries({"haar": faces}, {"clip": previews}) == []

"""Crops of faces equal fer's, to the last bit."""

from dataclasses import replace

import numpy as np
import pytest
from facetally.detect.crops import PADDING, face_crops, network_input
from facetally.detect.face import Box
from facetally.study.recognizer import FER, Settings
from support.clips import noise
from support.reference import published

pytestmark = pytest.mark.tensorflow

HEIGHT, WIDTH = 120, 160
SIZE, MARGIN = FER.size, int(FER.margin)

BOXES: list[Box] = [
    (40, 30, 50, 50),
    (60, 20, 31, 64),
    (20, 50, 77, 40),
    (0, 0, 30, 30),
    (-5, -7, 40, 33),
    (-30, 10, 45, 45),
    (130, 90, 60, 60),
    (10, 100, 40, 20),
    (150, 0, 10, 90),
    (0, 0, WIDTH, HEIGHT),
    (-40, -40, 240, 200),
    (80, 60, 1, 1),
    (80, 60, 0, 0),
    (-49, 20, 10, 10),
]


def fers_input(
    monkeypatch: pytest.MonkeyPatch, bgr: np.ndarray, boxes: list[Box]
) -> tuple[list[Box], np.ndarray]:
    """The boxes that fer scores, and what it gives its network."""
    seen = [np.empty((0, SIZE, SIZE), np.float32)]

    def classify(faces: np.ndarray) -> np.ndarray:
        seen.append(faces)
        return np.zeros((len(faces), 7))

    fer, _ = published()
    monkeypatch.setattr(fer, "_classify_emotions", classify)
    scored = fer.detect_emotions(bgr, face_rectangles=boxes)
    return [face["box"] for face in scored], seen[-1]


def check_equals_fer(
    monkeypatch: pytest.MonkeyPatch, bgr: np.ndarray, boxes: list[Box]
) -> list[Box]:
    """Compare boxes and input with fer's; return the boxes that have a crop."""
    found = face_crops(bgr, boxes)
    crops = [crop for crop in found if crop is not None]
    cut = [box for box, crop in zip(boxes, found, strict=True) if crop is not None]
    fers_boxes, fers_faces = fers_input(monkeypatch, bgr, boxes)
    assert cut == fers_boxes
    ours = network_input(crops)
    assert ours.dtype == np.float32
    assert ours.shape == (len(cut), SIZE, SIZE, 1)
    assert np.array_equal(ours[..., 0], fers_faces)
    return cut


@pytest.mark.parametrize("box", BOXES, ids=str)
def test_a_face_alone(monkeypatch: pytest.MonkeyPatch, box: Box) -> None:
    (bgr,) = noise(1, HEIGHT, WIDTH)
    assert check_equals_fer(monkeypatch, bgr, [box]) == [box]


def test_many_faces_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    (bgr,) = noise(1, HEIGHT, WIDTH, seed=2)
    assert check_equals_fer(monkeypatch, bgr, BOXES) == BOXES


def test_random_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    bgr = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    boxes: list[Box] = [
        (int(x), int(y), int(width), int(height))
        for x, y, width, height in rng.integers((-20, -20, 5, 5), (150, 110, 120, 120), (200, 4))
    ]
    assert check_equals_fer(monkeypatch, bgr, boxes) == boxes


@pytest.mark.parametrize("shape", [(1, 1), (2, 50), (50, 3)])
def test_tiny_frames(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int]) -> None:
    bgr = np.random.default_rng(4).integers(0, 256, (*shape, 3), np.uint8)
    check_equals_fer(monkeypatch, bgr, [(0, 0, shape[1], shape[0])])


def test_the_border_is_as_grey_as_the_last_two_rows() -> None:
    bgr = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    bgr[-2], bgr[-1] = 100, 50
    (crop,) = face_crops(bgr, [(-PADDING + MARGIN, -PADDING + MARGIN, 10, 10)])
    assert np.unique(crop).tolist() == [75]


def test_a_face_beyond_the_border_has_no_crop(monkeypatch: pytest.MonkeyPatch) -> None:
    (bgr,) = noise(1, HEIGHT, WIDTH)
    inside = BOXES[0]
    beyond = [(WIDTH + PADDING + MARGIN, 20, 30, 30), (20, HEIGHT + PADDING + MARGIN, 30, 30)]
    assert check_equals_fer(monkeypatch, bgr, [beyond[0], inside, beyond[1]]) == [inside]


@pytest.mark.parametrize("box", [(-80, 20, 30, 30), (20, -90, 30, 30), (-300, -300, 50, 50)])
def test_a_face_before_the_border_has_no_crop(box: Box) -> None:
    assert face_crops(np.zeros((HEIGHT, WIDTH, 3), np.uint8), [box]) == [None]


def test_no_faces_have_no_crops() -> None:
    assert face_crops(np.zeros((HEIGHT, WIDTH, 3), np.uint8), []) == []


def test_pictures_are_as_a_network_wants_them() -> None:
    # Blue is the column, green the row, red 200.
    bgr = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    bgr[..., 0], bgr[..., 1] = np.arange(WIDTH), np.arange(HEIGHT)[:, np.newaxis]
    plain = replace(FER, size=20, scale=1, mean=(0,), std=(1,), crop="box", margin=0, colour="bgr")

    def given(settings: Settings, box: Box = (30, 40, 20, 20)) -> np.ndarray:
        (crop,) = face_crops(bgr, [box], settings)
        assert crop is not None
        return network_input([crop], settings)[0]

    assert np.array_equal(given(plain), bgr[40:60, 30:50])
    assert np.array_equal(given(replace(plain, colour="rgb")), bgr[40:60, 30:50, ::-1])
    first = given(replace(plain, colour="rgb", layout="nchw"))
    assert np.array_equal(first, bgr[40:60, 30:50, ::-1].transpose(2, 0, 1))
    # Sides that differ become one length, or the shorter side is widened on both sides.
    assert given(plain, (30, 40, 10, 20))[..., 0].max() < 40
    square = given(replace(plain, crop="square"), (30, 40, 10, 20))
    assert np.array_equal(square, bgr[40:60, 25:45])
    # A margin of a quarter of 20 px is 5 px on each side.
    for margin in ({"margin": 0.25, "margin_in_pixels": False}, {"margin": 5}):
        wide = given(replace(plain, size=30, **margin))
        assert np.array_equal(wide, bgr[35:65, 25:55])
    scaled = given(replace(plain, scale=255, mean=(0.1, 0.2, 0.3), std=(0.5, 1, 2)))
    expected = (bgr[40:60, 30:50] / 255 - (0.1, 0.2, 0.3)) / (0.5, 1, 2)
    assert scaled == pytest.approx(expected, abs=1e-6)

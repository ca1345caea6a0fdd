"""Which faces of a video get a vector, and what is kept of its tracks."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from facetally.detect.embedding import EYES, POOR, AlignedFace, quality
from facetally.detect.face import Box, Face, Landmarks
from facetally.errors import PicturesError
from facetally.faces.identity_files import VideoFaces
from facetally.faces.pictures import face_pictures, pictures_to
from facetally.faces.raw import RawFrame
from facetally.faces.video_faces import AT_ONCE, Detected, video_faces
from facetally.video.frames import Frame
from support.raw_files import scores

LEFT: Box = (0, 0, 60, 60)
RIGHT: Box = (90, 0, 60, 60)
RGB = np.random.default_rng(1).integers(0, 256, (150, 150, 3), dtype=np.uint8)
POINTS = ((10.0, 10.0), (30.0, 10.0), (20.0, 20.0), (12.0, 30.0), (28.0, 30.0))


class Made:
    """Aligns and embeds without networks: the side of a box says how large a face is."""

    def __init__(self) -> None:
        self.aligned: list[tuple[Box, Landmarks | None]] = []
        self.embedded: list[int] = []

    def align(self, bgr: np.ndarray, box: Box, landmarks: Landmarks | None) -> AlignedFace:
        assert bgr.ndim == 3
        self.aligned.append((box, landmarks))
        return AlignedFace(RGB, eyes=box[2], nose=0.5, sure=0.0 if box[3] == 7 else 1.0)

    def embed(self, faces: Sequence[AlignedFace]) -> np.ndarray:
        self.embedded.append(len(faces))
        return np.array([[face.eyes] * 128 for face in faces], np.float32)


def detected(
    path: Path, boxes: Sequence[Sequence[Box]], landmarks: Landmarks | None = None
) -> Detected:
    """What a detector found, with its file of pictures."""
    frames = [
        RawFrame(20 * n, 0.8 * n, tuple(Face(box, scores(), landmarks=landmarks) for box in own))
        for n, own in enumerate(boxes)
    ]
    bgr = np.zeros((400, 1000, 3), np.uint8)
    with pictures_to(path) as keep:
        for frame in frames:
            whole = Frame(frame.index, frame.index, Fraction(1, 25), bgr)
            for picture in face_pictures(whole, frame.faces):
                keep(picture)
    return Detected(frames, path)


def found(
    path: Path, boxes: Sequence[Sequence[Box]], starts: Sequence[float] = (0,)
) -> tuple[VideoFaces, Made]:
    embedder = Made()
    faces = {"haar": detected(path / "haar.parquet", boxes)}
    return video_faces(faces, starts, embedder)["haar"], embedder  # type: ignore[arg-type]


def test_every_good_face_has_a_vector_and_few_represent_a_track(tmp_path: Path) -> None:
    boxes = [[(0, 0, 60 + n % 3, 60)] for n in range(30)]
    faces, embedder = found(tmp_path, boxes)
    assert faces.of.tolist() == list(range(30))
    assert faces.vectors[:, 0].tolist() == [60 + n % 3 for n in range(30)]
    assert embedder.embedded == [AT_ONCE, 30 - AT_ONCE]
    assert faces.chosen.sum() == 5
    (own,) = faces.representatives().values()
    assert own.shape == (5, 128)


def test_tracks_end_at_cuts(tmp_path: Path) -> None:
    faces, _ = found(tmp_path, [[LEFT, RIGHT]] * 4 + [[LEFT]] * 3, starts=[0, 3.2])
    assert faces.faces.tolist() == [
        *([20 * n, number, number] for n in range(4) for number in range(2)),
        *([80 + 20 * n, 0, 2] for n in range(3)),
    ]
    assert faces.times[-1] == pytest.approx(4.8)
    assert {track: len(own) for track, own in faces.representatives().items()} == {
        0: 4,
        1: 4,
        2: 3,
    }
    assert faces.is_face.tolist() == [True] * 3
    assert all(picture.startswith(b"\xff\xd8") for picture in faces.pictures)


def test_poor_faces_and_what_is_none_have_no_vectors(tmp_path: Path) -> None:
    poor = round(EYES * POOR * 0.5)
    assert 0 < quality(AlignedFace(RGB, eyes=poor, nose=0.5)) < POOR
    boxes: list[Box] = [(0, 0, poor, 40), (0, 100, 53, 7), (0, 200, 0, 40), (0, 300, 53, 53)]
    faces, embedder = found(tmp_path, [boxes])
    assert faces.of.tolist() == [3] and list(faces.representatives()) == [3]
    assert faces.is_face.tolist() == [True, False, False, True]
    assert [bool(picture) for picture in faces.pictures] == [True, False, False, True]
    assert embedder.embedded == [1]


def test_sizes_are_those_in_the_frame(tmp_path: Path) -> None:
    faces, embedder = found(tmp_path, [[(400, 0, 400, 200)]])
    # The kept picture of a rectangle of 800 x 400 has 256 x 128 pixels.
    assert embedder.aligned == [((64, 0, 128, 64), None)]
    assert faces.vectors[0, 0] == pytest.approx(400)


def test_what_two_detectors_found_is_looked_at_once(tmp_path: Path) -> None:
    near = (10, 0, 60, 60)
    haar = detected(tmp_path / "haar.parquet", [[near, (300, 0, 40, 40)], [near], [RIGHT, near]])
    mtcnn = detected(tmp_path / "mtcnn.parquet", [[LEFT], [], [LEFT, RIGHT]], POINTS)
    embedder = Made()
    both = video_faces({"haar": haar, "mtcnn": mtcnn}, [0], embedder)  # type: ignore[arg-type]
    assert list(both) == ["haar", "mtcnn"]
    assert len(embedder.aligned) == 5
    assert [bool(points) for _, points in embedder.aligned] == [True] * 3 + [False] * 2
    # Each in the order of its own faces.
    assert both["haar"].vectors[:, 0].tolist() == [60, 40, 60, 60, 60]
    assert both["mtcnn"].vectors[:, 0].tolist() == [60, 60, 60]
    # If only one is there, all its faces are looked at.
    alone = Made()
    video_faces({"haar": haar}, [0], alone)  # type: ignore[arg-type]
    assert len(alone.aligned) == 5


def test_a_video_without_faces(tmp_path: Path) -> None:
    faces, embedder = found(tmp_path, [[], []])
    assert (faces.faces.shape, faces.vectors.shape, len(faces.pictures)) == ((0, 3), (0, 128), 0)
    assert embedder.embedded == []


@pytest.mark.parametrize("kept", [[[LEFT]], [[LEFT], [RIGHT]], [[], []], [[LEFT, RIGHT], [LEFT]]])
def test_pictures_that_lack_a_face_are_refused(
    tmp_path: Path, kept: Sequence[Sequence[Box]]
) -> None:
    raw = detected(tmp_path / "a.parquet", [[LEFT], [LEFT]])
    other = detected(tmp_path / "b.parquet", kept)
    faces = {"haar": Detected(raw.frames, other.pictures)}
    with pytest.raises(PicturesError, match=r"b\.parquet: lacks \d faces? of its raw FER JSON; d"):
        video_faces(faces, [0], Made())  # type: ignore[arg-type]

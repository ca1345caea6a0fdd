"""Which faces of a video are looked at, and what is kept of them."""

from collections.abc import Sequence

import numpy as np
import pytest
from facetally.detect.embedding import EYES, POOR, AlignedFace, quality
from facetally.detect.face import Box, Face
from facetally.faces.portraits import LOOKED_AT, candidates
from facetally.faces.raw import RawFrame
from facetally.faces.video_faces import TrackedFaces, video_faces
from facetally.video.frames import Frame
from support.raw_files import scores

LEFT: Box = (0, 0, 40, 40)
RIGHT: Box = (60, 0, 40, 40)
RGB = np.random.default_rng(1).integers(0, 256, (150, 150, 3), dtype=np.uint8)
UPRIGHT = ((10.0, 10.0), (30.0, 10.0), (20.0, 20.0), (12.0, 30.0), (28.0, 30.0))
TURNED = ((10.0, 10.0), (30.0, 10.0), (29.0, 20.0), (12.0, 30.0), (28.0, 30.0))


class Made:
    """Aligns and embeds without networks: the side of a box says how large a face is."""

    def __init__(self) -> None:
        self.embedded: list[int] = []

    def align(self, bgr: np.ndarray, box: Box, landmarks: object) -> AlignedFace:
        assert bgr.ndim == 3 and landmarks is None
        return AlignedFace(RGB, eyes=box[2], nose=0.5, sure=0.0 if box[3] == 7 else 1.0)

    def embed(self, faces: Sequence[AlignedFace]) -> np.ndarray:
        self.embedded.append(len(faces))
        return np.array([[face.eyes] * 128 for face in faces], np.float32)


def frames_of(boxes: Sequence[Sequence[Box]]) -> list[RawFrame]:
    return [
        RawFrame(20 * n, 0.8 * n, tuple(Face(box, scores(happy=1.0)) for box in own))
        for n, own in enumerate(boxes)
    ]


def looked_at(
    frames: Sequence[RawFrame], starts: Sequence[float] = ()
) -> tuple[TrackedFaces, Made]:
    return TrackedFaces(frames, starts), Made()


def test_of_a_long_track_few_faces_are_looked_at_from_all_parts() -> None:
    faces = [Face((0, 0, 50, 50), scores(), landmarks=UPRIGHT) for _ in range(300)]
    chosen = candidates(faces)
    assert len(chosen) == LOOKED_AT
    assert np.diff(chosen).tolist() == pytest.approx([20] * (LOOKED_AT - 1), abs=1)
    assert candidates(faces[:LOOKED_AT]) == list(range(LOOKED_AT))


def test_small_and_turned_faces_are_passed_over() -> None:
    good = Face((0, 0, 50, 50), scores(), landmarks=UPRIGHT)
    small = Face((0, 0, 50, 39), scores(), landmarks=UPRIGHT)
    turned = Face((0, 0, 50, 50), scores(), landmarks=TURNED)
    faces = [small, turned, good] * 100
    assert {place % 3 for place in candidates(faces)} == {2}
    without = [Face(face.box, face.scores) for face in faces]
    assert {place % 3 for place in candidates(without)} <= {1, 2}


def test_tracks_end_at_cuts_and_frames_come_in_any_order() -> None:
    tracked, embedder = looked_at(frames_of([[LEFT, RIGHT]] * 4 + [[LEFT]] * 3), starts=[0, 3.2])
    assert tracked.wanted == pytest.approx({20 * n: 0.8 * n for n in range(7)})
    frames = [Frame(20 * n, n, 1, np.zeros((50, 100, 3), np.uint8)) for n in range(7)]  # type: ignore[arg-type]
    found = video_faces({"haar": tracked}, frames[::-1], embedder)["haar"]  # type: ignore[arg-type]
    assert found.faces.tolist() == [
        *([20 * n, number, number] for n in range(4) for number in range(2)),
        *([80 + 20 * n, 0, 2] for n in range(3)),
    ]
    assert found.times[-1] == pytest.approx(4.8)
    assert found.speaking.tolist() == [0] * 4 + [1] * 4 + [2] * 3
    assert found.vectors.shape == (11, 128)
    assert found.is_face.tolist() == [True] * 3
    assert all(picture.startswith(b"\xff\xd8") for picture in found.pictures)


def test_poor_faces_and_what_is_none_have_no_vectors() -> None:
    poor = round(EYES * POOR * 0.5)
    assert 0 < quality(AlignedFace(RGB, eyes=poor, nose=0.5)) < POOR
    boxes: list[Box] = [(0, 0, poor, 40), (0, 100, 53, 7), (0, 200, 0, 40), (0, 300, 53, 53)]
    tracked, embedder = looked_at(frames_of([boxes]))
    frame = Frame(0, 0, 1, np.zeros((400, 100, 3), np.uint8))  # type: ignore[arg-type]
    found = video_faces({"haar": tracked}, [frame], embedder)["haar"]  # type: ignore[arg-type]
    assert found.speaking.tolist() == [3]
    assert found.is_face.tolist() == [True, False, False, True]
    assert [bool(picture) for picture in found.pictures] == [True, False, False, True]
    assert embedder.embedded == [1]


def test_a_video_without_faces() -> None:
    tracked, embedder = looked_at(frames_of([[], []]))
    assert tracked.wanted == {}
    found = video_faces({"haar": tracked}, [], embedder)["haar"]  # type: ignore[arg-type]
    assert (found.faces.shape, found.vectors.shape, len(found.pictures)) == ((0, 3), (0, 128), 0)

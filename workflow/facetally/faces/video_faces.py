"""From the faces that detectors found in a video to vectors and pictures of its tracks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import cv2
import numpy as np

from facetally.detect.embedding import A_FACE, DIMENSIONS, POOR, AlignedFace, Embedder, quality
from facetally.detect.face import Box, Face
from facetally.faces.identity_files import Vectors, VideoFaces
from facetally.faces.portraits import candidates, portraits
from facetally.faces.raw import RawFrame
from facetally.faces.tracks import linked_in_shots
from facetally.video.frames import Frame

SIDE: Final = 96
"""Side of the picture that is kept for each track, in pixels."""

JPEG_QUALITY: Final = 80


class TrackedFaces:
    """The faces that one detector found in a video, linked to tracks.

    Args:
        frames: the sampled frames, in order.
        starts: times of the first frames of the video's shots in seconds.
    """

    def __init__(self, frames: Sequence[RawFrame], starts: Sequence[float]) -> None:
        boxes = [[face.box for face in frame.faces] for frame in frames]
        linked = linked_in_shots(boxes, [frame.time for frame in frames], starts)
        rows: list[tuple[int, int, int]] = []
        times: list[float] = []
        found: list[Box] = []
        of_track: defaultdict[int, list[tuple[int, Face]]] = defaultdict(list)
        for frame, own in zip(frames, linked, strict=True):
            for number, track in enumerate(own):
                rows.append((frame.index, number, track))
                times.append(frame.time)
                found.append(frame.faces[number].box)
                of_track[track].append((frame.index, frame.faces[number]))
        self._rows = np.array(rows, np.int64).reshape(-1, 3)
        self._times = np.array(times, np.float64)
        self._shots = np.array(starts, np.float64)
        self._boxes = np.array(found, np.int64).reshape(-1, 4)
        self._time_of = dict(zip(self._rows[:, 0].tolist(), times, strict=True))
        count = len(of_track)
        self._left: list[int] = [0] * count
        self._aligned: list[list[tuple[int, AlignedFace]]] = [[] for _ in range(count)]
        self._vectors: list[Vectors | None] = [None] * count
        self._is_face = np.zeros(count, np.bool_)
        self._pictures: list[bytes] = [b""] * count
        self._looked_at: defaultdict[int, list[tuple[int, Face]]] = defaultdict(list)
        for track in range(count):
            own_faces = of_track[track]
            places = candidates([face for _, face in own_faces])
            self._left[track] = len(places)
            for place in places:
                index, face = own_faces[place]
                self._looked_at[index].append((track, face))

    @property
    def wanted(self) -> dict[int, float]:
        """The frames to look at: time in seconds by index in the decoded video."""
        return {index: self._time_of[index] for index in self._looked_at}

    def see(self, frame: Frame, embedder: Embedder) -> None:
        """Look at the faces in one of the wanted frames; completed tracks get their vectors."""
        for track, face in self._looked_at.get(frame.index, ()):
            if min(face.box[2:]) > 0:
                aligned = embedder.align(frame.bgr, face.box, face.landmarks)
                self._is_face[track] |= aligned.sure >= A_FACE
                self._aligned[track].append((frame.index, aligned))
            self._left[track] -= 1
            if not self._left[track]:
                self._finish(track, embedder)

    def _finish(self, track: int, embedder: Embedder) -> None:
        # Frames may come in any order.
        faces = [aligned for _, aligned in sorted(self._aligned[track], key=lambda each: each[0])]
        qualities = [quality(face) for face in faces]
        chosen = portraits(qualities)
        if max(qualities, default=0) >= POOR:
            self._vectors[track] = embedder.embed([faces[place] for place in chosen])
        if self._is_face[track]:
            # People may still recognise a face that is too poor for a vector.
            best = max(range(len(faces)), key=lambda place: (qualities[place], faces[place].eyes))
            self._pictures[track] = _jpeg(faces[best])
        # Free the memory: a long recording has thousands of tracks.
        self._aligned[track] = []

    def found(self) -> VideoFaces:
        """Return the result, once all frames have been seen."""
        vectors = [own for own in self._vectors if own is not None]
        lengths = [0 if own is None else len(own) for own in self._vectors]
        return VideoFaces(
            faces=self._rows,
            times=self._times,
            boxes=self._boxes,
            shots=self._shots,
            is_face=self._is_face,
            speaking=np.repeat(np.arange(len(lengths), dtype=np.int64), lengths),
            vectors=np.concatenate([np.empty((0, DIMENSIONS), np.float32), *vectors]),
            pictures=np.array(self._pictures, np.bytes_),
        )


def video_faces(
    detected: Mapping[str, TrackedFaces], frames: Iterable[Frame], embedder: Embedder
) -> dict[str, VideoFaces]:
    """Look at the wanted frames of a video, one at a time.

    Args:
        detected: the tracked faces of each detector.
        frames: the frames that any of them wants, in any order.
        embedder: makes the vectors.

    Returns:
        The faces of the video, by detector.
    """
    for frame in frames:
        for tracked in detected.values():
            tracked.see(frame, embedder)
    return {detector: tracked.found() for detector, tracked in detected.items()}


def _jpeg(face: AlignedFace) -> bytes:
    small = cv2.resize(face.rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    quality_of = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality_of)
    return jpeg.tobytes()

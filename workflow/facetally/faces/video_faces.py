"""From the kept pictures of a video's faces to the vectors of its tracks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from facetally.detect.embedding import (
    A_FACE,
    DIMENSIONS,
    POOR,
    AlignedFace,
    Embedder,
    quality,
)
from facetally.detect.face import Face
from facetally.faces.identity_files import Vectors, VideoFaces
from facetally.faces.pictures import FacePicture, each_picture, lacks
from facetally.faces.portraits import portraits
from facetally.faces.raw import RawFrame
from facetally.faces.tracks import linked_in_shots, same_faces

SIDE: Final = 96
"""Side of the picture that is kept for each track, in pixels."""

JPEG_QUALITY: Final = 80

AT_ONCE: Final = 16
"""Faces that the network gets at a time: a sixth faster than one by one."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detector found in a video.

    Attributes:
        frames: the sampled frames, in order.
        pictures: the file of their faces' kept pictures.
    """

    frames: Sequence[RawFrame]
    pictures: Path

    @property
    def has_landmarks(self) -> bool:
        """Whether the detector found landmarks."""
        return any(face.landmarks for frame in self.frames for face in frame.faces)

    def by_frame(self) -> Iterator[tuple[RawFrame, list[FacePicture]]]:
        """Yield the frames that have faces, in order, with the pictures of these.

        Raises:
            PicturesError: if the file is another, damaged, or lacks faces.
        """
        kept = groupby(each_picture(self.pictures), key=lambda picture: picture.frame)
        faces = sum(len(frame.faces) for frame in self.frames)
        for frame in self.frames:
            if not frame.faces:
                continue
            index, own = next(kept, (None, iter(())))
            pictures = list(own)
            boxes = [face.box for face in frame.faces]
            if index != frame.index or [each.box for each in pictures] != boxes:
                raise lacks(self.pictures, faces)
            faces -= len(boxes)
            yield frame, pictures


@dataclass(frozen=True, slots=True)
class Seen:
    """What is found out about a face.

    Attributes:
        quality: how reliably it identifies its person; 0 if not at all.
        is_face: whether it seems to be a face at all.
        picture: the face, small and upright, as JPEG; empty if it does not seem to be one.
        eyes: pixels between the eyes in the frame.
        vector: its place among the vectors of all detectors; None if it is too poor.
    """

    quality: float
    is_face: bool
    picture: bytes
    eyes: float
    vector: int | None


class Faces:
    """The faces of a video, each looked at once, even if several detectors found it.

    Args:
        embedder: makes the vectors.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._found: list[Vectors] = [np.empty((0, DIMENSIONS), np.float32)]
        self._waiting: list[AlignedFace] = []
        self._number = 0

    def look(self, picture: FacePicture, face: Face) -> Seen:
        """Look at a face by its kept picture."""
        if min(face.box[2:]) <= 0:
            return Seen(0.0, False, b"", 0.0, None)
        aligned = self._align(picture, face)
        good, is_face = quality(aligned), aligned.sure >= A_FACE
        small = _jpeg(aligned) if is_face else b""
        number = None
        if good >= POOR:
            number = self._number
            self._number += 1
            self._waiting.append(aligned)
            if len(self._waiting) == AT_ONCE:
                self._embed()
        return Seen(good, is_face, small, aligned.eyes, number)

    def _align(self, picture: FacePicture, face: Face) -> AlignedFace:
        bgr = picture.bgr
        left, top, width, _ = picture.around
        kept = bgr.shape[1] / width
        x, y, box_width, box_height = picture.box
        box = (
            round((x - left) * kept),
            round((y - top) * kept),
            max(1, round(box_width * kept)),
            max(1, round(box_height * kept)),
        )
        points = face.landmarks and [
            ((across - left) * kept, (down - top) * kept) for across, down in face.landmarks
        ]
        aligned = self._embedder.align(bgr, box, points)
        return replace(aligned, eyes=aligned.eyes / kept)

    def _embed(self) -> None:
        self._found.append(self._embedder.embed(self._waiting))
        self._waiting = []

    def vectors(self) -> Vectors:
        """Return the vectors of all faces that are good enough, float32, (n, DIMENSIONS)."""
        if self._waiting:
            self._embed()
        return np.concatenate(self._found)


def video_faces(
    detected: Mapping[str, Detected], starts: Sequence[float], embedder: Embedder
) -> dict[str, VideoFaces]:
    """Look at all faces of a video.

    A face that a second detector found too is looked at once, by the box of the detector that
    comes first, and those with landmarks come first.

    Args:
        detected: what each detector found.
        starts: times of the first frames of the video's shots in seconds.
        embedder: makes the vectors.

    Returns:
        The faces of the video, by detector.

    Raises:
        PicturesError: if a file of pictures is another, damaged, or lacks faces.
    """
    faces = Faces(embedder)
    seen: dict[str, list[list[Seen]]] = {}
    for name in sorted(detected, key=lambda name: not detected[name].has_landmarks):
        known = {
            other: {
                frame.index: (frame.faces, own)
                for frame, own in zip(
                    (each for each in detected[other].frames if each.faces), looks, strict=True
                )
            }
            for other, looks in seen.items()
        }
        seen[name] = []
        for frame, pictures in detected[name].by_frame():
            own: list[Seen | None] = [None] * len(pictures)
            boxes = np.array([face.box for face in frame.faces], np.float64)
            for others in known.values():
                their, looks = others.get(frame.index, ((), []))
                if their:
                    places = np.array([face.box for face in their], np.float64)
                    for number, other in same_faces(boxes, places):
                        own[number] = own[number] or looks[other]
            seen[name].append(
                [
                    look or faces.look(picture, face)
                    for look, picture, face in zip(own, pictures, frame.faces, strict=True)
                ]
            )
    vectors = faces.vectors()
    return {
        name: _found(each.frames, starts, [look for own in seen[name] for look in own], vectors)
        for name, each in detected.items()
    }


def _found(
    frames: Sequence[RawFrame], starts: Sequence[float], looks: Sequence[Seen], vectors: Vectors
) -> VideoFaces:
    """Link what was seen of a detector's faces, in order, to tracks."""
    boxes = [[face.box for face in frame.faces] for frame in frames]
    linked = linked_in_shots(boxes, [frame.time for frame in frames], starts)
    rows = [
        (frame.index, number, track)
        for frame, own in zip(frames, linked, strict=True)
        for number, track in enumerate(own)
    ]
    faces = np.array(rows, np.int64).reshape(-1, 3)
    places: list[list[int]] = [[] for _ in range(1 + int(faces[:, 2].max(initial=-1)))]
    for place, (_, _, track) in enumerate(rows):
        places[track].append(place)
    chosen = np.zeros(len(rows), np.bool_)
    pictures = []
    for own in places:
        qualities = [
            looks[place].quality if looks[place].vector is not None else 0.0 for place in own
        ]
        chosen[[own[each] for each in portraits(qualities)]] = True
        # People may still recognise a face that is too poor for a vector.
        best = max((looks[place] for place in own), key=lambda look: (look.quality, look.eyes))
        pictures.append(best.picture)
    of = np.array([place for place, look in enumerate(looks) if look.vector is not None], np.int64)
    return VideoFaces(
        faces=faces,
        times=np.array([frame.time for frame in frames for _ in frame.faces], np.float64),
        boxes=np.array([box for own in boxes for box in own], np.int64).reshape(-1, 4),
        shots=np.array(starts, np.float64),
        is_face=np.array([any(looks[place].is_face for place in own) for own in places], np.bool_),
        of=of,
        chosen=chosen[of],
        vectors=vectors[[look.vector for look in looks if look.vector is not None]],
        pictures=np.array(pictures, np.bytes_),
    )


def _jpeg(face: AlignedFace) -> bytes:
    small = cv2.resize(face.rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    quality_of = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality_of)
    return jpeg.tobytes()

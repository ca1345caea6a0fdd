"""Which of several faces in a frame counts: the first, the largest, or one person's."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetally.detect.face import Box, Face
from facetally.faces.raw import RawFrame, read_raw
from facetally.faces.tracks import linked

FIRST: Final = "first"
LARGEST: Final = "largest"
TRACKED: Final = "tracked"

IN_WORDS: Final = {
    FIRST: "first face",
    LARGEST: "largest face",
    TRACKED: "tracked face",
}
"""The ways to choose, and what is then the face that counts in a frame."""


@dataclass(frozen=True, slots=True)
class AnalysedFrame(RawFrame):
    """A sampled frame, the faces found in it, and which of them counts.

    Attributes:
        counted: the number of the face that counts; None if none does.
        tracks: the track of each face; None unless faces are tracked.
    """

    counted: int | None
    tracks: Sequence[int] | None = None

    @property
    def face(self) -> Face | None:
        """The face that counts, if one does."""
        return None if self.counted is None else self.faces[self.counted]


def read_analysed(path: Path, face: str = FIRST) -> list[AnalysedFrame]:
    """Read the sampled frames of a video from raw FER JSON, each with the face that counts.

    Args:
        path: the file.
        face: which face of a frame counts, as in :func:`choose`.

    Raises:
        RawFormatError: if the file does not have the raw format.
    """
    return choose(read_raw(path), face)


def choose(frames: Sequence[RawFrame], face: str) -> list[AnalysedFrame]:
    """Choose the face that counts in each sampled frame of a video.

    Args:
        frames: the sampled frames, in order.
        face: ``first``; ``largest``, by the area of the box, of equal ones the earlier; or
            ``tracked``: the face of the person who is in most frames, of equals the one with
            the larger summed area, then the one who appears earlier. In frames without that
            person no face counts.

    Raises:
        ValueError: if there is no such way to choose.
    """
    counted: Iterable[int | None]
    tracks: Iterable[Sequence[int] | None] = [None] * len(frames)
    if face == FIRST:
        counted = (0 if frame.faces else None for frame in frames)
    elif face == LARGEST:
        counted = (_largest(frame.faces) for frame in frames)
    elif face == TRACKED:
        tracks = linked([[found.box for found in frame.faces] for frame in frames])
        person = _main_person(frames, tracks)
        counted = (own.index(person) if person in own else None for own in tracks)
    else:
        raise ValueError(f"face: {face!r} is none of {', '.join(IN_WORDS)}")
    return [
        AnalysedFrame(frame.index, frame.time, frame.faces, number, own, size=frame.size)
        for frame, number, own in zip(frames, counted, tracks, strict=True)
    ]


def _largest(faces: Sequence[Face]) -> int | None:
    numbers = range(len(faces))
    return max(numbers, key=lambda number: _area(faces[number].box), default=None)


def _main_person(frames: Sequence[RawFrame], tracks: Sequence[Sequence[int]]) -> int | None:
    """Return the track in most frames; of equals the one with the larger area, then the first."""
    seen: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for frame, own in zip(frames, tracks, strict=True):
        for found, track in zip(frame.faces, own, strict=True):
            number, area = seen[track]
            seen[track] = (number + 1, area + _area(found.box))
    # Tracks are in the order of their appearance, and max takes the first of equals.
    return max(seen, key=seen.__getitem__, default=None)


def _area(box: Box) -> int:
    return max(0, box[2]) * max(0, box[3])

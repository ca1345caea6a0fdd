"""Which of several faces in a frame counts: the first, the largest, or one person's."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from facetally.detect.face import Box
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


@dataclass(frozen=True)
class Choice:
    """Which faces of a video count.

    Attributes:
        counted: for each sampled frame the number of the face that counts; None if none does.
        tracks: for each sampled frame the track of each face; None unless faces are tracked.
    """

    counted: Sequence[int | None]
    tracks: Sequence[Sequence[int]] | None = None


def choose(frames: Sequence[Sequence[Box]], face: str) -> Choice:
    """Choose the face that counts in each sampled frame of a video.

    Args:
        frames: the boxes (px) of each sampled frame, in the detector's order.
        face: ``first``; ``largest``, by the area of the box, of equal ones the earlier; or
            ``tracked``: the face of the person who is in most frames, of equals the one with
            the larger summed area, then the one who appears earlier. In frames without that
            person no face counts.

    Raises:
        ValueError: if there is no such way to choose.
    """
    if face == FIRST:
        return Choice([0 if boxes else None for boxes in frames])
    if face == LARGEST:
        return Choice(
            [
                max(range(len(boxes)), key=lambda number: _area(boxes[number])) if boxes else None
                for boxes in frames
            ]
        )
    if face != TRACKED:
        raise ValueError(f"face: {face!r} is none of {', '.join(IN_WORDS)}")
    tracks = linked(frames)
    seen: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for boxes, of_frame in zip(frames, tracks, strict=True):
        for box, track in zip(boxes, of_frame, strict=True):
            number, area = seen[track]
            seen[track] = (number + 1, area + _area(box))
    # Tracks are in the order of their appearance, and max takes the first of equals.
    person = max(seen, key=seen.__getitem__, default=None)
    return Choice(
        [of_frame.index(person) if person in of_frame else None for of_frame in tracks], tracks
    )


def _area(box: Box) -> int:
    return max(0, box[2]) * max(0, box[3])

"""Which of several faces in a frame counts: the first, the largest, or one person's.

Faces that are too small, or that the detector is not sure enough of, can be left out first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from facetally.detect.face import Box, Face
from facetally.faces.identities import Who
from facetally.faces.named import NOBODY
from facetally.faces.raw import RawFrame, read_raw
from facetally.faces.tracks import linked_in_shots
from facetally.study.identities import NOT_A_FACE, PERSON, Belonging

FIRST: Final = "first"
LARGEST: Final = "largest"
TRACKED: Final = "tracked"

IN_WORDS: Final = {
    FIRST: "first face",
    LARGEST: "largest face",
    TRACKED: "tracked face",
    PERSON: "face of the video's person",
}
"""The ways to choose, and what each calls the face that counts in a frame."""

MIN_CONFIDENCE: Final = "min_confidence"
MIN_FACE_HEIGHT: Final = "min_face_height"
CORRECTIONS: Final = "corrections"
LEFT_OUT_BY: Final = (MIN_CONFIDENCE, MIN_FACE_HEIGHT, CORRECTIONS)
"""The keys of config.yaml by which faces are left out."""


@dataclass(frozen=True)
class Counting:
    """How the face that counts is chosen.

    Attributes:
        face: ``first``; ``largest``, by the area of the box, where ties go to the earlier face;
            ``tracked``, the faces of the track, linked without a cut, that is in most frames,
            where ties go to the larger summed area, then to the earlier track; or ``person``,
            the face of the person to whom the moment belongs, if it is theirs beyond doubt. In
            frames without the face in question, none counts.
        min_confidence: the minimum confidence of a face; one without a confidence is not left
            out.
        min_face_height: the minimum height of a face's box in pixels.
    """

    face: str = FIRST
    min_confidence: float = 0
    min_face_height: int = 0

    def leaves_out(self, face: Face) -> str | None:
        """Return the threshold by which a face is left out; None if it is not."""
        if face.confidence is not None and face.confidence < self.min_confidence:
            return MIN_CONFIDENCE
        # By default nothing is left out, not even a box of height 0.
        too_small = self.min_face_height and face.box[3] < self.min_face_height
        return MIN_FACE_HEIGHT if too_small else None


BY_DEFAULT: Final = Counting()


@dataclass(frozen=True)
class Known:
    """What is known about a video besides its faces.

    Attributes:
        starts: times of the first frames of its shots in seconds, increasing.
        tracks: the track of each face in a frame, by the frame's index; None unless people are
            told apart.
        who: whom each track shows.
        belonging: to whom the video belongs.
    """

    starts: Sequence[float] = ()
    tracks: Mapping[int, Sequence[int]] | None = None
    who: Sequence[Who] = ()
    belonging: Belonging = field(default_factory=Belonging)


NOTHING_KNOWN: Final = Known()


@dataclass(frozen=True, slots=True)
class AnalysedFrame(RawFrame):
    """A sampled frame, the faces found in it, and which of them counts.

    Attributes:
        counted: the number of the face that counts; None if none does.
        left_out: for each face, the key by which it is left out, one of LEFT_OUT_BY, or None.
        tracks: the track of each face. If people are told apart, every face has one; if faces
            are tracked, all but those left out have one; otherwise all are None.
        who: whom each face shows; None unless people are told apart.
    """

    counted: int | None
    left_out: Sequence[str | None]
    tracks: Sequence[int | None]
    who: Sequence[Who | None]

    @property
    def face(self) -> Face | None:
        """The face that counts, if one does."""
        return None if self.counted is None else self.faces[self.counted]


def read_analysed(
    path: Path, counting: Counting = BY_DEFAULT, known: Known = NOTHING_KNOWN
) -> list[AnalysedFrame]:
    """Read the sampled frames of a video from raw FER JSON, each with the face that counts.

    Args:
        path: the file.
        counting: how the face that counts is chosen.
        known: what else the choice depends on, besides the faces.

    Raises:
        RawFormatError: if the file does not have the raw format.
    """
    return choose(read_raw(path), counting, known)


def choose(
    frames: Sequence[RawFrame], counting: Counting, known: Known = NOTHING_KNOWN
) -> list[AnalysedFrame]:
    """Choose the face that counts in each sampled frame of a video.

    Args:
        frames: the sampled frames, in order.
        counting: how to choose.
        known: what else the choice depends on, besides the faces.

    Raises:
        ValueError: if the way to choose is unknown.
    """
    left_out = [[counting.leaves_out(face) for face in frame.faces] for frame in frames]
    tracks: list[list[int | None]] = [[None] * len(frame.faces) for frame in frames]
    who: list[list[Who | None]] = [[None] * len(frame.faces) for frame in frames]
    if known.tracks is not None:
        tracks = [[*known.tracks.get(frame.index, ())] for frame in frames]
        who = [[known.who[track] for track in own if track is not None] for own in tracks]
        for keys, people in zip(left_out, who, strict=True):
            for number, each in enumerate(people):
                if each is not None and each.person == NOT_A_FACE:
                    keys[number], people[number] = CORRECTIONS, NOBODY
    kept = [[number for number, key in enumerate(keys) if key is None] for keys in left_out]
    counted: Iterable[int | None]
    if counting.face == FIRST:
        counted = (numbers[0] if numbers else None for numbers in kept)
    elif counting.face == LARGEST:
        counted = (_largest(frame.faces, own) for frame, own in zip(frames, kept, strict=True))
    elif counting.face == TRACKED:
        boxes = [
            [frame.faces[number].box for number in own]
            for frame, own in zip(frames, kept, strict=True)
        ]
        found = linked_in_shots(boxes, [frame.time for frame in frames], known.starts)
        longest = _longest(boxes, found)
        counted = [
            numbers[some.index(longest)] if longest is not None and longest in some else None
            for numbers, some in zip(kept, found, strict=True)
        ]
        if known.tracks is None:
            for own, numbers, some in zip(tracks, kept, found, strict=True):
                for number, track in zip(numbers, some, strict=True):
                    own[number] = track
    elif counting.face == PERSON:
        counted = (
            _of_person(known.belonging.person_at(frame.time), own, numbers)
            for frame, own, numbers in zip(frames, who, kept, strict=True)
        )
    else:
        raise ValueError(f"face: {counting.face!r} is not one of {', '.join(IN_WORDS)}")
    return [
        AnalysedFrame(
            frame.index, frame.time, frame.faces, number, keys, own, people, size=frame.size
        )
        for frame, number, keys, own, people in zip(
            frames, counted, left_out, tracks, who, strict=True
        )
    ]


def _of_person(person: str | None, who: Sequence[Who | None], kept: Sequence[int]) -> int | None:
    """Return the face that is a person's beyond doubt; None if there is none."""
    for number in kept:
        shown = who[number]
        if person is not None and shown is not None and shown.surely == person:
            return number
    return None


def _largest(faces: Sequence[Face], kept: Sequence[int]) -> int | None:
    return max(kept, key=lambda number: _area(faces[number].box), default=None)


def _longest(boxes: Sequence[Sequence[Box]], tracks: Sequence[Sequence[int]]) -> int | None:
    """Return the track in most frames; ties go to the larger summed area, then the first track."""
    seen: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for some, own in zip(boxes, tracks, strict=True):
        for box, track in zip(some, own, strict=True):
            number, area = seen[track]
            seen[track] = (number + 1, area + _area(box))
    # Tracks are in order of appearance, and max takes the first of equals.
    return max(seen, key=seen.__getitem__, default=None)


def _area(box: Box) -> int:
    return max(0, box[2]) * max(0, box[3])

"""How closely the faces found by one engine match those of another."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from facetally.detect.face import Face

BOX_TOLERANCE: Final = 1
"""Pixels by which a side of a box may differ."""

SCORE_TOLERANCE: Final = 0.01
SAME_COUNT: Final = 0.995
SAME_BOX: Final = {"haar": 1.0, "mtcnn": 0.99, "centerface": 0.99}
SAME_SCORES: Final = 0.995
"""What the fast engine promises: fractions of frames, of boxes by detector, and of faces."""


@dataclass
class Parity:
    """Counts of what two engines agree on.

    Attributes:
        detector: ``haar``, ``mtcnn`` or ``centerface``.
        frames: frames compared.
        same_count: frames in which both find the same number of faces.
        faces: faces compared: those in frames where both find the same number.
        same_box: faces whose boxes differ by no more than BOX_TOLERANCE, and not at all
            for Haar.
        same_scores: faces whose scores all differ by no more than SCORE_TOLERANCE.
        same_emotion: faces with the same top emotion.
        box_difference: largest difference in a box's x, y, width or height, in pixels.
        score_difference: largest difference in a score.
    """

    detector: str
    frames: int = 0
    same_count: int = 0
    faces: int = 0
    same_box: int = 0
    same_scores: int = 0
    same_emotion: int = 0
    box_difference: int = 0
    score_difference: float = 0.0

    def add(self, expected: list[Face], found: list[Face]) -> None:
        """Compare the faces of one more frame."""
        self.frames += 1
        if len(expected) != len(found):
            return
        self.same_count += 1
        tolerance = 0 if self.detector == "haar" else BOX_TOLERANCE
        for face, other in zip(expected, found, strict=True):
            box = max(abs(a - b) for a, b in zip(face.box, other.box, strict=True))
            score = max(abs(a - b) for a, b in zip(face.scores, other.scores, strict=True))
            self.faces += 1
            self.same_box += box <= tolerance
            self.same_scores += score <= SCORE_TOLERANCE
            self.same_emotion += _top(face) == _top(other)
            self.box_difference = max(self.box_difference, box)
            self.score_difference = max(self.score_difference, score)

    def holds(self) -> bool:
        """Return whether the two engines agree as closely as the fast one promises."""
        return (
            self.same_count >= SAME_COUNT * self.frames
            and self.same_box >= SAME_BOX[self.detector] * self.faces
            and self.same_scores >= SAME_SCORES * self.faces
            and self.same_emotion >= SAME_SCORES * self.faces
        )


def compare(detector: str, expected: Iterable[list[Face]], found: Iterable[list[Face]]) -> Parity:
    """Compare the faces of two engines, frame by frame.

    Args:
        detector: ``haar``, ``mtcnn`` or ``centerface``.
        expected: the faces that the reference engine finds in each frame.
        found: the faces that the other engine finds in the same frames.
    """
    parity = Parity(detector)
    for faces, others in zip(expected, found, strict=True):
        parity.add(faces, others)
    return parity


def _top(face: Face) -> int:
    """Return the number of the emotion with the highest score; ties go to the earlier one."""
    return max(range(len(face.scores)), key=face.scores.__getitem__)

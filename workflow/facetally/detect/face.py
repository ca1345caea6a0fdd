"""A face: its box, its scores, how sure the detector is, and its landmarks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

Landmarks = Sequence[tuple[float, float]]
"""x and y in pixels of the points named in POINTS."""

POINTS: Final = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
"""The landmarks in order; left is the picture's left."""


def whole_box(sides: Iterable[Any]) -> Box:
    """Make a box of whole Python numbers, which JSON can hold, from any four."""
    x, y, width, height = (int(side) for side in sides)
    return x, y, width, height


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a frame.

    Attributes:
        box: x, y, width, height in pixels; x and y may be negative at the frame's edge.
        scores: one per emotion, in the order of EMOTIONS, summing to 1.
        confidence: the detector's own, from 0 to 1, or None if it has none.
        classes: the probabilities of a network that scores the three classes, in the order of
            CLASSES, summing to 1; None without such a network.
        landmarks: five points, in the order of POINTS, or None if the detector finds none.
    """

    box: Box
    scores: Sequence[float]
    confidence: float | None = None
    classes: Sequence[float] | None = None
    landmarks: Landmarks | None = None

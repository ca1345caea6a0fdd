"""A face as a detector finds it: its box, its scores and how sure the detector is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""


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
        classes: an emotion model's probabilities, in the order of CLASSES, summing to 1, or None
            without one.
    """

    box: Box
    scores: Sequence[float]
    confidence: float | None = None
    classes: Sequence[float] | None = None

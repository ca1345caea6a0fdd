"""Which few faces of a track speak for it: the best of each part of it.

Bad pictures mislead the network of :mod:`facetally.detect.embedding`, and it takes 7 ms of a core
for each: more than the rest of the work on a face. One face is not enough either: of two shots of
one person they are up to 0.52 apart, as far as two people are, while means of three are at most
0.39 apart (development clips).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from facetally.detect.embedding import frontal, nose_between
from facetally.detect.face import Face

FEW: Final = 5
"""Faces that speak for a track."""

LOOKED_AT: Final = 15
"""Faces of a track that are cut out of the video to choose from: three for each that is chosen."""

SMALLER: Final = 0.8
"""A face whose box is less than this times as high as the best of those around it is not cut out,
nor is one that is so much less frontal."""

WORST: Final = 0.5
"""A face that is less than this times as good as the best of its track does not speak for it."""


def candidates(faces: Sequence[Face], most: int = LOOKED_AT) -> list[int]:
    """Choose the faces of a track that are worth a look, by what is known without the video.

    The track is divided into parts of equal length, and each part has one of its larger and more
    frontal faces, the middle one.

    Args:
        faces: of the track, in order of time.
        most: faces that are chosen at most.

    Returns:
        Their places in the track, in order.
    """
    if len(faces) <= most:
        return list(range(len(faces)))
    good = np.array([face.box[3] * _frontal(face) for face in faces], np.float64)
    chosen = []
    for part in np.array_split(np.arange(len(faces)), most):
        eligible = part[good[part] >= SMALLER * good[part].max()]
        chosen.append(int(eligible[len(eligible) // 2]))
    return chosen


def _frontal(face: Face) -> float:
    """Return how frontal a face is by its landmarks, from 0 to 1; 1 if it has none."""
    if face.landmarks is None:
        return 1.0
    return frontal(nose_between(np.array(face.landmarks, np.float64)))


def portraits(qualities: Sequence[float], few: int = FEW) -> list[int]:
    """Choose the faces that speak for a track.

    Faces of successive frames are alike, and so are their errors. So the track is divided into
    parts of equal length, and each part has its best face, unless that is much worse than the
    best of all.

    Args:
        qualities: of each face of the track, in order of time, see
            :func:`facetally.detect.embedding.quality`.
        few: faces that are chosen at most.

    Returns:
        Their places in the track, in order; none if all qualities are 0: such a track is nobody's.
        Of equals, the first.
    """
    parts = np.array_split(np.array(qualities, np.float64), max(1, min(few, len(qualities))))
    least = WORST * max(qualities, default=0)
    chosen = []
    start = 0
    for part in parts:
        if part.max(initial=0) > 0 and part.max() >= least:
            chosen.append(start + int(part.argmax()))
        start += part.size
    return chosen

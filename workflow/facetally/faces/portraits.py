"""Which few faces represent a track: the best one of each part of it.

Bad pictures mislead the network of :mod:`facetally.detect.embedding`, and it takes 7 ms of a core
for each face: more than the rest of the work on it. But one face is not enough: single faces from
two shots of one person are up to 0.52 apart, as far as those of two people, while means of three
are at most 0.39 apart (development clips).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from facetally.detect.embedding import frontal, nose_between
from facetally.detect.face import Face

FEW: Final = 5
"""The most faces that represent a track."""

LOOKED_AT: Final = 15
"""Faces of a track that are cut out of the video to choose from: three for each one chosen."""

SMALLER: Final = 0.8
"""A face is cut out only if the height of its box, times how frontal it is, is at least this
fraction of the best value in its part of the track."""

WORST: Final = 0.5
"""A face represents its track only if its quality is at least this fraction of the best."""


def candidates(faces: Sequence[Face], most: int = LOOKED_AT) -> list[int]:
    """Choose the faces of a track that are worth a look, without looking at the video.

    The track is divided into parts of equal length. In each part, the middle one of the larger
    and more frontal faces is chosen.

    Args:
        faces: the faces of the track, in order of time.
        most: how many faces may be chosen.

    Returns:
        The positions of the chosen faces in the track, in order.
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
    """Return how frontal a face is, from 0 to 1, by its landmarks; 1 if it has none."""
    if face.landmarks is None:
        return 1.0
    return frontal(nose_between(np.array(face.landmarks, np.float64)))


def portraits(qualities: Sequence[float], few: int = FEW) -> list[int]:
    """Choose the faces that represent a track.

    Faces in successive frames are alike, and so are their errors. So the track is divided into
    parts of equal length, and the best face of each part is chosen, unless it is much worse than
    the best of all. Ties go to the first.

    Args:
        qualities: the quality of each face of the track, in order of time, see
            :func:`facetally.detect.embedding.quality`.
        few: how many faces may be chosen.

    Returns:
        The positions of the chosen faces in the track, in order; none if all qualities are 0, as
        nobody can be recognised in the track.
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

"""Which few faces represent a track: the best one of each part of it.

Bad pictures mislead the network of :mod:`facetally.detect.embedding`. But one face is not enough:
single faces from two shots of one person are up to 0.52 apart, as far as those of two people,
while means of three are at most 0.39 apart (development clips).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

FEW: Final = 5
"""The most faces that represent a track."""

WORST: Final = 0.5
"""A face represents its track only if its quality is at least this fraction of the best."""


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

"""Who is who: tracks joined over cuts, videos and datasets.

Tracks are compared by their mean vectors. dlib's network puts most people more than 0.6 apart, and
pictures of one person closer than that, but not always: two men in the development clips are 0.48
to 0.54 apart, and so are some pictures of one person. So no single distance separates people.
Tracks are joined if they are nearer than any two people known to us, and clearly nearer than the
next best; anything in between is doubtful.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from facetally.faces.identity_files import Vectors
from facetally.study.identities import NOT_A_FACE, UNKNOWN

Distances = npt.NDArray[np.float64]
"""Euclidean distances between vectors, float64; each axis is tracks, people or references."""

NEAR: Final = 0.4
"""Up to this distance, the means of tracks may be one person's. In recordings assembled from the
development clips, tracks of one person were at most 0.32 apart, those of two people at least
0.48."""

FAR: Final = 0.6
"""From this distance on, they are two people's: dlib's own threshold for single pictures
(dnn_face_recognition_ex.cpp)."""

CLEARLY: Final = 0.75
"""The largest ratio between the distances of the nearest and the next best at which the nearest is
clearly nearer."""

NEVER: Final = 1e9
"""Used as the distance of two people seen in one frame. A mean over pairs of tracks stays above
FAR even if only one of the pairs has this distance."""

MIXED: Final = 0.45
"""If the means of the faces before and after any moment of a track are further apart than this,
the track is doubtful: a cut in it may have gone unnoticed. That holds for all tracks assembled
from five faces of two development clips, even of the hard pair, and for at most 2 in 100 of those
from one clip."""

FOUND: Final = "person_{}"
"""The name of a person without references, numbered from 1, the person with most faces first."""


@dataclass(frozen=True, slots=True)
class Track:
    """Faces of one shot that are linked by their place in the picture.

    Attributes:
        vectors: the vectors of the faces that represent the track, in order of time, float32,
            (k, 128), at least one.
        faces: how many faces the track has in all.
    """

    vectors: Vectors
    faces: int = 1

    @property
    def mixed(self) -> bool:
        """Whether the faces before and after some moment seem to belong to two people."""
        return any(
            np.linalg.norm(self.vectors[:end].mean(axis=0) - self.vectors[end:].mean(axis=0))
            > MIXED
            for end in range(1, len(self.vectors))
        )


Apart = Collection[tuple[int, int]]
"""Pairs of tracks, by their positions in a sequence, that share a frame and so are two people."""


Twins = Collection[tuple[int, int]]
"""Pairs of tracks, by their positions in a sequence, in which two detectors found the same faces.
They say nothing new of each other."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a track shows.

    Attributes:
        person: a reference's name, UNKNOWN, or a name made with FOUND; None if the track is not
            a face or cannot be compared; NOT_A_FACE if a correction says so.
        distance: the track's distance from the person: from the reference, or from the mean of
            the person's other tracks, without those in which another detector found the same
            faces; for UNKNOWN, from the nearest reference; nan if there is
            nothing to compare it with.
        doubtful: whether it may just as well be someone else. With references, ``person`` is
            then the nearest. Without references, someone with both sharp and blurred pictures
            may become two people without any doubtful track: :class:`Alike` names these pairs.
    """

    person: str | None
    distance: float
    doubtful: bool

    @property
    def surely(self) -> str | None:
        """The person, if it is one of the study's and beyond doubt; otherwise None."""
        nobody = self.doubtful or self.person in (UNKNOWN, NOT_A_FACE)
        return None if nobody else self.person


@dataclass(frozen=True, slots=True)
class Alike:
    """Two people who may be one, or whom the network can hardly tell apart.

    Attributes:
        one: the name of one of them.
        other: the name of the other.
        distance: the distance of their means, which is below FAR.
    """

    one: str
    other: str
    distance: float


def joined(tracks: Sequence[Track], apart: Apart) -> npt.NDArray[np.int64]:
    """Join tracks that certainly show the same person.

    Clusters are merged, nearest first, as long as the mean distance of their tracks is at most
    NEAR (average linkage, scipy.cluster.hierarchy). Two people in one frame are never merged, nor
    are clusters that contain them. A mixed track is not joined with any other.

    This takes at least 8 n² bytes.

    Args:
        tracks: the tracks of all videos.
        apart: which of them share a frame.

    Returns:
        The number of each track's cluster, from 0 in the order of first appearance, int64, (n,).
    """
    # Importing this takes longer than making most tables.
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    whole = np.flatnonzero([not track.mixed for track in tracks])
    clusters = len(whole) + 1 + np.arange(len(tracks))
    number = len(whole)
    if number > 1:
        distances = pdist(_means(tracks)[whole])
        places = {int(track): place for place, track in enumerate(whole)}
        for pair in apart:
            if all(track in places for track in pair):
                first, second = sorted(places[track] for track in pair)
                distances[first * (2 * number - first - 1) // 2 + second - first - 1] = NEVER
        clusters[whole] = fcluster(linkage(distances, "average"), NEAR, "distance")
    _, first_places, numbers = np.unique(clusters, return_index=True, return_inverse=True)
    order: npt.NDArray[np.int64] = np.argsort(np.argsort(first_places))[numbers]
    return order.astype(np.int64)


def found(
    tracks: Sequence[Track], apart: Apart, twins: Twins = ()
) -> tuple[list[Who], list[Alike]]:
    """Find people who recur, without references.

    A track is doubtful if it is mixed; if it is not clearly nearer to the other tracks of its
    person than to another person with whom it shares no frame; or if it is its person's only
    track and another person is nearer than FAR.

    Args:
        tracks: the tracks of all videos.
        apart: which of them share a frame.
        twins: which of them show the same faces.

    Returns:
        Whom each track shows, and which people may be one, nearest first.
    """
    if not tracks:
        return [], []
    clusters = joined(tracks, apart)
    members = np.bincount(clusters)
    faces = np.bincount(clusters, [track.faces for track in tracks])
    rank = np.argsort(np.argsort(-faces, kind="stable"))
    names = [FOUND.format(1 + place) for place in rank]
    vectors = _means(tracks)
    sums = np.zeros((len(members), vectors.shape[1]))
    np.add.at(sums, clusters, vectors)
    means = sums / members[:, None]
    to_others = _distances(vectors, means)
    to_others[np.arange(len(tracks)), clusters] = np.inf
    between = _distances(means, means)
    for one, other in apart:
        of_one, of_other = clusters[one], clusters[other]
        to_others[one, of_other] = to_others[other, of_one] = np.inf
        between[of_one, of_other] = between[of_other, of_one] = np.inf
    next_best = to_others.min(axis=1)
    others, of_others = members[clusters] - 1, sums[clusters] - vectors
    for one, other in twins:
        if clusters[one] == clusters[other]:
            others[one] -= 1
            of_others[one] -= vectors[other]
    alone = others == 0
    rest = of_others / np.maximum(others, 1)[:, None]
    own = np.where(alone, np.nan, np.linalg.norm(vectors - rest, axis=1))
    doubtful = np.where(alone, next_best < FAR, own > CLEARLY * next_best)
    who = [
        Who(names[cluster], float(distance), bool(doubt) or track.mixed)
        for track, cluster, distance, doubt in zip(tracks, clusters, own, doubtful, strict=True)
    ]
    alike = [
        Alike(names[one], names[other], float(between[one, other]))
        for one, other in np.argwhere(between < FAR)
        if rank[one] < rank[other]
    ]
    return who, sorted(alike, key=lambda pair: pair.distance)


def identified(
    tracks: Sequence[Track], references: Mapping[str, Vectors], apart: Apart
) -> list[Who]:
    """Return whom each track shows, of the people with reference pictures.

    A track shows a reference's person if its distance from the reference is at most NEAR, and
    clearly smaller than from any other. From FAR on it is UNKNOWN. Anything in between is
    doubtful, and so are mixed tracks. If two tracks that share a frame are nearest to the same
    person, the nearer one is that person, if it is clearly nearer, and the other is doubtful;
    otherwise both are doubtful.

    Args:
        tracks: the tracks of all videos.
        references: the vectors of each person's pictures, float32, (m, 128), of which the mean
            is compared.
        apart: which tracks share a frame.
    """
    if not tracks or not references:
        return [Who(UNKNOWN, np.nan, False) for _ in tracks]
    names = list(references)
    means = np.array([vectors.mean(axis=0) for vectors in references.values()], np.float64)
    distances = _distances(_means(tracks), means)
    every = np.arange(len(tracks))
    nearest = distances.argmin(axis=1)
    own = distances[every, nearest]
    distances[every, nearest] = np.inf
    mixed = np.array([track.mixed for track in tracks])
    unknown = (own >= FAR) & ~mixed
    sure = (own <= NEAR) & (own <= CLEARLY * distances.min(axis=1)) & ~mixed
    for one, other in apart:
        if nearest[one] == nearest[other] and sure[one] and sure[other]:
            nearer, further = sorted((one, other), key=lambda track: float(own[track]))
            sure[further] = False
            sure[nearer] = own[nearer] <= CLEARLY * own[further]
    return [
        Who(UNKNOWN if none else names[place], float(distance), bool(not none and not certain))
        for place, distance, none, certain in zip(nearest, own, unknown, sure, strict=True)
    ]


def _means(tracks: Sequence[Track]) -> Distances:
    """Return the mean vector of each track, float64, (n, 128)."""
    return np.array([track.vectors.mean(axis=0) for track in tracks], np.float64)


def _distances(vectors: Vectors | Distances, others: Vectors | Distances) -> Distances:
    """Return the distance of every pair of vectors, float64, (n, m)."""
    from scipy.spatial.distance import cdist

    distances: Distances = cdist(vectors.astype(np.float64), others.astype(np.float64))
    return distances

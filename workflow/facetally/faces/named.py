"""Whom the tracks of a video show, including those that cannot be compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import nan
from typing import Final

import numpy as np

from facetally.faces.identities import Apart, Track, Twins, Who, identified
from facetally.faces.identity_files import Place, Vectors, VideoFaces
from facetally.faces.tracks import same_faces, seen_together
from facetally.study.identities import Correction

NOBODY: Final = Who(None, nan, doubtful=False)
"""For a track whose boxes do not seem to show a face."""

UNSURE: Final = Who(None, nan, doubtful=True)
"""For a track without vectors: its faces are seen only from the side, or were forgotten."""


def who_in(
    video: VideoFaces, references: Mapping[str, Vectors], corrected: Mapping[int, Correction]
) -> list[Who]:
    """Return whom each track of a video shows, of the people with reference pictures.

    Args:
        video: the video's faces.
        references: the vectors of each person's pictures.
        corrected: the correction of each track that has one.
    """
    numbers, tracks, apart = tracks_of([video])
    return corrected_who(video, numbers, identified(tracks, references, apart), corrected)


def tracks_of(videos: Iterable[VideoFaces]) -> tuple[list[int], list[Track], Apart]:
    """Return the numbers of tracks that have vectors, these tracks, and which share a frame."""
    numbers: list[int] = []
    tracks: list[Track] = []
    apart: set[tuple[int, int]] = set()
    for video in videos:
        places: dict[int, int] = {}
        lengths = np.bincount(video.faces[:, 2], minlength=len(video.is_face))
        for track, vectors in video.representatives().items():
            places[track] = len(tracks)
            numbers.append(track)
            tracks.append(Track(vectors, int(lengths[track])))
        apart |= seen_together(
            [places[track] for track in own if track in places] for own in video.tracks.values()
        )
    return numbers, tracks, apart


def twins_of(videos: Mapping[Place, VideoFaces]) -> Twins:
    """Return which tracks show the same faces, found by two detectors.

    Args:
        videos: the faces of each video and detector.

    Returns:
        Pairs of positions in the tracks that :func:`tracks_of` returns, both ways round.
    """
    detected: dict[tuple[str, str], list[tuple[VideoFaces, dict[int, int]]]] = {}
    count = 0
    for (dataset, _, name), video in videos.items():
        own = list(video.representatives())
        positions = dict(zip(own, range(count, count + len(own)), strict=True))
        detected.setdefault((dataset, name), []).append((video, positions))
        count += len(own)
    twins: set[tuple[int, int]] = set()
    for every in detected.values():
        for (one, positions), (other, others) in combinations(every, 2):
            for track, twin in _shared_tracks(one, other):
                if track in positions and twin in others:
                    pair = positions[track], others[twin]
                    twins |= {pair, pair[::-1]}
    return twins


def _shared_tracks(one: VideoFaces, other: VideoFaces) -> set[tuple[int, int]]:
    """Return the tracks of one detector and another that share a face."""
    shared: set[tuple[int, int]] = set()
    for frame in np.intersect1d(one.faces[:, 0], other.faces[:, 0]):
        own, their = (
            slice(*np.searchsorted(each.faces[:, 0], [frame, frame + 1])) for each in (one, other)
        )
        boxes, others = one.boxes[own], other.boxes[their]
        shared |= {
            (int(one.faces[own][place, 2]), int(other.faces[their][twin, 2]))
            for place, twin in same_faces(boxes.astype(np.float64), others.astype(np.float64))
        }
    return shared


def corrected_who(
    video: VideoFaces,
    numbers: Sequence[int],
    shown: Sequence[Who],
    corrected: Mapping[int, Correction],
) -> list[Who]:
    """Return whom each track of a video shows, including those without vectors."""
    who = [UNSURE if is_face else NOBODY for is_face in video.is_face]
    for number, each in zip(numbers, shown, strict=True):
        who[number] = each
    for number, correction in corrected.items():
        own, person = who[number], correction.person
        distance = own.distance if own.person == person else nan
        who[number] = replace(own, person=person, distance=distance, doubtful=False)
    return who

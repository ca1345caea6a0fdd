"""Whom the tracks of a video show, including those that cannot be compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import nan
from typing import Final

import numpy as np

from facetally.faces.identities import Apart, Track, Who, identified
from facetally.faces.identity_files import Vectors, VideoFaces
from facetally.faces.tracks import seen_together
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
        for track in np.unique(video.speaking).tolist():
            places[track] = len(tracks)
            numbers.append(track)
            tracks.append(Track(video.vectors_of(track), int(lengths[track])))
        apart |= seen_together(
            [places[track] for track in own if track in places] for own in video.tracks.values()
        )
    return numbers, tracks, apart


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

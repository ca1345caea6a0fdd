"""Whom the tracks of a video show, those that cannot be compared among them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import nan
from typing import Final

import numpy as np

from facetally.faces.identities import Apart, Track, Who, identified
from facetally.faces.identity_files import Vectors, VideoFaces
from facetally.faces.tracks import seen_together

NOBODY: Final = Who(None, nan, doubtful=False)
"""Whom a track shows whose boxes seem to be no face."""

UNSURE: Final = Who(None, nan, doubtful=True)
"""The same of faces that no vectors are there of: seen from the side alone, or forgotten."""


def who_in(
    video: VideoFaces, references: Mapping[str, Vectors], corrected: Mapping[int, str]
) -> list[Who]:
    """Say whom each track of a video shows, of people of whom there are pictures.

    Args:
        video: its faces.
        references: the vectors of each person's pictures.
        corrected: who it is, by track, where that is known better.
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
    video: VideoFaces, numbers: Sequence[int], shown: Sequence[Who], corrected: Mapping[int, str]
) -> list[Who]:
    """Return whom each track of a video shows, those without vectors too."""
    who = [UNSURE if is_face else NOBODY for is_face in video.is_face]
    for number, each in zip(numbers, shown, strict=True):
        who[number] = each
    for number, person in corrected.items():
        if number < len(who):
            own = who[number]
            distance = own.distance if own.person == person else nan
            who[number] = replace(own, person=person, distance=distance, doubtful=False)
    return who

"""Which tracks a user's corrections are about.

Tracks have other numbers as soon as other frames are sampled. So a correction says when and where
a face is seen, and holds for what each detector found there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facetally.faces.identity_files import VideoFaces
from facetally.faces.tracks import SMALLEST_IOU, overlaps
from facetally.study.identities import Box, Correction

MOSTLY: Final = 0.5
"""The smallest fraction of a track's faces that are at a place, for the track to be there."""

REACH: Final = 1.0
"""How many seconds before or after a correction a face may be seen, in the same shot, if none is
seen within it: a little more than from one frame in 20 to the next at 25 frames/s."""

ROUNDED: Final = 0.005
"""By how many seconds times differ that people or spreadsheets have rounded. Frames are further
apart."""


@dataclass(frozen=True)
class Corrected:
    """What the corrections of a video mean for the tracks of one detector.

    Attributes:
        by_track: the correction that decides about each track that has one.
        without: the corrections that decide about no track.
        contradictions: pairs of corrections that name two people for one track.
    """

    by_track: Mapping[int, Correction]
    without: Sequence[Correction]
    contradictions: Sequence[tuple[Correction, Correction]]


def corrected(video: VideoFaces, corrections: Iterable[Correction]) -> Corrected:
    """Find the tracks that corrections are about.

    A box is *there* if it overlaps the correction's by SMALLEST_IOU at least. A correction is
    about

    1. the track that is there midway from start to end, and of several the one that overlaps the
       most. Between two faces of a track, its box is interpolated.
    2. each other track of whose faces MOSTLY are there from start to end, those with most such
       faces first, except tracks seen at the same time as one of these: they are other faces.
    3. otherwise the nearest track in time that is there, in the same shot and at most REACH away.

    A track that is there midway for one correction, and in another way for a second, follows the
    first.

    Args:
        video: the faces that a detector found in a video.
        corrections: of this video, whichever detector they were made with.
    """
    if not (every := list(corrections)):
        return Corrected({}, (), ())
    places = TrackPlaces(video)
    claims = [places.meant(each) for each in every]
    by_track: dict[int, Correction] = {}
    contradictions = []
    for is_midway in (True, False):
        decided: dict[int, Correction] = {}
        for each, (midway, others) in zip(every, claims, strict=True):
            for track in midway if is_midway else others:
                first = by_track.get(track) or decided.setdefault(track, each)
                if track in decided and first.person != each.person:
                    contradictions.append((first, each))
        by_track |= decided
    without = [
        each
        for each, own in zip(every, claims, strict=True)
        if not any(by_track[track].person == each.person for tracks in own for track in tracks)
    ]
    return Corrected(by_track, without, contradictions)


class TrackPlaces:
    """When and where the tracks of a video are seen.

    Args:
        video: the faces that a detector found in it.

    Attributes:
        starts: the time of the first face of each track in seconds, float64, (t,).
        ends: that of the last face.
    """

    def __init__(self, video: VideoFaces) -> None:
        order = np.lexsort((video.times, video.faces[:, 2]))
        self._tracks = video.faces[order, 2]
        self._times = video.times[order]
        self._boxes = video.boxes[order].astype(np.float64)
        self._shots = video.shots
        self._begins = np.searchsorted(self._tracks, np.arange(len(video.is_face) + 1))
        self.starts = self._times[self._begins[:-1]]
        self.ends = self._times[self._begins[1:] - 1]

    def middle_boxes(self) -> npt.NDArray[np.int64]:
        """Return where each track is midway from its first face to its last, int64, (t, 4)."""
        middles = (self.starts + self.ends) / 2
        boxes = [self._box_at(track, middle) for track, middle in enumerate(middles)]
        return np.rint(np.array(boxes, np.float64).reshape(-1, 4)).astype(np.int64)

    def meant(self, correction: Correction) -> tuple[list[int], list[int]]:
        """Return the tracks that a correction is about: those there midway, and others."""
        start, end = correction.start, correction.end
        if end is None:
            end = self._times.max(initial=start)
        midway = self._midway(correction.box, (start + end) / 2)
        # All faces that are there, at any time.
        overlap = self._overlap(correction.box, self._boxes)
        overlap[overlap < SMALLEST_IOU] = 0
        others = self._mostly(overlap, start, end, midway)
        if not midway and not others:
            others = self._nearest(overlap, start, end)
        return midway, others

    def _box_at(self, track: int, time: float) -> list[float]:
        own = slice(self._begins[track], self._begins[track + 1])
        return [float(np.interp(time, self._times[own], side)) for side in self._boxes[own].T]

    def _midway(self, box: Box, middle: float) -> list[int]:
        seen = (self.starts - ROUNDED <= middle) & (middle <= self.ends + ROUNDED)
        tracks = np.flatnonzero(seen).tolist()
        boxes = np.array([self._box_at(track, middle) for track in tracks], np.float64)
        overlap = self._overlap(box, boxes.reshape(-1, 4))
        best = max(range(len(tracks)), key=overlap.__getitem__, default=None)
        return [] if best is None or overlap[best] < SMALLEST_IOU else [tracks[best]]

    def _mostly(
        self, overlap: npt.NDArray[np.float64], start: float, end: float, midway: Sequence[int]
    ) -> list[int]:
        within = (start - ROUNDED <= self._times) & (self._times <= end + ROUNDED)
        there = self._per_track((overlap > 0) & within)
        mostly = np.flatnonzero((there > 0) & (there >= MOSTLY * np.diff(self._begins)))
        taken = list(midway)
        for track in sorted(mostly.tolist(), key=lambda each: (-there[each], each)):
            if not any(self._together(track, other) for other in taken):
                taken.append(track)
        return taken[len(midway) :]

    def _together(self, one: int, other: int) -> bool:
        """Return whether some moment is between the first and last faces of both tracks."""
        start = max(self.starts[one], self.starts[other])
        return bool(start <= min(self.ends[one], self.ends[other]))

    def _nearest(self, overlap: npt.NDArray[np.float64], start: float, end: float) -> list[int]:
        away = np.maximum(0, np.maximum(start - self._times, self._times - end))
        shot, first, last = (
            np.searchsorted(self._shots, np.add(times, ROUNDED), "right")
            for times in (self._times, start, end)
        )
        near = (overlap > 0) & (away <= REACH) & (first <= shot) & (shot <= last)
        if not near.any():
            return []
        nearest = near & (away <= away[near].min())
        return [int(self._per_track(np.where(nearest, overlap, 0)).argmax())]

    def _per_track(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        weights = values.astype(np.float64)
        return np.bincount(self._tracks, weights, len(self.starts)).astype(np.float64)

    @staticmethod
    def _overlap(box: Box, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        shared: npt.NDArray[np.float64] = overlaps(np.array([box], np.float64), boxes)[0]
        return shared

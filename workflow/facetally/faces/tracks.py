"""Which faces of a video belong to one person, by how their boxes overlap over time.

After Bochinski, Eiselein and Sikora, "High-speed tracking-by-detection without using image
information" (AVSS 2017): a face continues the track whose last box it overlaps. All faces of a
frame are assigned to tracks at once, one to one, rather than track by track, as in Bewley et al.,
"Simple online and realtime tracking" (ICIP 2016).
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from facetally.detect.face import Box

SMALLEST_IOU: Final = 0.3
"""The smallest overlap at which two boxes are taken for one person's; Bewley et al. use the same.
A box that moves sideways by half its width overlaps by 1/3. Heads do move that far between sampled
frames, which are further apart than the papers' consecutive ones. People side by side overlap
less."""

SAME_FACE: Final = 0.5
"""The smallest overlap at which boxes of two detectors are taken for the same face."""

LONGEST_GAP: Final = 5
"""For how many sampled frames in a row a person may be unseen: 4 s at 25 frames/s, if one in 20 is
sampled. This bridges a turned head or a short shot of someone else; after longer gaps someone else
may be in the same place."""


def overlaps(
    boxes: npt.NDArray[np.float64], others: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the intersection over union of every pair of boxes.

    Args:
        boxes: x, y, width, height in pixels, float64, (n, 4).
        others: as ``boxes``, (m, 4).

    Returns:
        Fractions from 0 to 1, float64, (n, m); 0 for boxes without an area.

    Example:
        >>> overlaps(np.array([[0, 0, 20, 20.0]]), np.array([[10, 0, 20, 20.0]]))
        array([[0.33333333]])
    """
    x, y, width, height = boxes.T[..., None]
    other_x, other_y, other_width, other_height = others.T
    across = np.minimum(x + width, other_x + other_width) - np.maximum(x, other_x)
    down = np.minimum(y + height, other_y + other_height) - np.maximum(y, other_y)
    shared = np.maximum(across, 0) * np.maximum(down, 0)
    areas = np.maximum(width, 0) * np.maximum(height, 0)
    other_areas = np.maximum(other_width, 0) * np.maximum(other_height, 0)
    union = areas + other_areas - shared
    overlap: npt.NDArray[np.float64] = np.zeros(shared.shape)
    np.divide(shared, union, out=overlap, where=union > 0)
    return overlap


def same_faces(
    boxes: npt.NDArray[np.float64], others: npt.NDArray[np.float64]
) -> list[tuple[int, int]]:
    """Return which faces of a frame two detectors both found.

    Args:
        boxes: x, y, width, height in pixels, float64, (n, 4), of one detector.
        others: as ``boxes``, (m, 4), of the other.

    Returns:
        Pairs of positions in ``boxes`` and ``others`` that overlap by SAME_FACE at least, those
        that overlap most first, each position at most once.
    """
    overlap = overlaps(boxes, others)
    pairs = []
    while overlap.max(initial=0) >= SAME_FACE:
        one, other = np.unravel_index(overlap.argmax(), overlap.shape)
        pairs.append((int(one), int(other)))
        overlap[one], overlap[:, other] = 0, 0
    return pairs


def linked(frames: Sequence[Sequence[Box]]) -> list[list[int]]:
    """Return the track of each face of a video.

    Args:
        frames: the boxes in each sampled frame, in order, in pixels; empty without a face.

    Returns:
        The number of each box's track, from 0 in the order of first appearance, and within a
        frame in the order of its boxes.
    """
    if _is_one_person(frames):
        return [[0] * len(boxes) for boxes in frames]
    return _assigned(frames)


def linked_in_shots(
    frames: Sequence[Sequence[Box]], times: Sequence[float], starts: Sequence[float]
) -> list[list[int]]:
    """Return the track of each face of a video, where every track ends at a cut.

    Args:
        frames: as in :func:`linked`.
        times: the time of each sampled frame in seconds, increasing.
        starts: the times of the first frames of shots, see
            :class:`facetally.video.status.Shot`, increasing; that of the first shot may be left
            out.

    Returns:
        The same as :func:`linked`.
    """
    ends = [*np.searchsorted(times, starts).tolist(), len(frames)]
    tracks: list[list[int]] = []
    begun = 0
    for end in ends:
        own = linked(frames[len(tracks) : end])
        tracks += [[begun + track for track in some] for some in own]
        begun += 1 + max((max(some) for some in own if some), default=-1)
    return tracks


def seen_together(tracks: Iterable[Iterable[int]]) -> set[tuple[int, int]]:
    """Return the pairs of tracks that share a frame, and so are two people; the lower first.

    Args:
        tracks: the tracks of the faces in each frame.
    """
    return {pair for some in tracks for pair in combinations(sorted(some), 2)}


def _is_one_person(frames: Sequence[Sequence[Box]]) -> bool:
    """Return whether no frame has more than one face, and each continues the track before it.

    This is true of most videos. There is then never another track that a face could continue.
    """
    if any(len(boxes) > 1 for boxes in frames):
        return False
    positions = np.array([position for position, boxes in enumerate(frames) if boxes])
    if np.any(np.diff(positions) > LONGEST_GAP + 1):
        return False
    boxes = np.array([boxes[0] for boxes in frames if boxes], np.float64).reshape(-1, 2, 2)
    starts, sides = boxes[:, 0], np.maximum(boxes[:, 1], 0)
    ends = starts + boxes[:, 1]
    between = np.minimum(ends[1:], ends[:-1]) - np.maximum(starts[1:], starts[:-1])
    shared = np.prod(np.maximum(between, 0), axis=1)
    areas = np.prod(sides, axis=1)
    union = areas[1:] + areas[:-1] - shared
    return bool(np.all((union > 0) & (shared >= SMALLEST_IOU * union)))


def _assigned(frames: Sequence[Sequence[Box]]) -> list[list[int]]:
    """Link faces frame by frame."""
    tracks: list[list[int]] = [[] for _ in frames]
    last_seen: dict[int, tuple[int, Box]] = {}
    begun = 0
    for position, boxes in enumerate(frames):
        if not boxes:
            continue
        last_seen = {
            track: (seen, box)
            for track, (seen, box) in last_seen.items()
            if position - seen <= LONGEST_GAP + 1
        }
        continued: dict[int, int] = {}
        if last_seen:
            known = list(last_seen)
            overlap = overlaps(
                np.array(boxes, np.float64),
                np.array([box for _, box in last_seen.values()], np.float64),
            )
            # Otherwise, a pair that is refused below could take a face from a pair that is not.
            overlap[overlap < SMALLEST_IOU] = 0
            continued = {face: known[track] for face, track in _paired(overlap)}
        for face, box in enumerate(boxes):
            track = continued.get(face, begun)
            begun += track == begun
            tracks[position].append(track)
            last_seen[track] = (position, box)
    return tracks


def _paired(overlap: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the pairs of rows and columns, each at most once, that together overlap the most."""
    found = overlap > 0
    if found.sum(axis=0).max() > 1 or found.sum(axis=1).max() > 1:
        # Importing this takes longer than making the tables of a small study.
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(overlap, maximize=True)
        chosen = found[rows, columns]
        return list(zip(rows[chosen].tolist(), columns[chosen].tolist(), strict=True))
    return [(int(row), int(column)) for row, column in np.argwhere(found)]

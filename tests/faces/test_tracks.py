"""Faces are linked within shots; two in one frame are two people."""

from itertools import pairwise

import numpy as np
import pytest
from facetally.detect.face import Box
from facetally.faces.tracks import (
    SAME_FACE,
    _paired,
    linked,
    linked_in_shots,
    overlaps,
    same_faces,
    seen_together,
)
from hypothesis import given
from hypothesis import strategies as st

HERE: Box = (20, 40, 60, 60)
THERE: Box = (220, 40, 60, 60)

SIDES = st.integers(-20, 60)
BOXES = st.tuples(SIDES, SIDES, st.integers(-5, 60), st.integers(-5, 60))
VIDEOS = st.lists(st.lists(BOXES, max_size=3), max_size=12)


def test_a_face_in_the_same_place_after_a_cut_is_another_track() -> None:
    frames = [[HERE], [HERE], [HERE, THERE], [HERE], [THERE]]
    assert linked(frames) == [[0], [0], [0, 1], [0], [1]]
    assert linked_in_shots(frames, [0, 20, 40, 60, 80], [0, 40, 80]) == [
        [0],
        [0],
        [1, 2],
        [1],
        [3],
    ]


def test_the_first_shot_need_not_be_named() -> None:
    frames = [[HERE], [HERE]]
    assert linked_in_shots(frames, [0, 20], [20]) == linked_in_shots(frames, [0, 20], [0, 20])


def test_shots_without_faces() -> None:
    assert linked_in_shots([], [], []) == []
    assert linked_in_shots([], [], [0]) == []
    assert linked_in_shots([[], [], [HERE]], [0, 5, 10], [0, 5, 10]) == [[], [], [0]]


@given(VIDEOS)
def test_without_cuts_faces_are_linked_as_ever(frames: list[list[Box]]) -> None:
    indices = range(0, 10 * len(frames), 10)
    assert linked_in_shots(frames, indices, [0]) == linked(frames)


@given(VIDEOS, st.sets(st.integers(0, 11)))
def test_no_track_goes_on_after_a_cut(frames: list[list[Box]], cuts: set[int]) -> None:
    starts = sorted(cut for cut in cuts if cut < len(frames))
    tracks = linked_in_shots(frames, range(len(frames)), starts)
    assert [len(some) for some in tracks] == [len(boxes) for boxes in frames]
    for start in starts:
        before = {track for some in tracks[:start] for track in some}
        assert before.isdisjoint(track for some in tracks[start:] for track in some)
    # Numbered without gaps, in the order of appearance.
    seen = list(dict.fromkeys(track for some in tracks for track in some))
    assert sorted(seen) == list(range(len(seen)))


@pytest.mark.parametrize(
    ("tracks", "pairs"),
    [
        ([], set()),
        ([[0], [1], []], set()),
        ([[1, 0], [0, 1], [2, 0, 1]], {(0, 1), (0, 2), (1, 2)}),
    ],
)
def test_tracks_of_one_frame(tracks: list[list[int]], pairs: set[tuple[int, int]]) -> None:
    assert seen_together(tracks) == pairs


@given(st.lists(BOXES, max_size=5), st.lists(BOXES, max_size=5))
def test_two_detectors_share_what_overlaps_by_half(one: list[Box], other: list[Box]) -> None:
    boxes, others = (np.array(each, np.float64).reshape(-1, 4) for each in (one, other))
    overlap = overlaps(boxes, others)
    pairs = same_faces(boxes, others)
    assert all(overlap[pair] >= SAME_FACE for pair in pairs)
    for place in (0, 1):
        assert len({pair[place] for pair in pairs}) == len(pairs)
    # None is left over.
    for first, second in pairs:
        overlap[first], overlap[:, second] = 0, 0
    assert overlap.max(initial=0) < SAME_FACE


def test_of_two_boxes_the_nearer_is_the_same_face() -> None:
    boxes = np.array([[0, 0, 90, 90], [5, 0, 100, 100.0]])
    assert same_faces(boxes, np.array([[0, 0, 100, 100.0]])) == [(1, 0)]
    assert same_faces(boxes, np.array([[300, 0, 100, 100.0]])) == []


@given(VIDEOS)
def test_faces_are_linked_so_that_they_overlap_the_most(frames: list[list[Box]]) -> None:
    """Also where nothing has to be weighed, and SciPy is not asked."""
    from scipy.optimize import linear_sum_assignment

    for first, second in pairwise(frames):
        overlap = overlaps(
            *(np.array(each, np.float64).reshape(-1, 4) for each in (first, second))
        )
        if not overlap.size:
            continue
        overlap[overlap < 0.3] = 0
        best = overlap[linear_sum_assignment(overlap, maximize=True)].sum()
        assert sum(overlap[pair] for pair in _paired(overlap)) == pytest.approx(best)

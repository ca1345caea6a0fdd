"""Tracks are joined where that is certain, and the rest is doubtful."""

import time
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from facetally.detect.embedding import Vectors
from facetally.detect.recognition import DIMENSIONS
from facetally.faces.identities import (
    CLEARLY,
    FAR,
    NEAR,
    UNKNOWN,
    Alike,
    Track,
    Who,
    found,
    identified,
    joined,
)

HARD = 0.5
"""How far apart the hard pair of the development clips is."""


def at(*place: float, faces: int = 1) -> Track:
    """A track at a place in the plane of the first two dimensions."""
    return Track(vector(*place), faces)


def vector(*place: float) -> Vectors:
    return np.pad(np.array([place], np.float32), ((0, 0), (0, DIMENSIONS - len(place))))


def centres(number: int, apart: float = 0.7) -> np.ndarray:
    """People, each as far from each other: a corner of a simplex."""
    return np.eye(number, DIMENSIONS) * apart / np.sqrt(2)


def shown(
    people: np.ndarray, of: Iterable[int], rng: np.random.Generator, spread: float = 0.25
) -> list[Track]:
    """Tracks of three faces, which are mostly about as far apart as sqrt(2) times the spread."""
    noise = spread / np.sqrt(DIMENSIONS)
    return [
        Track((people[who] + noise * rng.normal(size=(3, DIMENSIONS))).astype(np.float32), 3)
        for who in of
    ]


def groups(who: Sequence[Who], of: Sequence[int]) -> set[tuple[str, int]]:
    return {(each.person, true) for each, true in zip(who, of, strict=True)}


def test_five_people_a_hard_pair_among_them() -> None:
    rng = np.random.default_rng(1)
    people = centres(5)
    people[1] = people[0] + (people[1] - people[0]) * HARD / 0.7
    of = [0, 1, 2, 3, 4] * 6
    who, alike = found(shown(people, of, rng), set())
    assert len(groups(who, of)) == len({each.person for each in who}) == 5
    assert not any(each.doubtful for each in who)
    assert [(pair.one, pair.other) for pair in alike] == [(who[0].person, who[1].person)]
    assert alike[0].distance == pytest.approx(HARD, abs=0.05)


def test_people_are_numbered_by_their_faces() -> None:
    who, _ = found([at(0, faces=2), at(1, faces=7), at(2, faces=3), at(2.1, faces=3)], set())
    assert [each.person for each in who] == ["person_3", "person_1", "person_2", "person_2"]


def test_two_of_one_frame_are_two_people_however_alike() -> None:
    tracks = [at(0), at(0.01), at(0.1)]
    assert joined(tracks, set()).tolist() == [0, 0, 0]
    clusters = joined(tracks, {(0, 1)})
    assert clusters[0] != clusters[1]
    who, alike = found(tracks, {(0, 1)})
    assert who[0].person != who[1].person
    assert alike == []


def test_those_of_one_frame_stay_apart_in_large_clusters() -> None:
    rng = np.random.default_rng(2)
    tracks = [at(*rng.normal(scale=0.02, size=2)) for _ in range(400)]
    clusters = joined(tracks, {(150, 399)})
    assert clusters[150] != clusters[399]


def test_a_track_alone_near_another_person_is_doubtful() -> None:
    who, alike = found([at(0), at(0.1), at(HARD), at(2)], set())
    assert [each.person for each in who] == ["person_1", "person_1", "person_2", "person_3"]
    assert [each.doubtful for each in who] == [False, False, True, False]
    assert np.isnan(who[3].distance)
    assert alike == [Alike("person_1", "person_2", pytest.approx(HARD - 0.05))]


def test_a_track_between_two_people_is_doubtful() -> None:
    who, _ = found([at(0), at(0), at(0.26), at(0.55), at(0.55)], set())
    assert [each.doubtful for each in who] == [False, False, True, False, False]


def test_a_track_of_two_people_is_joined_with_neither() -> None:
    both = Track(np.concatenate([vector(0), vector(0.7)]), 2)
    who, _ = found([at(0.3), both, at(0.4)], set())
    assert who[1].person not in {who[0].person, who[2].person}
    assert who[1].doubtful
    assert identified([both], {"a": vector(0.35), "b": vector(2)}, set())[0].doubtful


def test_a_reference_clearly_nearest() -> None:
    references = {"a": vector(0), "b": vector(HARD), "c": vector(2)}
    tracks = [at(0.1), at(0.45), at(0.25), at(1.2), at(2 - NEAR - 0.1)]
    who = identified(tracks, references, set())
    assert [each.person for each in who] == ["a", "b", "a", UNKNOWN, "c"]
    assert [each.doubtful for each in who] == [False, False, True, False, True]
    assert [each.distance for each in who] == pytest.approx([0.1, 0.05, 0.25, 0.7, 0.5])


def test_the_hard_pair_with_a_reference_of_one() -> None:
    """The other track is doubtful, but never assigned to the same person."""
    who = identified([at(0.1), at(HARD)], {"a": vector(0), "c": vector(2)}, set())
    assert who == [Who("a", pytest.approx(0.1), False), Who("a", pytest.approx(HARD), True)]


def test_who_resembles_no_reference_is_unknown() -> None:
    assert identified([at(FAR + 0.01)], {"a": vector(0)}, set())[0].person == UNKNOWN
    assert identified([at(0)], {}, set())[0].person == UNKNOWN
    assert identified([], {"a": vector(0)}, set()) == []


def test_of_two_in_one_frame_only_the_clearly_nearer_is_the_person() -> None:
    references = {"a": vector(0), "b": vector(2)}
    who = identified([at(0.3), at(0.1)], references, {(0, 1)})
    assert [each.doubtful for each in who] == [True, False]
    alike = identified([at(0.3), at(0.3 * CLEARLY + 0.01)], references, {(0, 1)})
    assert [each.doubtful for each in alike] == [True, True]


def test_nobody_is_taken_for_another_among_many() -> None:
    rng = np.random.default_rng(3)
    people = centres(30)
    of = rng.integers(0, 30, 300).tolist()
    tracks = shown(people, of, rng, spread=0.35)
    references = {str(number): people[[number]].astype(np.float32) for number in range(20)}
    for each, true in zip(identified(tracks, references, set()), of, strict=True):
        assert each.doubtful or each.person == (str(true) if true < 20 else UNKNOWN)
    who, _ = found(tracks, set())
    assert len(groups(who, of)) == len({each.person for each in who})


def test_nothing_to_join() -> None:
    assert found([], set()) == ([], [])
    assert joined([], set()).tolist() == []
    assert found([at(0, faces=3)], set())[0] == [
        Who("person_1", pytest.approx(np.nan, nan_ok=True), False)
    ]


def test_many_tracks_are_joined_quickly() -> None:
    rng = np.random.default_rng(4)
    of = rng.integers(0, 30, 3_000).tolist()
    tracks = shown(centres(30), of, rng)
    start = time.process_time()
    who, _ = found(tracks, {(number, number + 1) for number in range(0, 3_000, 2)})
    assert time.process_time() - start < 30
    assert len({true for _, true in groups(who, of)}) == 30

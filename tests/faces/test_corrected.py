"""Which tracks a correction is about: by when and where a face is, not by a number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from facetally.detect.face import Box
from facetally.faces.corrected import REACH, TrackPlaces, corrected
from facetally.faces.identity_files import VideoFaces
from facetally.faces.tracks import linked_in_shots
from facetally.study.identities import NOT_A_FACE, Correction

LEFT: Box = (0, 10, 40, 50)
RIGHT: Box = (300, 10, 40, 50)

Places = Mapping[float, Sequence[Box]]
"""The boxes in each sampled frame, by its time."""


def found(places: Places, shots: Sequence[float] = ()) -> VideoFaces:
    """Return faces as a detector finds them, linked to tracks."""
    times = sorted(places)
    tracks = linked_in_shots([places[time] for time in times], times, shots)
    rows = [
        (time, number, track, box)
        for time, own in zip(times, tracks, strict=True)
        for number, (track, box) in enumerate(zip(own, places[time], strict=True))
    ]
    count = 1 + max((row[2] for row in rows), default=-1)
    return VideoFaces(
        np.array([(round(1000 * row[0]), *row[1:3]) for row in rows], np.int64).reshape(-1, 3),
        np.array([row[0] for row in rows]),
        np.array([row[3] for row in rows], np.int64).reshape(-1, 4),
        np.array(shots),
        np.ones(count, bool),
        np.empty(0, np.int64),
        np.empty(0, bool),
        np.empty((0, 128), np.float32),
        np.array([b""] * count, np.bytes_),
    )


def sampled(
    seconds: float, step: float, boxes: object, start: float = 0
) -> dict[float, list[Box]]:
    """Return the boxes that a function of time returns, every ``step`` seconds."""
    count = round((seconds - start) / step)
    times = [round(start + step * number, 4) for number in range(count)]
    return {time: boxes(time) for time in times}  # type: ignore[operator]


def rows_of(video: VideoFaces, people: Mapping[int, str]) -> list[Correction]:
    """Return corrections of some tracks, as the page and the table of tracks have them."""
    places = TrackPlaces(video)
    boxes = places.middle_boxes().tolist()
    return [
        Correction(
            "d",
            "v",
            round(float(places.starts[track]), 3),
            round(float(places.ends[track]), 3),
            boxes[track],
            person,
            track + 2,
        )
        for track, person in people.items()
    ]


def people(video: VideoFaces, corrections: Sequence[Correction]) -> dict[int, str]:
    found = corrected(video, corrections)
    assert not found.contradictions
    return {track: each.person for track, each in found.by_track.items()}


def walkers(time: float) -> list[Box]:
    """Two people who change places, and someone who later stands where the first was midway."""
    way = round(300 * min(1, max(0, (time - 3) / 15)))
    third: list[Box] = [(240, 10, 40, 50)] if time >= 20 else []
    return [(way, 10, 40, 50), (300 - way, 70, 40, 50), *third]


@pytest.mark.parametrize("step", [0.1, 0.3333, 0.8, 0.04])
@pytest.mark.parametrize("before", [0.1, 0.8])
def test_rows_hold_for_their_faces_however_frames_are_sampled(before: float, step: float) -> None:
    names = dict(enumerate(["Anna", "Bert", "Carl"]))
    rows = rows_of(found(sampled(30, before, walkers)), names)
    # A shot more at the beginning, so that the numbers are others.
    later = [replace(each, start=each.start + 5, end=(each.end or 0) + 5) for each in rows]
    after = found(
        {
            **sampled(5, step, lambda _: [RIGHT, LEFT, (600, 0, 9, 9)]),
            **{5 + time: boxes for time, boxes in sampled(30, step, walkers).items()},
        },
        shots=[0, 5],
    )
    expected = {}
    for time, (_, _, track), box in zip(
        after.times, after.faces, after.boxes.tolist(), strict=True
    ):
        if time >= 5:
            place = walkers(round(time - 5, 4)).index(tuple(box))
            expected[int(track)] = names[place]
    assert people(after, later) == expected
    for row in later:
        own = {track: name for track, name in expected.items() if name == row.person}
        assert people(after, [row]) == own


def test_a_track_that_breaks_apart_is_corrected_in_all_its_parts() -> None:
    """With finer sampling, six frames without the face end a track."""
    coarse = sampled(20, 1, lambda _: [LEFT])
    fine = sampled(20, 0.25, lambda time: [] if 8 < time < 11 else [LEFT])
    (row,) = rows_of(found(coarse), {0: "Anna"})
    video = found(fine)
    assert len(video.is_face) == 2
    assert people(video, [row]) == {0: "Anna", 1: "Anna"}
    # But not the next shot's.
    longer = found({**fine, 20: [LEFT], 20.25: [LEFT]}, shots=[0, 20])
    assert people(longer, [row]) == {0: "Anna", 1: "Anna"}
    assert people(video, [replace(row, end=8.0)]) == {0: "Anna"}


def test_someone_who_passes_in_front_is_not_corrected() -> None:
    still = found(sampled(10, 0.5, lambda _: [LEFT]))
    (row,) = rows_of(still, {0: "Anna"})
    faces = still.faces.copy()
    faces[(still.times >= 4) & (still.times < 5), 2] = 1
    passing = replace(still, faces=faces, is_face=np.ones(2, bool))
    assert people(passing, [row]) == {0: "Anna"}


def test_a_face_that_another_detector_boxes_otherwise_is_the_same() -> None:
    (row,) = rows_of(found(sampled(10, 1, lambda _: [LEFT, RIGHT])), {1: "Bert"})
    wider = found(sampled(10, 1, lambda time: [(290, 0, 60, 75)] if time < 3 else []))
    assert people(wider, [row]) == {0: "Bert"}
    elsewhere = found(sampled(10, 1, lambda _: [LEFT, (340, 10, 40, 50)]))
    assert corrected(elsewhere, [row]).without == [row]


def test_a_face_in_a_single_frame_is_found_nearby_but_not_beyond_a_cut() -> None:
    (row,) = rows_of(found({0.8: [LEFT]}), {0: NOT_A_FACE})
    near = found({0.4: [RIGHT], 1.2: [LEFT], 1.6: [LEFT]})
    assert people(near, [row]) == {1: NOT_A_FACE}
    cut = found({0.4: [RIGHT], 1.2: [LEFT], 1.6: [LEFT]}, shots=[0, 1.0])
    assert corrected(cut, [row]).without == [row]
    far = found({0.81 + REACH: [LEFT]})
    assert corrected(far, [row]).without == [row]


def test_without_an_end_it_holds_until_the_end() -> None:
    row = Correction("d", "v", 4, None, LEFT, "Anna")
    video = found(sampled(10, 0.5, lambda _: [LEFT]), shots=[0, 5])
    assert people(video, [row]) == {1: "Anna"}
    assert people(video, [replace(row, start=0)]) == {0: "Anna", 1: "Anna"}


def test_two_people_for_one_track_contradict_unless_one_is_there_midway() -> None:
    video = found(sampled(10, 0.5, lambda _: [LEFT]))
    rows = [Correction("d", "v", time, time, LEFT, name) for time, name in ((1, "A"), (9, "B"))]
    assert corrected(video, rows).contradictions == [tuple(rows)]
    # Midway, the second is about the second shot; it is about the first one too, until it is not.
    cut = found(sampled(10, 0.5, lambda _: [LEFT]), shots=[0, 5])
    wide = Correction("d", "v", 0, 14, LEFT, "B")
    result = corrected(cut, [rows[0], wide])
    assert not result.contradictions
    assert {track: each.person for track, each in result.by_track.items()} == {0: "A", 1: "B"}
    lost = corrected(found(sampled(5, 0.5, lambda _: [LEFT])), [rows[0], replace(wide, end=14)])
    assert lost.without == [wide]


def test_a_video_without_faces() -> None:
    row = Correction("d", "v", 1, 2, LEFT, "Anna")
    assert corrected(found({}), [row]).without == [row]
    assert TrackPlaces(found({})).middle_boxes().shape == (0, 4)


def test_nothing_is_corrected_after_the_last_face() -> None:
    video = found(sampled(5, 0.5, lambda _: [LEFT]))
    at_its_end, after = (
        Correction("d", "v", start, None, LEFT, "Anna", 2) for start in (5.2, 5.6)
    )
    assert corrected(video, [at_its_end]).by_track == {0: at_its_end}
    assert corrected(video, [after]).without == [after]
    assert not corrected(video, [after]).by_track

"""Which face of a frame counts, and that exactly one row per sampled frame says so."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from facetally.detect.face import Box, Face
from facetally.emotions import EMOTIONS
from facetally.faces.counted import (
    FIRST,
    IN_WORDS,
    LARGEST,
    TRACKED,
    AnalysedFrame,
    Counting,
    Known,
    choose,
)
from facetally.faces.identities import Who
from facetally.faces.raw import RawFrame, frame_record, write_raw
from facetally.faces.table import NO_FACE, SCHEMA, WHO, face_table
from facetally.faces.tracks import LONGEST_GAP, SMALLEST_IOU, _assigned, linked, overlaps
from facetally.measure.counts import count_labels, count_segments, counted_faces
from facetally.measure.expressions import expressions
from facetally.report.timeline import timelines
from facetally.study.identities import NOT_A_FACE, PERSON, Belonging
from facetally.study.people import Turn
from hypothesis import given
from hypothesis import strategies as st
from support.raw_files import scores

HAPPY = scores(happy=0.9, neutral=0.1)
ANGRY = scores(angry=0.8, sad=0.2)
LEFT: Box = (20, 40, 60, 60)
RIGHT: Box = (220, 40, 60, 60)

SIDES = st.integers(-20, 60)
BOXES = st.tuples(SIDES, SIDES, st.integers(-5, 60), st.integers(-5, 60))
VIDEOS = st.lists(st.lists(BOXES, max_size=4), max_size=12)
ALONE = st.lists(st.lists(BOXES, max_size=1), max_size=12)


def moved(box: Box, by: int) -> Box:
    return box[0] + by, *box[1:]


def chosen(frames: Sequence[Sequence[Box]], face: str) -> list[AnalysedFrame]:
    """What is chosen in frames with faces of these boxes."""
    return choose(
        [
            RawFrame(n, n / 25, tuple(Face(box, HAPPY) for box in boxes))
            for n, boxes in enumerate(frames)
        ],
        Counting(face),
    )


def counted(frames: Sequence[Sequence[Box]], face: str) -> list[int | None]:
    return [frame.counted for frame in chosen(frames, face)]


def table_of(
    folder: Path, frames: Sequence[Sequence[Face]], face: str = FIRST, **thresholds: float
) -> pl.DataFrame:
    """The tidy table of one video, from the faces of each frame."""
    folder.mkdir(parents=True, exist_ok=True)
    records = (frame_record(20 * n, 0.8 * n, faces) for n, faces in enumerate(frames))
    write_raw(folder / "clip.json", records)
    return face_table({"clip": folder / "clip.json"}, counting=Counting(face, **thresholds))


def test_overlap_is_intersection_over_union() -> None:
    boxes = np.array([[0, 0, 20, 20], [0, 0, 10, 5], [0, 0, 0, 9]], float)
    others = np.array([[0, 0, 20, 20], [10, 0, 20, 20], [20, 0, 5, 5], [-5, -5, 10, 10]], float)
    assert overlaps(boxes, others) == pytest.approx(
        np.array([[1, 1 / 3, 0, 25 / 475], [50 / 400, 0, 0, 25 / 125], [0, 0, 0, 0]])
    )


def test_people_who_change_places_in_the_list_stay_themselves() -> None:
    frames = [[LEFT, RIGHT], [moved(RIGHT, 9), moved(LEFT, 9)], [moved(LEFT, 15), RIGHT]]
    assert linked(frames) == [[0, 1], [1, 0], [0, 1]]


def test_frames_are_assigned_as_a_whole() -> None:
    # The first face overlaps the first track most, which alone the second one overlaps.
    before: list[Box] = [(0, 0, 100, 100), (60, 0, 100, 100)]
    assert linked([before, [(20, 0, 100, 100), (-45, 0, 100, 100)]]) == [[0, 1], [1, 0]]


def test_a_face_far_from_all_is_another_person() -> None:
    by = 1 + int(60 * (1 - SMALLEST_IOU) / (1 + SMALLEST_IOU))
    assert linked([[LEFT], [moved(LEFT, by - 1)]]) == [[0], [0]]
    assert linked([[LEFT], [moved(LEFT, by)]]) == [[0], [1]]
    assert linked([[], [LEFT], [RIGHT, LEFT]]) == [[], [0], [1, 0]]


@pytest.mark.parametrize("beside", [[], [RIGHT]])
def test_a_person_may_be_unseen_for_a_while(beside: list[Box]) -> None:
    shown = [LEFT, *beside]
    for gap, track in ((LONGEST_GAP, 0), (LONGEST_GAP + 1, len(shown))):
        tracks = linked([shown, *[beside] * gap, shown])
        assert tracks[-1][0] == track
        assert all(of_frame[-1] == 1 for of_frame in tracks if beside)


def test_a_shot_of_someone_else_does_not_break_a_track() -> None:
    assert linked([[LEFT], [RIGHT], [LEFT], [RIGHT]]) == [[0], [1], [0], [1]]


@given(ALONE)
def test_the_quick_way_for_single_faces_is_the_general_one(frames: list[list[Box]]) -> None:
    assert linked(frames) == _assigned(frames)


@given(VIDEOS)
def test_tracks_are_one_to_one_and_numbered_as_they_appear(frames: list[list[Box]]) -> None:
    tracks = linked(frames)
    assert [len(of_frame) for of_frame in tracks] == [len(boxes) for boxes in frames]
    assert all(len(set(of_frame)) == len(of_frame) for of_frame in tracks)
    order = list(dict.fromkeys(track for of_frame in tracks for track in of_frame))
    assert order == list(range(len(order)))


def test_the_largest_face_counts_and_of_equal_ones_the_earlier() -> None:
    frames: list[list[Box]] = [[(0, 0, 9, 9), (0, 0, 5, 20), (0, 0, 20, 5)], [], [(0, 0, 3, 3)]]
    assert counted(frames, LARGEST) == [1, None, 0]
    assert counted(frames, FIRST) == [0, None, 0]
    assert [frame.tracks for frame in chosen(frames, LARGEST)] == [[None] * 3, [], [None]]
    faces = [frame.face for frame in chosen(frames, LARGEST)]
    assert [face and face.box for face in faces] == [(0, 0, 5, 20), None, (0, 0, 3, 3)]


def test_who_is_in_most_frames_counts() -> None:
    frames = [[LEFT], [RIGHT, LEFT], [RIGHT], [], [RIGHT, LEFT], [RIGHT]]
    assert counted(frames, TRACKED) == [None, 0, 0, None, 0, 0]


def test_of_equally_frequent_people_the_larger_counts_then_the_earlier() -> None:
    large: Box = (220, 40, 60, 61)
    assert counted([[LEFT, large], [large, LEFT]], TRACKED) == [1, 0]
    assert counted([[LEFT, RIGHT], [RIGHT, LEFT]], TRACKED) == [0, 1]


def test_no_other_way_to_choose_is_known() -> None:
    with pytest.raises(ValueError, match="face: 'last' is not one of first, largest, tracked"):
        chosen([[LEFT]], "last")


def test_the_table_tells_tracks_and_the_face_that_counts(tmp_path: Path) -> None:
    frames = [[Face(LEFT, HAPPY), Face(RIGHT, ANGRY)], [], [Face(RIGHT, ANGRY)]]
    shown = {
        face: table_of(tmp_path / face, frames, face).select("track", "chosen").rows()
        for face in (FIRST, TRACKED)
    }
    assert shown == {
        FIRST: [(None, True), (None, False), (None, None), (None, True)],
        TRACKED: [(0, False), (1, True), (None, None), (1, True)],
    }


SURE = Face((0, 0, 50, 60), HAPPY, 0.9)
DOUBTFUL = Face((200, 0, 50, 60), ANGRY, 0.6)
TINY = Face((100, 0, 20, 19), ANGRY, 0.95)
UNKNOWN = Face((300, 0, 50, 60), ANGRY)


def test_doubtful_and_tiny_faces_can_be_left_out(tmp_path: Path) -> None:
    frames = [[DOUBTFUL, TINY, SURE], [TINY], [SURE, UNKNOWN, DOUBTFUL], [], [UNKNOWN]]
    plain, strict = (
        table_of(tmp_path / name, frames, **thresholds)
        for name, thresholds in (
            ("plain", {}),
            ("strict", {"min_confidence": 0.9, "min_face_height": 20}),
        )
    )
    assert strict.filter(pl.col("face").is_not_null()).select(
        "frame", "face", "chosen", "left_out_by"
    ).rows() == [
        (0, 0, False, "min_confidence"),
        (0, 1, False, "min_face_height"),
        (0, 2, True, None),
        (20, 0, False, "min_face_height"),
        (40, 0, True, None),
        (40, 1, False, "face"),
        (40, 2, False, "min_confidence"),
        (80, 0, True, None),
    ]
    # Nothing about a face changes except whether it counts.
    assert plain.drop("chosen", "left_out_by").equals(strict.drop("chosen", "left_out_by"))
    columns = ["pos", "neg", "frames", "no_face", "several_faces", "extra_faces", "left_out_faces"]
    counts = {name: count_labels(table, {}) for name, table in (("p", plain), ("s", strict))}
    assert counts["p"].select(columns).row(0) == (1, 3, 5, 1, 2, 4, 0)
    assert counts["s"].select(columns).row(0) == (2, 1, 5, 2, 1, 1, 4)
    # A frame whose faces are all left out has nobody else in it either.
    assert counts["s"]["only_others"].item() == 0


def test_a_face_as_sure_and_as_high_as_is_asked_counts() -> None:
    at = Counting(min_confidence=0.6, min_face_height=60)
    assert [at.leaves_out(face) for face in (DOUBTFUL, SURE, UNKNOWN)] == [None] * 3
    assert Counting(min_confidence=0.61).leaves_out(DOUBTFUL) == "min_confidence"
    assert Counting(min_face_height=61).leaves_out(SURE) == "min_face_height"


@pytest.mark.parametrize("face", IN_WORDS)
def test_where_all_faces_are_left_out_none_counts(tmp_path: Path, face: str) -> None:
    table = table_of(tmp_path, [[DOUBTFUL]] * 3, face, min_confidence=0.9)
    (row,) = count_labels(table, {}).to_dicts()
    assert (row["predict"], row["no_face"], row["left_out_faces"]) == (None, 3, 3)
    assert row["only_others"] == 0
    assert table["chosen"].to_list() == [False] * 3
    assert table["left_out_by"].to_list() == ["min_confidence"] * 3


@pytest.mark.parametrize("face", [LARGEST, TRACKED])
def test_who_is_left_out_is_neither_the_largest_nor_tracked(face: str) -> None:
    large = Face((0, 0, 90, 90), ANGRY, 0.5)
    frames = [RawFrame(n, n, (large, SURE) if n else (large,)) for n in range(3)]
    found = choose(frames, Counting(face, 0.8))
    assert [frame.counted for frame in found] == [None, 1, 1]
    assert [list(frame.tracks) for frame in found] == (
        [[None], [None, 0], [None, 0]] if face == TRACKED else [[None], [None] * 2, [None] * 2]
    )
    assert [frame.counted for frame in choose(frames, Counting(face))] == [0, 0, 0]


def test_frames_with_others_alone_count_as_frames_without_a_face(tmp_path: Path) -> None:
    seen, other = Face(LEFT, ANGRY), Face(RIGHT, HAPPY, 0.7)
    faces = table_of(tmp_path, [[other, seen], [other, other], [], [seen], [seen]], TRACKED)
    rows = counted_faces(faces).select(
        "frame", "face", "x", "confidence", "happy", "track", "status", "found"
    )
    assert rows.rows() == [
        (0, 1, 20, None, 0.0, 1, "ok", 2),
        (20, None, None, None, None, None, NO_FACE, 2),
        (40, None, None, None, None, None, NO_FACE, 0),
        (60, 0, 20, None, 0.0, 1, "ok", 1),
        (80, 0, 20, None, 0.0, 1, "ok", 1),
    ]  # fmt: skip
    columns = ["neg", "pos", "frames", "no_face", "several_faces", "extra_faces", "only_others"]
    assert count_labels(faces, {}).select(columns).row(0) == (3, 0, 5, 2, 2, 3, 1)
    assert count_segments(faces, {}, 40).select(columns).rows() == [
        (1, 0, 2, 1, 2, 3, 1),
        (1, 0, 2, 1, 0, 0, 0),
        (1, 0, 1, 0, 0, 0, 0),
    ]
    assert timelines(faces).select("frame", "no_face", "angry").rows() == [
        (0, 0, 0.8), (20, 1, None), (40, 1, None), (60, 0, 0.8), (80, 0, 0.8),
    ]  # fmt: skip


def test_a_video_without_a_frame_has_no_counted_face_but_its_row_in_the_counts(
    tmp_path: Path,
) -> None:
    faces = table_of(tmp_path, [], TRACKED)
    assert counted_faces(faces).is_empty()
    (row,) = count_labels(faces, {}).to_dicts()
    assert [row[name] for name in ("frames", "no_face", "extra_faces", "only_others")] == [0] * 4


FACES = st.builds(
    Face, BOXES, st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=7, max_size=7)
)


@given(st.lists(st.lists(FACES, max_size=3), max_size=8), st.sampled_from(list(IN_WORDS)))
def test_exactly_one_row_a_sampled_frame_is_counted(
    tmp_path_factory: pytest.TempPathFactory, frames: list[list[Face]], face: str
) -> None:
    faces = table_of(tmp_path_factory.getbasetemp() / "one_row", frames, face)
    rows = counted_faces(faces)
    assert rows["frame"].to_list() == [20 * number for number in range(len(frames))]
    assert rows["found"].to_list() == [len(found) for found in frames]
    assert rows.select(faces.columns).schema == faces.schema
    numbers = rows["face"].to_list()
    for found, number, row in zip(frames, numbers, rows.rows(named=True), strict=True):
        if number is None:
            assert {row[name] for name in ("x", "confidence", "track", "chosen", *EMOTIONS)} == {
                None
            }
            assert not found or face in (TRACKED, PERSON)
        else:
            assert (row["x"], row["happy"]) == (found[number].box[0], found[number].scores[3])
    (counts,) = count_labels(faces, {}).to_dicts()
    assert counts["no_face"] == numbers.count(None)
    assert counts["extra_faces"] == sum(map(len, frames)) - len(frames) + numbers.count(None)


CLASSES = {
    "Pos": ("happy", "surprise"),
    "Neg": ("angry", "disgust"),
    "Neut": ("fear", "sad", "neutral"),
}


@given(st.lists(st.lists(FACES, max_size=3), max_size=8))
def test_the_first_face_is_counted_by_the_papers_arithmetic(
    tmp_path_factory: pytest.TempPathFactory, frames: list[list[Face]]
) -> None:
    faces = table_of(tmp_path_factory.getbasetemp() / "paper", frames)
    firsts = [dict(zip(EMOTIONS, found[0].scores, strict=True)) for found in frames if found]
    tops = [max(EMOTIONS, key=first.__getitem__) for first in firsts]
    number = {label: sum(tops.count(name) for name in names) for label, names in CLASSES.items()}
    summed = {
        label: sum(first[name] for first in firsts for name in names)
        for label, names in CLASSES.items()
    }
    best = max((number[label], summed[label]) for label in CLASSES)
    winners = [label for label in CLASSES if (number[label], summed[label]) == best]
    (row,) = count_labels(faces, {}).to_dicts()
    assert (row["pos"], row["neg"], row["neut"]) == tuple(number.values())
    assert {name: row[name] for name in EMOTIONS} == {name: tops.count(name) for name in EMOTIONS}
    expected = winners[0] if len(winners) == 1 else "Neut"
    assert row["predict"] == (expected if firsts else None)
    assert (row["frames"], row["no_face"]) == (len(frames), len(frames) - len(firsts))
    assert row["several_faces"] == sum(len(found) > 1 for found in frames)
    assert row["only_others"] == 0


def test_tracked_faces_do_not_go_on_after_a_cut() -> None:
    frames = [RawFrame(n, n / 25, (Face(LEFT, HAPPY),)) for n in range(7)]
    known = Known(starts=[0, 3 / 25])
    found = choose(frames, Counting(TRACKED), known)
    assert [frame.tracks[0] for frame in found] == [0] * 3 + [1] * 4
    assert [frame.counted for frame in found] == [None] * 3 + [0] * 4


def test_the_face_of_the_person_counts() -> None:
    """Two people side by side, the moderator first; one of the frames shows the candidate alone."""
    both = (Face(LEFT, HAPPY), Face(RIGHT, ANGRY))
    frames = [
        RawFrame(0, 0, both),
        RawFrame(1, 1, (Face(RIGHT, ANGRY),)),
        RawFrame(2, 2, both),
        RawFrame(3, 3, both),
        RawFrame(4, 4, ()),
    ]
    who = [
        Who("moderator", 0.2, doubtful=False),
        Who("candidate", 0.2, doubtful=False),
        Who("candidate", 0.5, doubtful=True),
        Who(None, float("nan"), doubtful=False),
    ]
    known = Known(
        tracks={0: [0, 1], 1: [1], 2: [0, 2], 3: [3, 1]},
        who=who,
        belonging=Belonging([Turn("candidate", 0, 3)]),
    )
    found = choose(frames, Counting(PERSON), known)
    # What is in doubt does not count, nor does anybody after the turn.
    assert [frame.counted for frame in found] == [1, 0, None, None, None]
    assert [list(frame.tracks) for frame in found] == [[0, 1], [1], [0, 2], [3, 1], []]
    small = choose(frames, Counting(PERSON, min_face_height=61), known)
    assert [frame.counted for frame in small] == [None] * 5
    first = choose(frames, Counting(FIRST), known)
    assert [frame.counted for frame in first] == [0, 0, 0, 0, None]
    assert first[0].who == [who[0], who[1]]


@pytest.mark.parametrize("face", IN_WORDS)
def test_what_a_correction_says_is_no_face_counts_in_no_way(tmp_path: Path, face: str) -> None:
    """A lamp, first and larger in each frame, and in the last one alone; then a tiny one too."""
    lamp, anna = Face((200, 0, 90, 90), ANGRY), Face(LEFT, HAPPY)
    raw = tmp_path / "clip.json"
    frames = [[lamp, anna], [lamp, anna], [lamp], [Face((200, 0, 9, 9), ANGRY)]]
    write_raw(raw, (frame_record(n, n / 5, own) for n, own in enumerate(frames)))
    known = Known(
        tracks={0: [0, 1], 1: [0, 1], 2: [0], 3: [2]},
        who=[
            *(Who(NOT_A_FACE, float("nan"), doubtful=False), Who("Anna", 0.2, doubtful=False)),
            Who(NOT_A_FACE, float("nan"), doubtful=False),
        ],
        belonging=Belonging([Turn("Anna")]),
    )
    counting = Counting(face, min_face_height=20)
    table = face_table({"clip": raw}, counting=counting, known={"clip": known})
    assert table.select("face", "chosen", "left_out_by", "person", "doubtful").rows() == [
        *[(0, False, "corrections", None, False), (1, True, None, "Anna", False)] * 2,
        *[(0, False, "corrections", None, False)] * 2,
    ]
    (row,) = count_labels(table, {}).to_dicts()
    assert (row["pos"], row["no_face"], row["extra_faces"], row["left_out_faces"]) == (2, 2, 0, 4)
    for turns in ({}, {"clip": [Turn("Anna")]}):
        shown = expressions("d", "haar", table, turns).drop_nulls("emotion")
        assert shown.select("person", "frame", "emotion").rows() == [
            ("Anna", 0, "happy"),
            ("Anna", 1, "happy"),
        ]


def test_the_table_has_who_is_seen_only_if_people_are_told_apart(tmp_path: Path) -> None:
    write_raw(
        tmp_path / "clip.json", [frame_record(0, 0, [Face(LEFT, HAPPY)]), frame_record(1, 1, [])]
    )
    raw = {"clip": tmp_path / "clip.json"}
    plain = face_table(raw, known={"clip": Known()})
    assert plain.schema == SCHEMA
    known = Known(tracks={0: [0]}, who=[Who("Anna", 0.25, doubtful=False)])
    table = face_table(raw, known={"clip": known})
    assert dict(table.schema) == {**SCHEMA, **WHO}
    assert table.select(WHO.names()).rows() == [("Anna", 0.25, False), (None, None, None)]
    assert table["track"].to_list() == [0, None]
    assert table.select(SCHEMA.names()).drop("track").equals(plain.drop("track"))

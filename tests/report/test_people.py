"""What the report says and shows about people."""

import csv
import io
from base64 import b64decode
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from facetally.detect.face import Face
from facetally.emotions import EMOTIONS
from facetally.faces.pictures import face_pictures, pictures_to
from facetally.measure.counts import segment_of
from facetally.measure.expressions import expressions
from facetally.measure.people import (
    event_pairs_table,
    events_table,
    in_events,
    over_time,
    pairs_table,
    people_table,
)
from facetally.measure.several_people import SEVERAL_PEOPLE, SHOTS
from facetally.report.people import PeopleTables, PeopleView, people_view
from facetally.report.people_figures import (
    COURSE,
    MOST_BARS,
    MOST_VIDEOS,
    NOBODY,
    PARTS,
    SPANS,
    compared_figure,
    course_figure,
    person_figure,
    shares_figure,
    when_figure,
)
from facetally.report.portraits import MOST_PEOPLE, portraits, shown_people, strongest_frames
from facetally.study.golden import LabelFiles
from facetally.study.identities import BOX
from facetally.study.people import Turn, people_of
from facetally.video.frames import Frame
from support.raw_files import scores
from support.tables import faces_of

HAPPY, CALM = scores(happy=0.9, neutral=0.1), scores(neutral=0.8, sad=0.2)
TO_AND_FRO = [
    Turn("AB"[number % 2], round(number * 1.6, 6), round(number * 1.6 + 1.6, 6))
    for number in range(20)
]


def frames_of(folder: Path, turns: list[Turn], *seconds: list[float]) -> pl.DataFrame:
    """The frames of one recording."""
    faces = faces_of(folder, {"debate": [[each] for each in seconds]})
    return expressions("d", "haar", faces, {"debate": turns})


def decoded(jpeg: str) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(b64decode(jpeg), np.uint8), cv2.IMREAD_COLOR)


def clips_of(folder: Path, clips: Mapping[str, list[list[float]]]) -> pl.DataFrame:
    """The frames of clips, whose names are those of the people."""
    videos = {name: [[face] for face in faces] for name, faces in clips.items()}
    return expressions(
        "d", "haar", faces_of(folder, videos), people_of(set(videos), LabelFiles(), None)
    )


def view_of(
    frames: pl.DataFrame,
    events: Mapping[str, list[Turn]] | None = None,
    several: pl.DataFrame | None = None,
    cuts: Sequence[float] = (),
) -> PeopleView:
    by_event = in_events(frames, events or {})
    tables = PeopleTables(
        people_table("d", frames),
        pairs_table("d", frames),
        over_time("d", frames, segment_of(100)),
        SEVERAL_PEOPLE.to_frame() if several is None else several,
        events_table("d", by_event),
        event_pairs_table("d", by_event),
    )
    starts = [0.0, *cuts]
    shots = [("d", "debate", shot, start, start + 1, 1) for shot, start in enumerate(starts)]
    return people_view("d", tables, frames, pl.DataFrame(shots, SHOTS, orient="row"), [])


def test_two_who_differ_are_told_in_words(tmp_path: Path) -> None:
    frames = frames_of(tmp_path, TO_AND_FRO, *[HAPPY, HAPPY, CALM, CALM] * 10)
    view = view_of(frames)
    assert view.names == ["A", "B"]
    assert (
        "A shows happy in 100% of the frames, B in 0%: 100 points more (100 to 100), "
        "p below 0.001, by haar."
    ) in view.findings.differing
    assert view.findings.summary == (
        "Of 10 comparisons (every pair of people, detector, emotion and class) 4 show a difference, 6 do "
        "not."
    )
    shares, when = view.overview
    assert (
        shares.caption
        == "A (haar): happy 100% (100% to 100%); B (haar): neutral 100% (100% to 100%)."
    )
    assert when.table["person"].to_list() == ["A", "B"] * 10
    assert when.table["end"].to_list()[:2] == [1.6, 3.2]
    assert when.caption == "A 16 s in 10 parts; B 16 s in 10 parts."
    assert view.events is None


def test_who_cannot_be_told_apart_is_named(tmp_path: Path) -> None:
    happy, calm = [HAPPY] * 3 + [CALM], [CALM] * 4
    clips = {f"{who}_{number}": happy for who in ("ann", "cora") for number in range(8)}
    frames = clips_of(tmp_path, clips | {f"bert_{number}": calm for number in range(8)})
    summary = view_of(frames).findings.summary
    assert summary.endswith(
        " No comparison shows a difference between ann and cora, which does not mean that they are alike."
    )


def test_who_differs_in_an_event_is_told_with_its_name(tmp_path: Path) -> None:
    frames = frames_of(tmp_path, TO_AND_FRO, *[HAPPY, HAPPY, CALM, CALM] * 10)
    events = view_of(frames, {"debate": [Turn("tax", 0, None)]}).events
    assert events is not None
    assert "tax: A shows happy in 100% of the frames, B in 0%" in events.findings.differing[0]
    assert events.findings.summary.startswith(
        "Of 10 comparisons (every pair of people in an event, "
    )
    assert events.figure.table.filter(share=1).select("event", "person", "emotion").rows() == [
        ("tax", "A", "happy"),
        ("tax", "B", "neutral"),
    ]


def test_too_little_to_tell_says_why(tmp_path: Path) -> None:
    frames = frames_of(tmp_path, [Turn("A", 0, 0.8), Turn("B", 0.8, 1.6)], HAPPY, CALM, CALM)
    view = view_of(frames)
    assert view.findings.differing == []
    assert view.findings.summary.startswith(
        "There is too little data to say whether people differ: 1 and 1 turns can be dealt out"
    )
    assert view.rows[-1]["person"] == NOBODY
    assert [row["anchor"] for row in view.rows] == ["person-of/d/A", "person-of/d/B", None]
    assert view.overview[1].table["person"].to_list() == ["A", "B", NOBODY]
    assert [person.name for person in view.persons] == ["A", "B"]


def test_a_recording_that_may_show_several_people_is_drawn_with_its_cuts(tmp_path: Path) -> None:
    frames = frames_of(tmp_path, [Turn("debate")], HAPPY, CALM, HAPPY)
    row = ("debate", 2, 0.0, False, True, "d")
    several = pl.DataFrame([row], SEVERAL_PEOPLE, orient="row")
    view = view_of(frames, None, several, [0.8, 1.6])
    assert view.warning.startswith("d: 1 of 1 video may show several people")
    _, when = view.overview
    assert when.caption == "debate 2 s in 1 part; 2 cuts (ticks)."
    ticks = when.chart["layer"][1]
    assert [row["cut"] for row in when.chart["datasets"][ticks["data"]["name"]]] == [0.8, 1.6]
    assert view_of(frames).warning == ""


def test_one_person_has_nobody_to_compare_with_and_no_turns(tmp_path: Path) -> None:
    view = view_of(frames_of(tmp_path, [Turn("A")], HAPPY))
    assert view.findings.summary == "There is nobody to compare with."
    assert [figure.is_drawn for figure in view.overview] == [False]
    assert view.compared[0].chart is None
    assert view.compared[0].caption == "A is the only person here."


@pytest.mark.parametrize(("people", "marks"), [(2, {"rule", "point"}), (40, {"rect", "text"})])
def test_few_people_are_dots_with_intervals_and_many_a_heatmap(
    tmp_path: Path, people: int, marks: set[str]
) -> None:
    clips = {
        f"p{who:02}_{clip}": [HAPPY] * (who % 3) + [CALM] * (3 - clip)
        for who in range(people)
        for clip in range(2)
    }
    table = people_table("d", clips_of(tmp_path, clips))
    figure = compared_figure("d", "haar", table)
    assert {layer["mark"]["type"] for layer in figure.chart["layer"]} == marks
    assert figure.table.height == people * len(EMOTIONS)
    p01 = figure.table.filter(person="p01", emotion="happy")
    assert p01["share"].item() == pytest.approx(2 / 7)
    assert "happy p" in figure.caption
    assert figure.title in figure.svg()
    row = person_figure("d", "p01", table).table.filter(emotion="happy")
    assert (row["share"].item(), row["low"].item()) == (p01["share"].item(), p01["low"].item())


def test_of_very_many_people_the_first_have_bars(tmp_path: Path) -> None:
    table = people_table("d", clips_of(tmp_path, {f"p{who:03}_0": [HAPPY] for who in range(99)}))
    figure = shares_figure("d", table)
    assert f"Bars show the first {MOST_BARS} of 99 rows." in figure.caption
    assert figure.table["person"].n_unique() == 99


def course(figure_of: pl.DataFrame, person: str) -> tuple[list[dict[str, str]], str]:
    figure = course_figure("d", person, figure_of)
    return list(csv.DictReader(io.StringIO(figure.chart["datasets"][COURSE]))), figure.caption


def test_the_course_lays_shares_upon_each_other(tmp_path: Path) -> None:
    # Segments of 100 frames hold five sampled frames.
    frames = clips_of(tmp_path, {"a_0": [HAPPY] * 4 + [CALM] + [CALM] * 5})
    drawn, caption = course(over_time("d", frames, segment_of(100)), "a")
    assert [(row["start"], row["end"], row["emotion"], row["share"]) for row in drawn] == [
        ("0.0", "4.0", "happy", "0.8"),
        ("0.0", "4.0", "neutral", "0.2"),
        ("4.0", "7.2", "neutral", "1.0"),
    ]
    assert [(row["low"], row["high"]) for row in drawn[:2]] == [("0.95", "0.23"), ("0.23", "0.05")]
    assert caption == (
        "One lane for each detector: heights are shares, angry at the bottom, neutral at the top. "
        "Valence from -0.20 to +0.68."
    )


def test_a_long_course_is_put_together_and_many_videos_left_to_the_table(tmp_path: Path) -> None:
    frames = clips_of(tmp_path, {"a_0": [HAPPY, CALM] * 300})
    drawn, _ = course(over_time("d", frames, segment_of(20)), "a")
    assert len(drawn) == 2 * PARTS
    assert {row["share"] for row in drawn} == {"0.6", "0.4"}
    # Where faces decide who is seen, no coverage is stated, and the course is the same.
    assert course(over_time("d", frames, segment_of(20), {"a_0"}), "a")[0] == drawn
    clips = {f"a_{number:02}": [HAPPY] * (number + 1) for number in range(20)}
    drawn, caption = course(over_time("d", clips_of(tmp_path, clips), segment_of(100)), "a")
    assert {row["video"] for row in drawn} == {f"a_{number:02}" for number in range(8, 20)}
    assert f"The {MOST_VIDEOS} longest of 20 videos." in caption


def test_the_frames_that_show_an_emotion_most_are_chosen(tmp_path: Path) -> None:
    frames = clips_of(
        tmp_path,
        {
            "a_0": [scores(happy=0.6, sad=0.4), scores(happy=0.8, sad=0.2)],
            "a_1": [scores(happy=0.8, sad=0.2), scores(sad=0.55, happy=0.45)],
            "b_0": [scores(neutral=1)],
        },
    )
    found = strongest_frames(frames)
    assert found.select("person", "emotion", "score", "video", "frame").rows() == [
        ("a", "happy", 0.8, "a_0", 20),
        ("a", "sad", 0.55, "a_1", 20),
        ("b", "neutral", 1, "b_0", 0),
    ]
    many = {f"p{who:03}_0": [CALM] * (2 if who > 5 else 1) for who in range(MOST_PEOPLE + 3)}
    people = shown_people(clips_of(tmp_path, many))
    assert people == [f"p{who:03}" for who in (0, 1, 2, *range(6, MOST_PEOPLE + 3))]


def test_portraits_are_cut_from_their_frames(tmp_path: Path) -> None:
    frames = clips_of(tmp_path / "raw", {"a_0": [CALM, HAPPY]})
    kept = tmp_path / "haar.parquet"
    with pictures_to(kept) as keep:
        for index, grey in ((0, 60), (20, 200)):
            frame = Frame(index, index, Fraction(1, 25), np.full((120, 160, 3), grey, np.uint8))
            (row,) = frames.filter(frame=index).select(BOX).rows()
            keep(face_pictures(frame, [Face(row, [])])[0])
    found = portraits(frames, {("haar", "a_0"): kept})
    calm, happy = sorted(found, key=lambda each: each["frame"])
    assert (calm["emotion"], happy["emotion"], happy["frame"]) == ("neutral", "happy", 20)
    assert {"x", "width"}.isdisjoint(happy)
    for found, grey in ((calm, 60), (happy, 200)):
        picture = decoded(found["jpeg"])
        assert abs(float(np.median(picture)) - grey) < 4


def test_a_recognizer_of_classes_alone_shows_no_emotions(tmp_path: Path) -> None:
    frames = clips_of(tmp_path, {"a_0": [HAPPY], "b_0": [CALM]}).with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in (*EMOTIONS, "valence")
    )
    view = view_of(frames.with_columns(pl.lit(None, pl.String).alias("emotion")))
    charts = [*view.overview, *view.compared, *(f for p in view.persons for f in p.figures)]
    assert {figure.chart for figure in charts} == {None}
    assert {figure.caption for figure in charts} == {
        "No face was found, or the network predicts classes instead of emotions."
    }


@pytest.mark.parametrize("apart", [True, False])
def test_people_side_by_side_have_a_lane_each(apart: bool) -> None:
    turns = pl.DataFrame(
        [("debate", "Anna", 0.0, 10.0), ("debate", "Bert", 10.0 if apart else 5.0, 20.0)],
        schema=SPANS,
        orient="row",
    )
    figure = when_figure("d", turns, SHOTS.to_frame())
    assert figure is not None and figure.chart is not None
    bars = figure.chart["layer"][0]
    assert ("yOffset" in bars["encoding"]) is not apart

"""What the report says of people."""

from pathlib import Path

import polars as pl
from facetally.measure.expressions import expressions
from facetally.measure.people import PAIRS, pairs_table, people_table
from facetally.report.people import NOBODY, people_view, spans
from facetally.study.people import Turn
from support.raw_files import scores
from support.tables import faces_of

HAPPY, CALM = scores(happy=0.9, neutral=0.1), scores(neutral=0.8, sad=0.2)


def frames_of(folder: Path, turns: list[Turn], *seconds: list[float]) -> pl.DataFrame:
    """The frames of one recording."""
    faces = faces_of(folder, {"debate": [[each] for each in seconds]})
    return expressions("d", "haar", faces, {"debate": turns})


def test_two_who_differ_are_told_in_words(tmp_path: Path) -> None:
    turns = [
        Turn("AB"[number % 2], round(number * 1.6, 6), round(number * 1.6 + 1.6, 6))
        for number in range(20)
    ]
    frames = frames_of(tmp_path, turns, *[HAPPY, HAPPY, CALM, CALM] * 10)
    pairs = pairs_table("d", frames)
    view = people_view("d", people_table("d", frames), pairs, spans(frames))
    assert view.names == ["A", "B"]
    assert (
        "A shows happy in 100% of the frames, B in 0%: 100 points more (100 to 100), "
        "p below 0.001, by haar."
    ) in view.differing
    assert view.findings == (
        "Of 10 comparisons (each two people, detector, emotion and class) 4 show a difference, 6 do "
        "not."
    )
    shares, when = view.figures
    assert shares.caption.startswith("A (haar): happy 100% (100% to 100%), ")
    assert when.table["person"].to_list() == ["A", "B"] * 10
    assert when.table["end"].to_list()[:2] == [1.6, 3.2]


def test_too_little_to_tell_says_why(tmp_path: Path) -> None:
    frames = frames_of(tmp_path, [Turn("A", 0, 0.8), Turn("B", 0.8, 1.6)], HAPPY, CALM, CALM)
    view = people_view("d", people_table("d", frames), pairs_table("d", frames), spans(frames))
    assert view.differing == []
    assert view.findings.startswith(
        "Whether people differ cannot be told from so little: 1 and 1 turns can be dealt out"
    )
    assert view.rows[-1]["person"] == NOBODY
    assert view.figures[1].table["person"].to_list() == ["A", "B", NOBODY]


def test_one_person_has_nobody_to_compare_with_and_no_turns(tmp_path: Path) -> None:
    frames = frames_of(tmp_path, [Turn("A")], HAPPY)
    view = people_view("d", people_table("d", frames), PAIRS.to_frame(), spans(frames))
    assert view.findings == "There is nobody to compare with."
    assert len(view.figures) == 1

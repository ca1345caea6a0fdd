"""The figures' data and captions match the tables."""

from pathlib import Path

import polars as pl
import pytest
from facetally.report.charts import Figure
from facetally.report.dvc_plots import emotion_shares
from facetally.report.figures import accuracy_figure, crossed_figures, methods_figure, run_figures
from support.tables import ANGRY, HAPPY, NOBODY, SAD, Tables, study_tables

VIDEOS = {"one": [[HAPPY], [HAPPY], NOBODY], "two": [[ANGRY]], "three": [NOBODY], "four": [[SAD]]}
GOLDEN = {"one": "Pos", "two": "Pos", "three": "Neg"}
RUN = ("2019", "haar")


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return study_tables(tmp_path, {RUN: VIDEOS}, {"2019": GOLDEN})


def figures(tables: Tables) -> dict[str, Figure]:
    drawn = run_figures(*RUN, tables.counts[RUN], tables.faces[RUN])
    return {figure.name.removeprefix("2019/haar/"): figure for figure in drawn}


def test_confusion_counts_every_pair(tables: Tables) -> None:
    figure = figures(tables)["confusion"]
    assert figure.table.height == 3 * 4
    assert set(figure.table.filter(pl.col("videos") > 0).rows()) == {
        ("Pos", "Pos", 1), ("Pos", "Neg", 1), ("Neg", "none", 1),
    }  # fmt: skip
    assert figure.caption == (
        "Of 3 labelled videos, 1 is predicted right. "
        "Most common error: your label Pos, predicted Neg (1)."
    )


def test_class_balance_keeps_labelled_and_other_videos_apart(tables: Tables) -> None:
    table = figures(tables)["classes"].table.filter(pl.col("videos") > 0)
    assert table.rows() == [
        ("your label", "Pos", 2),
        ("your label", "Neg", 1),
        ("predicted", "Pos", 1),
        ("predicted", "Neg", 1),
        ("predicted", "none", 1),
        ("predicted, no label", "Neut", 1),
    ]


def test_emotions_are_the_shares_that_dvc_plots(tables: Tables) -> None:
    figure = figures(tables)["emotions"]
    assert figure.table.equals(emotion_shares(tables.counts[RUN]))
    assert figure.caption.startswith("Top emotion of the first face: happy 50.0%, angry 25.0%")


def test_words_tell_which_face_counts(tables: Tables) -> None:
    drawn = run_figures(*RUN, tables.counts[RUN], tables.faces[RUN], "tracked")
    said = {figure.title: figure for figure in drawn}
    emotions = said["Emotions of all frames with a face"].caption
    assert emotions.startswith("Top emotion of the tracked face: happy 50.0%")
    coverage = said["Frames with a face"].caption
    assert coverage.startswith("The tracked face was found in 4 of 6 sampled frames (66.7%)")
    heights = said["Face heights"]
    assert heights.caption == "The median height of the tracked face is 40 px."
    assert "height of the tracked face, px" in str(heights.chart)


def test_coverage_counts_videos_by_tenths(tables: Tables) -> None:
    figure = figures(tables)["coverage"]
    assert figure.table.filter(pl.col("videos") > 0).rows() == [
        ("0 to 10 %", 1),
        ("60 to 70 %", 1),
        ("90 to 100 %", 2),
    ]
    assert figure.caption == (
        "A face was found in 4 of 6 sampled frames (66.7%); 1 of 4 videos has no such frame."
    )


def test_accuracy_has_interval_and_baseline(tables: Tables) -> None:
    figure = accuracy_figure(tables.summary)
    row = figure.table.row(0, named=True)
    assert (row["run"], row["accuracy"], row["majority_baseline"]) == ("2019, haar", 1 / 3, 2 / 3)
    assert "No interval is entirely above always guessing" in figure.caption


def test_a_chart_holds_the_table_that_stands_beside_it(tables: Tables) -> None:
    for name, figure in figures(tables).items():
        (data,) = figure.spec()["datasets"].values()
        assert pl.DataFrame(data).select(figure.table.columns).rows() == figure.table.rows(), name


def test_every_figure_is_drawn_as_svg_with_its_title(tables: Tables) -> None:
    both = {"haar": tables.faces[RUN], "mtcnn": tables.faces[RUN]}
    drawn = [accuracy_figure(tables.summary), methods_figure(tables.summary)]
    for figure in [*drawn, *crossed_figures("2019", both)]:
        svg = figure.svg()
        assert svg.startswith("<svg")
        assert figure.title in svg


def test_a_single_bar_is_left_to_the_caption(tmp_path: Path) -> None:
    tables = study_tables(tmp_path, {RUN: {"one": [[HAPPY]], "two": [[HAPPY], [HAPPY]]}}, {})
    drawn = {name: figure.is_drawn for name, figure in figures(tables).items()}
    assert drawn == dict.fromkeys(
        ("confusion", "classes", "emotions", "coverage", "face_heights", "accuracy_by_height"),
        False,
    )
    assert figures(tables)["emotions"].chart is not None


def test_what_cannot_be_shown_is_said(tmp_path: Path) -> None:
    tables = study_tables(tmp_path, {RUN: {"one": [NOBODY]}}, {})
    drawn = figures(tables)
    said = {name: figure.caption for name, figure in drawn.items() if figure.chart is None}
    assert said == {
        "confusion": "No video has a label.",
        "emotions": "No face was found in any frame.",
        "face_heights": "No face was found in any frame.",
        "accuracy_by_height": "No labelled video has a face.",
    }
    accuracy = accuracy_figure(tables.summary)
    assert accuracy.caption == "No video has a label, so there is no accuracy."
    assert accuracy.caption in accuracy.svg()

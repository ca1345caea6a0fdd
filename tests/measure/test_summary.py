"""Accuracy and the measures beside it."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from facetally.measure.summary import SUMMARY, paper_table, read_counts, summarize


def counts(rows: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    """Label counts of videos given as (predict, golden), ten frames each."""
    return pl.DataFrame(
        {
            "filename": [f"v{number}" for number in range(len(rows))],
            "predict": [predict for predict, _ in rows],
            "confidence": [None if predict is None else 0.75 for predict, _ in rows],
            "golden": [golden for _, golden in rows],
            "frames": [10] * len(rows),
            "no_face": [10 if predict is None else 1 for predict, _ in rows],
            "problem": None,
            "group": [f"v{number}" for number in range(len(rows))],
            "method": "majority",
            "detector": "haar",
        },
        schema_overrides={
            "predict": pl.String,
            "confidence": pl.Float64,
            "golden": pl.String,
            "problem": pl.String,
        },
    )


def measured(table: pl.DataFrame) -> dict[str, Any]:
    (row,) = summarize("d", table)
    return row


def test_accuracy_is_a_fraction_of_the_labelled_videos() -> None:
    row = measured(counts([("Pos", "Pos"), ("Neg", "Pos"), ("Neut", None), ("Neut", "Neut")]))
    assert (row["count"], row["labelled"], row["correct"]) == (4, 3, 2)
    assert row["accuracy"] == pytest.approx(2 / 3)
    assert row["majority_baseline"] == pytest.approx(2 / 3)
    assert row["coverage"] == pytest.approx(0.9)
    # All are as confident as three of four right ones.
    assert row["calibration_error"] == pytest.approx(3 / 4 - 2 / 3)


def test_a_video_without_a_face_counts_as_wrong() -> None:
    row = measured(counts([("Pos", "Pos"), (None, "Neut")]))
    assert (row["accuracy"], row["no_face_videos"]) == (0.5, 1)
    assert row["balanced_accuracy"] == pytest.approx(0.5)
    assert row["macro_f1"] == pytest.approx(0.5)


def test_the_measures_of_a_known_confusion_matrix() -> None:
    # Golden Pos: 6 right, 2 Neut; golden Neut: 5 right, 1 Neg; golden Neg: 2 right, 4 Neut.
    pairs = [("Pos", "Pos")] * 6 + [("Neut", "Pos")] * 2 + [("Neut", "Neut")] * 5
    pairs += [("Neg", "Neut")] + [("Neg", "Neg")] * 2 + [("Neut", "Neg")] * 4
    row = measured(counts(pairs))
    assert row["accuracy"] == pytest.approx(13 / 20)
    assert row["balanced_accuracy"] == pytest.approx((6 / 8 + 5 / 6 + 2 / 6) / 3)
    f1 = [2 * 6 / (6 + 8), 2 * 5 / (11 + 6), 2 * 2 / (3 + 6)]
    assert row["macro_f1"] == pytest.approx(sum(f1) / 3)
    chance = (6 * 8 + 11 * 6 + 3 * 6) / 400
    assert row["kappa"] == pytest.approx((13 / 20 - chance) / (1 - chance))


def test_the_wilson_interval_of_a_textbook_case() -> None:
    # 81 of 263 (Newcombe 1998, table I, method 3): 0.2553 to 0.3662.
    row = measured(counts([("Pos", "Pos")] * 81 + [("Neut", "Pos")] * 182))
    assert row["accuracy_low"] == pytest.approx(0.2553, abs=5e-5)
    assert row["accuracy_high"] == pytest.approx(0.3662, abs=5e-5)


def test_a_video_that_cannot_be_analysed_is_counted_and_left_out() -> None:
    table = counts([("Pos", "Pos"), (None, "Neg"), ("Neut", "Pos"), (None, "Pos")])
    bad = pl.col("filename") == "v1"
    damaged = pl.col("filename") == "v2"
    table = table.with_columns(
        pl.when(bad).then(0).otherwise("frames").alias("frames"),
        pl.when(bad).then(0).otherwise("no_face").alias("no_face"),
        problem=pl.when(bad).then(pl.lit("no_frames")).when(damaged).then(pl.lit("truncated")),
    )
    row = measured(table)
    assert (row["count"], row["bad_videos"], row["damaged_videos"]) == (4, 1, 1)
    assert (row["labelled"], row["correct"], row["no_face_videos"]) == (3, 1, 1)
    assert row["majority_baseline"] == 1.0


def test_without_labels_there_is_no_accuracy() -> None:
    row = measured(counts([("Pos", None)]))
    assert row["accuracy"] is None
    assert row["calibration_error"] is None
    assert row["coverage"] == pytest.approx(0.9)
    assert "no labels" in paper_table(pl.DataFrame([row], SUMMARY))


def test_one_class_alone_leaves_kappa_open() -> None:
    row = measured(counts([("Pos", "Pos")] * 3))
    assert (row["accuracy"], row["kappa"], row["macro_f1"]) == (1.0, None, 1.0)


def test_the_papers_own_table() -> None:
    table = pl.DataFrame(
        [
            ("2019", 1320, "mtcnn", 0.6005, "majority"),
            ("2019", 1320, "haar", 0.5394, "majority"),
            ("2019", 1320, "centerface", 0.5, "majority"),
            ("2019", 1320, "haar+mtcnn", 0.7, "ensemble"),
        ],
        schema=["dataset", "count", "detector", "accuracy", "method"],
        orient="row",
    )
    assert paper_table(table).splitlines()[2:] == [
        "| 2019 | 1,320 | Yes | 60.05% |",
        "| 2019 | 1,320 | No | 53.94% |",
        "| 2019 | 1,320 | No, centerface | 50.00% |",
    ]


def test_names_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("filename,predict,golden,frames,no_face\n007,,Pos,5,5\n")
    assert read_counts(path).row(0) == ("007", None, "Pos", 5, 5)


def test_the_columns_of_the_summary() -> None:
    table = pl.DataFrame([measured(counts([("Pos", "Pos")]))], SUMMARY)
    assert table.schema == SUMMARY
    assert table.columns[:4] == ["dataset", "count", "detector", "accuracy"]
    assert table.columns[-1] == "calibration_error"


def test_groups_widen_the_interval_if_their_videos_are_alike() -> None:
    pairs = [("Pos", "Pos")] * 50 + [("Neut", "Pos")] * 50
    alone = measured(counts(pairs))
    person = pl.Series("group", [f"p{number // 10}" for number in range(100)])
    alike = measured(counts(pairs).with_columns(person))
    assert (alone["groups"], alike["groups"]) == (100, 10)
    # For independent videos the bootstrap is as wide as Wilson's, for whole groups sqrt(10) wider.
    width = alone["accuracy_high"] - alone["accuracy_low"]
    assert alone["grouped_high"] - alone["grouped_low"] == pytest.approx(width, rel=0.1)
    assert alike["grouped_high"] - alike["grouped_low"] == pytest.approx(10**0.5 * width, rel=0.15)
    assert alike["accuracy_low"] == alone["accuracy_low"]


def test_of_one_group_nothing_is_said_about_others() -> None:
    table = counts([("Pos", "Pos"), ("Neg", "Pos")]).with_columns(group=pl.lit("biden"))
    row = measured(table)
    assert (row["groups"], row["grouped_low"], row["grouped_high"]) == (1, None, None)


def test_each_method_and_detector_has_a_row() -> None:
    table = counts([("Pos", "Pos")])
    ensemble = {"method": pl.lit("ensemble"), "detector": pl.lit("haar+mtcnn")}
    rows = summarize("d", pl.concat([table, table.with_columns(**ensemble)]))
    assert [(row["method"], row["detector"]) for row in rows] == [
        ("majority", "haar"), ("ensemble", "haar+mtcnn"),
    ]  # fmt: skip

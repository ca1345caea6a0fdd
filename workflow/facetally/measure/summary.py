"""Accuracy per dataset, method and detector, and what you need to judge it."""

from pathlib import Path
from typing import Any, Final

import polars as pl

from facetally.emotions import CLASSES
from facetally.measure.accuracy import (
    balanced_accuracy,
    is_right,
    labelled_videos,
    majority_baseline,
)
from facetally.measure.intervals import grouped_interval, wilson_interval
from facetally.measure.raters import judgements
from facetally.measure.reliability import calibration_error, reliability_bins
from facetally.study.methods import MAJORITY

TEXT_COLUMNS: Final = ("filename", "predict", "golden", "problem", "dataset", "detector")
NO_PREDICTION: Final = "none"
HUMAN: Final = "human"
"""The method and detector of rows that compare one rater with the others."""

SUMMARY: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "count": pl.Int64(),
        "detector": pl.String(),
        "accuracy": pl.Float64(),
        "method": pl.String(),
        "coverage": pl.Float64(),
        "accuracy_low": pl.Float64(),
        "accuracy_high": pl.Float64(),
        "grouped_low": pl.Float64(),
        "grouped_high": pl.Float64(),
        "balanced_accuracy": pl.Float64(),
        "macro_f1": pl.Float64(),
        "kappa": pl.Float64(),
        "majority_baseline": pl.Float64(),
        "labelled": pl.Int64(),
        "groups": pl.Int64(),
        "correct": pl.Int64(),
        "no_face_videos": pl.Int64(),
        "bad_videos": pl.Int64(),
        "damaged_videos": pl.Int64(),
        "calibration_error": pl.Float64(),
    }
)


def read_counts(path: Path | str) -> pl.DataFrame:
    """Read a table of label counts, per video or segment; names like 2019 stay text."""
    return pl.read_csv(path, schema_overrides=dict.fromkeys(TEXT_COLUMNS, pl.String))


def summarize(dataset: str, predictions: pl.DataFrame) -> list[dict[str, Any]]:
    """Measure the predictions of one dataset, by each method and detector.

    Args:
        dataset: its name.
        predictions: the table of :func:`facetally.measure.predictions.predictions`.

    Returns:
        The columns of SUMMARY, one row per method and detector, in the table's order.
    """
    entries = predictions.partition_by("method", "detector", maintain_order=True, as_dict=True)
    return [
        _measured(table) | {"dataset": dataset, "method": method, "detector": detector}
        for (method, detector), table in entries.items()
    ]


def _measured(table: pl.DataFrame) -> dict[str, Any]:
    """Measure the predictions of one method and detector.

    ``accuracy`` is the fraction of labelled videos predicted right; a video in which no face was
    found counts as wrong, and one that cannot be analysed is left out. Its 95 % intervals are
    Wilson's (``accuracy_low``, ``accuracy_high``), which treats videos as independent, and that of
    a bootstrap of whole groups (``grouped_low``, ``grouped_high``; null if there is one group).
    ``coverage`` is the fraction of sampled frames with a face. ``balanced_accuracy`` is the mean
    recall of the golden classes, ``kappa`` Cohen's, and ``majority_baseline`` the accuracy of
    always guessing the commonest golden label. ``bad_videos`` cannot be analysed,
    ``damaged_videos`` only in part. ``calibration_error`` is
    :func:`facetally.measure.reliability.calibration_error`, null if no labelled video has a
    prediction. Without a labelled video, everything except counts and coverage is null.
    """
    labelled = labelled_videos(table)
    is_bad = pl.col("frames") == 0
    bad = table.filter(is_bad)
    frames = int(table["frames"].sum())
    no_face = int(table["no_face"].sum())
    row: dict[str, Any] = dict.fromkeys(SUMMARY)
    row |= {
        "count": table.height,
        "coverage": 1 - no_face / frames if frames else None,
        "labelled": labelled.height,
        "groups": labelled["group"].n_unique(),
        "no_face_videos": table.filter(~is_bad & (pl.col("frames") == pl.col("no_face"))).height,
        "bad_videos": bad.height,
        "damaged_videos": table.filter(~is_bad)["problem"].count(),
    }
    if labelled.is_empty():
        return row
    return (
        row | _judged(labelled) | {"calibration_error": calibration_error(reliability_bins(table))}
    )


def human(dataset: str, ratings: pl.DataFrame, videos: int) -> list[dict[str, Any]]:
    """Measure how often one rater agrees with the others' majority: a ceiling for accuracy.

    Args:
        dataset: its name.
        ratings: the dataset's rows of :func:`facetally.measure.raters.ratings`.
        videos: how many videos it has.

    Returns:
        One row with the columns of SUMMARY, or no row if no video has several raters and a
        majority of all but one. ``labelled`` counts the labels that are compared with the other
        raters'; a "cannot tell" counts as wrong. All intervals are from a bootstrap, of whole
        videos (``accuracy_low``, ``accuracy_high``) and of whole groups.
    """
    judged = judgements(ratings)
    if judged.is_empty():
        return []
    right = judged.select(is_right()).to_series()
    low, high = grouped_interval(right, judged["filename"]) or (None, None)
    row = dict.fromkeys(SUMMARY) | _judged(judged)
    row |= {"dataset": dataset, "count": videos, "method": HUMAN, "detector": HUMAN}
    row |= {"labelled": judged.height, "groups": judged["group"].n_unique()}
    return [row | {"accuracy_low": low, "accuracy_high": high}]


def _judged(labelled: pl.DataFrame) -> dict[str, Any]:
    """Measure predictions against golden labels: ``golden, predict, group``, at least one row.

    Returns:
        The columns of :func:`_measured` that depend only on labelled videos.
    """
    # Half of this job's time, which a study without labels can save.
    from sklearn.metrics import cohen_kappa_score, f1_score

    golden = labelled["golden"].to_list()
    predicted = labelled["predict"].fill_null(NO_PREDICTION).to_list()
    right = labelled.select(is_right()).to_series()
    correct = int(right.sum())
    low, high = wilson_interval(correct, len(golden))
    grouped_low, grouped_high = grouped_interval(right, labelled["group"]) or (None, None)
    present = [label for label in CLASSES if label in golden or label in predicted]
    # With a single class, always predicted right, Cohen's kappa is undefined (0/0).
    kappa = cohen_kappa_score(golden, predicted) if len({*golden, *predicted}) > 1 else None
    return {
        "accuracy": correct / len(golden),
        "correct": correct,
        "accuracy_low": low,
        "accuracy_high": high,
        "grouped_low": grouped_low,
        "grouped_high": grouped_high,
        "balanced_accuracy": balanced_accuracy(labelled),
        "macro_f1": float(
            f1_score(golden, predicted, labels=present, average="macro", zero_division=0)
        ),
        "kappa": None if kappa is None else float(kappa),
        "majority_baseline": majority_baseline(labelled),
    }


def by_method(summary: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a summary that describe methods, not raters."""
    return summary.filter(pl.col("method") != HUMAN)


def by_people(summary: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return how well one rater agrees with the others, for each dataset with several raters."""
    rows = summary.filter(pl.col("method") == HUMAN).iter_rows(named=True)
    return {row["dataset"]: row for row in rows}


def by_the_papers_method(summary: pl.DataFrame) -> pl.DataFrame:
    """Return a summary's rows for the paper's method: one per dataset and detector."""
    return summary.filter(pl.col("method") == MAJORITY)


def measures(summary: pl.DataFrame, dataset: str, detector: str) -> dict[str, Any]:
    """Return the measures of one dataset and detector by the paper's method.

    Measures without a value are left out.
    """
    is_run = (pl.col("dataset") == dataset) & (pl.col("detector") == detector)
    row = by_the_papers_method(summary).row(by_predicate=is_run, named=True)
    return {
        name: value
        for name, value in row.items()
        if value is not None and name not in ("dataset", "detector", "method")
    }


def paper_table(summary: pl.DataFrame) -> str:
    """Format a summary as the paper prints it, in Markdown."""
    lines = ["| Datasets | Counts | Use MTCNN? | Accuracy |", "|---|---:|:---:|---:|"]
    for row in by_the_papers_method(summary).iter_rows(named=True):
        accuracy = "no labels" if row["accuracy"] is None else f"{row['accuracy']:.2%}"
        # The paper has two detectors: for a third, a bare "No" would be taken for Haar.
        mtcnn = {"mtcnn": "Yes", "haar": "No"}.get(row["detector"], f"No, {row['detector']}")
        lines.append(f"| {row['dataset']} | {row['count']:,} | {mtcnn} | {accuracy} |")
    return "\n".join(lines) + "\n"

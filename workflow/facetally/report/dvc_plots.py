"""The study's figures in the form that DVC plots."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from facetally.emotions import CLASS_SCORES, EMOTIONS
from facetally.measure.accuracy import labelled_videos
from facetally.measure.summary import HUMAN, NO_PREDICTION
from facetally.study.methods import MAJORITY


def accuracies(summary: pl.DataFrame) -> pl.DataFrame:
    """Return the accuracy of each run, and the baseline it has to beat: ``run, accuracy``.

    Runs without a label are left out.
    """
    rows = []
    for row in summary.filter(pl.col("accuracy").is_not_null()).iter_rows(named=True):
        rows.append((f"{row['dataset']}, {entry(row)}", row["accuracy"]))
        if row["method"] != HUMAN:
            baseline = f"{row['dataset']}, always guessing the commonest label"
            rows.append((baseline, row["majority_baseline"]))
    table = pl.DataFrame(rows, {"run": pl.String, "accuracy": pl.Float64}, orient="row")
    return table.unique(maintain_order=True)


def entry(row: Mapping[str, Any]) -> str:
    """Name the method and detector of a row of the summary; the paper's method is not named."""
    if row["method"] == HUMAN:
        return "one rater against the others"
    return row["detector"] if row["method"] == MAJORITY else f"{row['method']}, {row['detector']}"


def confusion(counts: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of each labelled video: ``filename, golden, predict``."""
    return labelled_videos(counts).select(
        "filename", "golden", pl.col("predict").fill_null(NO_PREDICTION)
    )


def emotion_shares(counts: pl.DataFrame) -> pl.DataFrame:
    """Return the share of each emotion in the frames with a face: ``emotion, share``.

    ``share`` is a fraction from 0 to 1, and 0 for all where no face was found.
    """
    frames = [int(counts[emotion].sum()) for emotion in EMOTIONS]
    total = sum(frames) or 1
    return pl.DataFrame({"emotion": EMOTIONS, "share": [number / total for number in frames]})


def people_metrics(people: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return the shares of classes and the valence of each named person, without nulls.

    Emotions would add too many columns to DVC's single table: :func:`people_shares` has them.

    Args:
        people: the columns of :data:`facetally.measure.people.PEOPLE`, of one detector.
    """
    names = [*(f"share_{name}" for name in CLASS_SCORES), "valence"]
    return {
        row["person"]: {name: row[name] for name in names if row[name] is not None}
        for row in people.drop_nulls("person").iter_rows(named=True)
    }


def people_shares(people: pl.DataFrame) -> pl.DataFrame:
    """Return the shares of emotions in each person's frames: ``person, emotion, share``.

    Args:
        people: the columns of :data:`facetally.measure.people.PEOPLE`, of one detector.
    """
    shares = people.drop_nulls(["person", "share_neutral"]).unpivot(
        [f"share_{emotion}" for emotion in EMOTIONS],
        index="person",
        variable_name="emotion",
        value_name="share",
    )
    return shares.with_columns(pl.col("emotion").str.strip_prefix("share_"))

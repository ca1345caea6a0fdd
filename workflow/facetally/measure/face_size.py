"""How large the faces are, and how accuracy depends on it.

The paper cites small faces to explain which detector did better on which dataset. What is measured
is the height of the box around the face that counts in a frame, in pixels of the video.
"""

from itertools import pairwise
from typing import Final

import polars as pl

from facetally.measure.accuracy import is_right, labelled_videos
from facetally.measure.intervals import wilson_interval

EDGES: Final = (40, 60, 90, 135, 200, 300)
"""Lower edges of the height classes from the second one up, in pixels, each half as much again."""

HEIGHTS: Final = (
    f"below {EDGES[0]}",
    *(f"{low} to {high}" for low, high in pairwise(EDGES)),
    f"{EDGES[-1]} or more",
)
"""The classes, upper edges excluded."""


def height_class(height: str) -> pl.Expr:
    """Return the class in HEIGHTS for a column of heights; null where there is no height."""
    reached = pl.sum_horizontal(pl.col(height) >= edge for edge in EDGES)
    return pl.when(pl.col(height).is_not_null()).then(
        reached.replace_strict(list(range(len(HEIGHTS))), HEIGHTS, return_dtype=pl.String)
    )


def median_heights(faces: pl.DataFrame) -> pl.DataFrame:
    """Return the median height of the faces that count in each video.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table`.

    Returns:
        ``filename, median_face_height`` (px; null if no face counts), sorted.
    """
    counted = pl.col("height").filter(pl.col("chosen"))
    return (
        faces.group_by(pl.col("video").alias("filename"))
        .agg(counted.median().alias("median_face_height"))
        .sort("filename")
    )


def height_histogram(faces: pl.DataFrame) -> pl.DataFrame:
    """Count the frames by the height class of the face that counts: ``height, frames``."""
    found = (
        faces.filter("chosen")
        .group_by(height_class("height").alias("height"))
        .agg(pl.len().cast(pl.Int64).alias("frames"))
    )
    every = pl.DataFrame({"height": HEIGHTS})
    return every.join(found, "height", "left", maintain_order="left").fill_null(0)


def accuracy_by_height(counts: pl.DataFrame, heights: pl.DataFrame) -> pl.DataFrame:
    """Measure the accuracy for labelled videos of similar median face height.

    Args:
        counts: the table of :func:`facetally.measure.counts.count_labels`.
        heights: the table of :func:`median_heights`.

    Returns:
        ``height, labelled, correct, accuracy, accuracy_low, accuracy_high`` (fractions, 95 %
        Wilson interval), one row per class that has a labelled video.
    """
    found = (
        labelled_videos(counts)
        .join(heights.drop_nulls(), "filename")
        .group_by(height_class("median_face_height").alias("height"))
        .agg(
            pl.len().cast(pl.Int64).alias("labelled"),
            is_right().sum().cast(pl.Int64).alias("correct"),
        )
    )
    every = pl.DataFrame({"height": HEIGHTS})
    rows = every.join(found, "height", "inner", maintain_order="left")
    intervals = [wilson_interval(row["correct"], row["labelled"]) for row in rows.to_dicts()]
    return rows.with_columns(
        (pl.col("correct") / pl.col("labelled")).alias("accuracy"),
        pl.Series("accuracy_low", [low for low, _ in intervals], pl.Float64),
        pl.Series("accuracy_high", [high for _, high in intervals], pl.Float64),
    )

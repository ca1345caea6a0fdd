"""Which videos are judged, which of those are predicted right, and the resulting accuracy."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from facetally.emotions import CLASSES


def labelled_videos(counts: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the videos that have a golden label and could be analysed."""
    return counts.filter(pl.col("golden").is_not_null() & (pl.col("frames") > 0))


def is_right() -> pl.Expr:
    """Return whether ``predict`` is the ``golden`` label; no prediction counts as wrong."""
    return (pl.col("predict") == pl.col("golden")).fill_null(value=False)


def differences(first: pl.DataFrame, second: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Compare two tables of predictions, video by video.

    Args:
        first: ``filename, group, golden, predict`` of the labelled videos.
        second: ``filename, golden, predict`` of the same videos and possibly others.

    Returns:
        For each video of the first table: 1 if only the first is right, -1 if only the second is,
        otherwise 0; and its group.
    """
    right = is_right().cast(pl.Int8)
    pairs = first.select("filename", "group", right.alias("right")).join(
        second.select("filename", right.alias("other")), "filename", maintain_order="left"
    )
    return pairs["right"] - pairs["other"], pairs["group"]


def majority_baseline(videos: pl.DataFrame) -> float:
    """Return the accuracy of always guessing the commonest ``golden`` label."""
    return max(int((videos["golden"] == label).sum()) for label in CLASSES) / videos.height


def right_and_all() -> list[pl.Expr]:
    """Count the videos of each golden class: those predicted right, then all."""
    of_class = {label: pl.col("golden") == label for label in CLASSES}
    return [
        *((is_right() & own).sum().alias(f"right_{label}") for label, own in of_class.items()),
        *(own.sum().alias(f"all_{label}") for label, own in of_class.items()),
    ]


def balanced_accuracy(videos: pl.DataFrame) -> float:
    """Return the mean recall of the golden classes of labelled videos."""
    return float(mean_recall(*videos.select(right_and_all()).to_numpy().T, axis=0))


def mean_recall(*of_classes: npt.NDArray[Any], axis: int) -> npt.NDArray[np.float64]:
    """Return the mean recall over the golden classes that have a video.

    Args:
        of_classes: the columns of :func:`right_and_all`, (..., n) each.
        axis: the axis along which the counts of a class are summed.

    Returns:
        From 0 to 1, float64, (...).
    """
    right, every = np.split(np.stack([numbers.sum(axis) for numbers in of_classes]), 2)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nanmean(right / every, axis=0))

"""How far the confidence of a method's predictions can be trusted."""

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from facetally.measure.accuracy import is_right, labelled_videos

BINS: Final = 10
"""Bins of confidence from 0 to 1, all of the same width."""

TENTHS: Final = 10

RELIABILITY: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "method": pl.String(),
        "detector": pl.String(),
        "bin_low": pl.Float64(),
        "bin_high": pl.Float64(),
        "videos": pl.Int64(),
        "confidence": pl.Float64(),
        "accuracy": pl.Float64(),
    }
)

LEAST_CERTAIN: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "method": pl.String(),
        "detector": pl.String(),
        "left_out": pl.Float64(),
        "videos": pl.Int64(),
        "accuracy": pl.Float64(),
    }
)


def reliability(dataset: str, predictions: pl.DataFrame) -> pl.DataFrame:
    """Compare the confidence of each method and detector with how often it is right.

    Args:
        dataset: its name.
        predictions: the table of :func:`facetally.measure.predictions.predictions`.

    Returns:
        The columns of RELIABILITY: the rows of :func:`reliability_bins` for each method and
        detector, in the table's order; no rows without a labelled video that has a prediction.
    """
    return _by_entry(dataset, predictions, reliability_bins, RELIABILITY)


def reliability_bins(predictions: pl.DataFrame) -> pl.DataFrame:
    """Sort the labelled videos that have a prediction into bins of confidence.

    The means are those of scikit-learn's ``calibration_curve``, whose bins are open below and
    closed above, the first closed at both ends.

    Args:
        predictions: the rows of one method and detector.

    Returns:
        One row per bin with a video, from low to high: ``bin_low`` and ``bin_high`` (Float64, from
        0 to 1), ``videos`` (Int64), their mean ``confidence`` and their ``accuracy``, the fraction
        predicted right (both Float64, from 0 to 1).
    """
    columns = ("bin_low", "bin_high", "videos", "confidence", "accuracy")
    schema = {name: RELIABILITY[name] for name in columns}
    judged = labelled_videos(predictions).drop_nulls("predict")
    if judged.is_empty():
        return pl.DataFrame(schema=schema)
    # A study without labels can save the time that this import takes.
    from sklearn.calibration import calibration_curve

    confidence = judged["confidence"].to_numpy()
    right = judged.select(is_right()).to_series().to_numpy()
    accuracies, confidences = calibration_curve(right, confidence, n_bins=BINS)
    inner_edges = np.linspace(0, 1, BINS + 1)[1:-1]
    videos = np.bincount(np.searchsorted(inner_edges, confidence), minlength=BINS)
    (filled,) = np.nonzero(videos)
    return pl.DataFrame(
        {
            "bin_low": filled / BINS,
            "bin_high": (filled + 1) / BINS,
            "videos": videos[filled],
            "confidence": confidences,
            "accuracy": accuracies,
        },
        schema,
    )


def calibration_error(bins: pl.DataFrame) -> float | None:
    """Return the expected calibration error: how far confidence is from accuracy.

    This is the mean over videos of the absolute difference in their bin (Naeini, Cooper and
    Hauskrecht, AAAI 2015; Guo, Pleiss, Sun and Weinberger, ICML 2017).

    Args:
        bins: the table of :func:`reliability_bins`.

    Returns:
        From 0 to 1; None without bins.
    """
    if bins.is_empty():
        return None
    difference = (bins["accuracy"] - bins["confidence"]).abs()
    return float(np.average(difference, weights=bins["videos"]))


def least_certain(dataset: str, predictions: pl.DataFrame) -> pl.DataFrame:
    """Measure the accuracy on what remains when a person labels the least certain videos.

    Args:
        dataset: its name.
        predictions: the table of :func:`facetally.measure.predictions.predictions`.

    Returns:
        The columns of LEAST_CERTAIN, ten rows per method and detector, in the table's order; no
        rows without a labelled video. ``left_out`` is the fraction of the labelled videos left to
        a person, 0 to 0.9, rounded down to whole videos, the least confident first. ``videos`` is
        the number of videos that remain and ``accuracy`` the fraction of them predicted right. A
        video without a prediction counts as the least certain of all, and as wrong. Equally
        confident videos are left out in the order of their filenames, which is arbitrary: if many
        are equal, the accuracy goes up and down by chance.
    """
    return _by_entry(dataset, predictions, _left_out, LEAST_CERTAIN)


def _left_out(predictions: pl.DataFrame) -> pl.DataFrame:
    ranked = labelled_videos(predictions).sort("confidence", "filename", nulls_last=False)
    right = ranked.select(is_right()).to_series()
    tenths = range(TENTHS if len(right) else 0)
    remaining = [right[len(right) * tenth // TENTHS :] for tenth in tenths]
    return pl.DataFrame(
        {
            "left_out": [tenth / TENTHS for tenth in tenths],
            "videos": [len(rest) for rest in remaining],
            "accuracy": [rest.mean() for rest in remaining],
        },
        {name: LEAST_CERTAIN[name] for name in ("left_out", "videos", "accuracy")},
    )


def _by_entry(
    dataset: str,
    predictions: pl.DataFrame,
    measure: Callable[[pl.DataFrame], pl.DataFrame],
    schema: pl.Schema,
) -> pl.DataFrame:
    """Measure each method and detector, with their names in the first columns."""
    entries = predictions.partition_by("method", "detector", maintain_order=True, as_dict=True)
    parts = (
        measure(table).select(
            pl.lit(dataset).alias("dataset"),
            pl.lit(method, pl.String).alias("method"),
            pl.lit(detector, pl.String).alias("detector"),
            pl.all(),
        )
        for (method, detector), table in entries.items()
    )
    return pl.concat([schema.to_frame(), *parts])

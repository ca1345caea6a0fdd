"""How sure a fraction is."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 1999
"""Resamples of a bootstrap: enough for a 95 % interval (Davison and Hinkley 1997, 5.2.1)."""

SEED: Final = 1
AT_A_TIME: Final = 5_000_000
"""Drawn groups that are held in memory at a time."""


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a fraction (Wilson, JASA 22, 1927), total being 1 or more."""
    from scipy.stats import binomtest

    interval = binomtest(correct, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def grouped_interval(values: pl.Series, groups: pl.Series) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean over videos of which those of a group are alike.

    Args:
        values: a number a video, such as 1 for right and 0 for wrong.
        groups: the group of each.

    Returns:
        As :func:`interval_over_groups`.
    """
    sums = (
        pl.DataFrame({"value": values.cast(pl.Float64), "group": groups})
        .group_by("group", maintain_order=True)
        .agg(pl.col("value").sum(), pl.len().cast(pl.Float64).alias("videos"))
        .drop("group")
    )
    return interval_over_groups(
        sums, lambda value, videos, axis: value.sum(axis) / videos.sum(axis)
    )


def interval_over_groups(
    groups: pl.DataFrame, statistic: Callable[..., npt.NDArray[np.float64]]
) -> tuple[float, float] | None:
    """Return the 95 % interval of a figure, had other groups been sampled.

    The percentile bootstrap, whole groups being drawn (Davison and Hinkley 1997, 3.8):
    intervals that take the videos of a person for independent are too narrow. The same each
    time.

    Args:
        groups: one row a group, its numbers in columns.
        statistic: computes the figure from the columns, (..., groups), along ``axis``.

    Returns:
        The lower and the upper end; None if there is but one group, of which nothing can be
        said about others.
    """
    from scipy.stats import bootstrap

    if groups.height < 2:
        return None
    interval = bootstrap(
        tuple(column.to_numpy() for column in groups),
        statistic,
        n_resamples=RESAMPLES,
        batch=max(1, AT_A_TIME // groups.height),
        vectorized=True,
        paired=True,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=SEED,
    ).confidence_interval
    return float(interval.low), float(interval.high)

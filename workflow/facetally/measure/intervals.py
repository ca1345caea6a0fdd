"""How sure figures are, and whether chance explains that two groups differ."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations
from math import comb
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 1999
"""Resamples of a bootstrap: enough for a 95 % interval (Davison and Hinkley 1997, 5.2.1)."""

SEED: Final = 1
SHUFFLES: Final = 9999
SHUFFLES_OF_MANY: Final = 1999
"""Arrangements that a permutation test draws, where there are more of them; and one of many
tests, which would take minutes."""

ROUNDING: Final = 1e-9
"""By how much a difference may be smaller than another and still count as equal to it."""

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


Numbers = npt.NDArray[np.float64]
Figures = Callable[[Numbers], Numbers]
"""Computes figures (..., figures) from sums over units (..., columns)."""


def resampled(units: Numbers, figures: Figures, seed: int) -> Numbers:
    """Compute figures of units drawn anew, with replacement: their bootstrap distribution.

    Args:
        units: the numbers of each unit, such as a video: (units, columns).
        figures: computes the figures from the sums of columns.
        seed: of what is drawn; those of samples that are compared must differ.

    Returns:
        (RESAMPLES, figures).
    """
    number = len(units)
    rng = np.random.default_rng([SEED, seed])
    drawn = rng.integers(number, size=(RESAMPLES, number))
    places = drawn + number * np.arange(RESAMPLES)[:, np.newaxis]
    times_drawn = np.bincount(places.ravel(), minlength=RESAMPLES * number)
    return figures(times_drawn.reshape(RESAMPLES, number).astype(np.float64) @ units)


def expanded_interval(distribution: Numbers, units: int) -> tuple[Numbers, Numbers]:
    """Return the 95 % intervals of figures from their bootstrap distribution.

    The expanded percentile interval, which makes up for the percentile interval being too narrow
    with few units (Hesterberg, The American Statistician 69, 2015, 3.3).

    Args:
        distribution: (resamples, figures).
        units: how many were drawn from, at least 2; of two samples the smaller number.

    Returns:
        The lower and the upper ends, one a figure.
    """
    from scipy.stats import norm, t

    quantile = t.ppf((1 + CONFIDENCE) / 2, units - 1) * (units / (units - 1)) ** 0.5
    tail = float(norm.sf(quantile))
    low, high = np.quantile(distribution, [tail, 1 - tail], axis=0)
    return low, high


class Permuted(NamedTuple):
    """What a permutation test says.

    Attributes:
        p: two-sided, one a figure.
        arrangements: in how many ways the units can be dealt out.
    """

    p: Numbers
    arrangements: int


def permutation_test(
    first: Numbers, second: Numbers, figures: Figures, shuffles: int = SHUFFLES
) -> Permuted:
    """Test whether two samples differ, had their units been dealt out to them by chance.

    All arrangements are tried where there are no more than ``shuffles``, or else so many are
    drawn, the real one among them (Phipson and Smyth, Statistical Applications in Genetics and
    Molecular Biology 9, 2010). Where none of those is as extreme as the real one, p is that of a
    normal distribution of their mean square, as of the permutation distribution in the limit
    (Strasser and Weber, Mathematical Methods of Statistics 8, 1999), if that is smaller; it is at
    least 1 in all arrangements. So p can be small enough to stand a correction for many tests.

    Args:
        first: the numbers of each unit of one sample: (units, columns).
        second: the same of the other.
        figures: computes the figures from the sums of columns.
        shuffles: how many arrangements are drawn at most.
    """
    from scipy.stats import norm

    units = np.concatenate([first, second])
    total = units.sum(axis=0)
    ways = comb(len(units), len(first))
    drawn = arrangements(len(first), len(units), shuffles)
    sums = drawn @ units
    shuffled = np.abs(figures(sums) - figures(total - sums))
    real = np.abs(figures(first.sum(axis=0)) - figures(second.sum(axis=0)))
    as_extreme = (shuffled >= real - ROUNDING).sum(axis=0)
    if ways <= shuffles:
        return Permuted(as_extreme / ways, ways)
    p = (as_extreme + 1) / (shuffles + 1)
    spread = np.sqrt((shuffled**2).mean(axis=0))
    # Where no arrangement makes a difference, nor does the real one, and all are as extreme.
    with np.errstate(invalid="ignore", divide="ignore"):
        limit = np.maximum(2 * norm.sf(real / spread), 1 / ways)
    return Permuted(np.where(as_extreme == 0, np.minimum(p, limit), p), ways)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for their number (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    if not p_values:
        return []
    # Half of the time of a job, which a study without tests can spare.
    from statsmodels.stats.multitest import multipletests

    corrected: list[float] = multipletests(p_values, method="holm")[1].tolist()
    return corrected


@lru_cache(maxsize=8)
def arrangements(chosen: int, units: int, most: int = SHUFFLES) -> Numbers:
    """Return ways to choose some of several units: all, or as many as ``most`` that are drawn.

    Returns:
        1 for the chosen ones and 0 for the others: (ways, units).
    """
    if comb(units, chosen) <= most:
        places = np.array(list(combinations(range(units), chosen)))
        ways = np.zeros((len(places), units))
        np.put_along_axis(ways, places, 1, axis=1)
        return ways
    rows = np.zeros((most, units))
    rows[:, :chosen] = 1
    return np.random.default_rng(SEED).permuted(rows, axis=1)

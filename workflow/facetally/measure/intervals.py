"""How certain figures are, and whether chance explains a difference between two groups."""

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
"""Arrangements that a permutation test draws if there are more; and the same for one of many
tests, which would otherwise take minutes."""

ROUNDING: Final = 1e-9
"""How much smaller than another a difference may be and still count as equal to it."""

AT_A_TIME: Final = 5_000_000
"""Drawn groups held in memory at a time."""


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a fraction (Wilson, JASA 22, 1927); ``total`` is at least 1."""
    from scipy.stats import binomtest

    interval = binomtest(correct, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def grouped_interval(values: pl.Series, groups: pl.Series) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean over videos that are alike within a group.

    Args:
        values: one number per video, such as 1 for right and 0 for wrong.
        groups: the group of each.

    Returns:
        The same as :func:`interval_over_groups`.
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
    """Return the 95 % interval of a figure under resampling of groups.

    This is the percentile bootstrap over whole groups (Davison and Hinkley 1997, 3.8): intervals
    that treat the videos of one person as independent are too narrow. The result is reproducible.

    Args:
        groups: one row per group, with its numbers in columns.
        statistic: computes the figure from the columns, (..., groups), along ``axis``.

    Returns:
        The lower and the upper end; None if there is only one group, which says nothing about
        others.
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
"""A function from sums over units (..., columns) to figures (..., figures)."""


def resampled(units: Numbers, figures: Figures, seed: int) -> Numbers:
    """Return the bootstrap distribution of figures, drawing units with replacement.

    Args:
        units: the numbers of each unit, such as a video: (units, columns).
        figures: computes the figures from the sums of columns.
        seed: the seed of the draws; it must differ between samples that are compared.

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

    This is the expanded percentile interval, which corrects for the percentile interval being too
    narrow when there are few units (Hesterberg, The American Statistician 69, 2015, 3.3).

    Args:
        distribution: (resamples, figures).
        units: how many units were drawn from, at least 2; for two samples, the smaller number.

    Returns:
        The lower and the upper ends, one per figure.
    """
    from scipy.stats import norm, t

    quantile = t.ppf((1 + CONFIDENCE) / 2, units - 1) * (units / (units - 1)) ** 0.5
    tail = float(norm.sf(quantile))
    low, high = np.quantile(distribution, [tail, 1 - tail], axis=0)
    return low, high


class Permuted(NamedTuple):
    """The result of a permutation test.

    Attributes:
        p: two-sided, one per figure.
        arrangements: in how many ways the units can be assigned to the samples.
    """

    p: Numbers
    arrangements: int


def permutation_test(
    first: Numbers, second: Numbers, figures: Figures, shuffles: int = SHUFFLES
) -> Permuted:
    """Test whether two samples differ more than if units had been assigned to them at random.

    All arrangements are tried if there are at most ``shuffles`` of them; otherwise ``shuffles``
    arrangements are drawn, including the real one (Phipson and Smyth, Statistical Applications in
    Genetics and Molecular Biology 9, 2010). If none of the drawn ones is as extreme as the real
    one, p is taken from a normal distribution with their mean square, which the permutation
    distribution approaches (Strasser and Weber, Mathematical Methods of Statistics 8, 1999), if
    that is smaller; it is at least 1 over the number of all arrangements. This way p can be small
    enough to survive a correction for many tests.

    Args:
        first: the numbers of each unit of one sample: (units, columns).
        second: the same for the other sample.
        figures: computes the figures from the sums of columns.
        shuffles: the maximum number of arrangements drawn.
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
    # If no arrangement makes a difference, neither does the real one, and all are as extreme.
    with np.errstate(invalid="ignore", divide="ignore"):
        limit = np.maximum(2 * norm.sf(real / spread), 1 / ways)
    return Permuted(np.where(as_extreme == 0, np.minimum(p, limit), p), ways)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for their number (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    if not p_values:
        return []
    # Half of this job's time, which a study without tests can save.
    from statsmodels.stats.multitest import multipletests

    corrected: list[float] = multipletests(p_values, method="holm")[1].tolist()
    return corrected


@lru_cache(maxsize=8)
def arrangements(chosen: int, units: int, most: int = SHUFFLES) -> Numbers:
    """Return the ways to choose some of the units: all of them, or ``most`` random ones.

    Returns:
        1 for chosen units and 0 for the others: (ways, units).
    """
    if comb(units, chosen) <= most:
        places = np.array(list(combinations(range(units), chosen)))
        ways = np.zeros((len(places), units))
        np.put_along_axis(ways, places, 1, axis=1)
        return ways
    rows = np.zeros((most, units))
    rows[:, :chosen] = 1
    return np.random.default_rng(SEED).permuted(rows, axis=1)

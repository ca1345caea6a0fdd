"""Which of two methods predicts more videos right, and whether it could be chance."""

from itertools import combinations
from typing import Any, Final

import polars as pl

from facetally.measure.accuracy import differences, labelled_videos, majority_baseline
from facetally.measure.agreement import paired_result
from facetally.measure.intervals import grouped_interval, holm

ENTRY: Final = ("method", "detector")

COMPARISONS: Final = pl.Schema(
    {
        "dataset": pl.String(),
        **{f"first_{name}": pl.String() for name in ENTRY},
        **{f"second_{name}": pl.String() for name in ENTRY},
        "labelled": pl.Int64(),
        "both_right": pl.Int64(),
        "only_first": pl.Int64(),
        "only_second": pl.Int64(),
        "neither": pl.Int64(),
        "difference": pl.Float64(),
        "difference_low": pl.Float64(),
        "difference_high": pl.Float64(),
        "p": pl.Float64(),
        "p_holm": pl.Float64(),
        "majority_baseline": pl.Float64(),
    }
)


def compare(dataset: str, predictions: pl.DataFrame) -> pl.DataFrame:
    """Compare the predictions of every pair of methods for the labelled videos of a dataset.

    Args:
        dataset: its name.
        predictions: the table of :func:`facetally.measure.predictions.predictions`.

    Returns:
        The columns of COMPARISONS, one row per pair of method-and-detector combinations; no rows
        without a labelled video. ``difference`` is the first accuracy less the second, with its
        95 % interval (:func:`facetally.measure.intervals.grouped_interval`; null where all videos
        are of one group). ``p`` is McNemar's, exact and two-sided
        (:class:`facetally.measure.agreement.PairedResult`), and ``p_holm`` is p corrected for the
        number of pairs in the dataset (Holm, Scandinavian Journal of Statistics 6, 1979).
    """
    entries = predictions.partition_by(ENTRY, maintain_order=True, as_dict=True)
    rows: list[dict[str, Any]] = []
    for (first, one), (second, other) in combinations(entries.items(), 2):
        result = paired_result(one, other)
        if not result.labelled:
            continue
        interval = grouped_interval(*differences(labelled_videos(one), other)) or (None, None)
        rows.append(
            {
                "dataset": dataset,
                **{f"first_{name}": value for name, value in zip(ENTRY, first, strict=True)},
                **{f"second_{name}": value for name, value in zip(ENTRY, second, strict=True)},
                "labelled": result.labelled,
                "both_right": result.both,
                "only_first": result.only_first,
                "only_second": result.only_second,
                "neither": result.neither,
                "difference": (result.only_first - result.only_second) / result.labelled,
                "difference_low": interval[0],
                "difference_high": interval[1],
                "p": result.p_value,
                "majority_baseline": majority_baseline(labelled_videos(one)),
            }
        )
    for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = p
    return pl.DataFrame(rows, schema=COMPARISONS)

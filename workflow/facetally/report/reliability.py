"""How sure methods are, for the report: for each dataset with labels, by method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from facetally.measure.summary import by_method
from facetally.report.charts import Figure
from facetally.report.figures import reliability_figure
from facetally.study.methods import ENSEMBLE, LEARNED, MAJORITY, MEAN_SCORE

DRAWN: Final = (LEARNED, (MEAN_SCORE, ENSEMBLE), (MAJORITY,))
"""The methods to draw, the first of these that a study has: all at once would be illegible."""

TENTH: Final = 0.1


@dataclass(frozen=True)
class ReliabilityView:
    """What the report shows about how sure methods are on one dataset.

    Attributes:
        dataset: its name.
        figure: confidence against accuracy.
        rows: each ``method`` and ``detector`` with its ``calibration_error``, ``accuracy``, and
            ``surest``, the accuracy without the least certain tenth: None if that is less than one
            video.
    """

    dataset: str
    figure: Figure
    rows: Sequence[Mapping[str, Any]]


def reliability_views(
    summary: pl.DataFrame, bins: pl.DataFrame, left_out: pl.DataFrame
) -> list[ReliabilityView]:
    """Prepare what the report shows about how sure methods are, for each dataset with labels.

    Args:
        summary: the accuracies, :data:`facetally.measure.summary.SUMMARY`.
        bins: confidence and accuracy, :data:`facetally.measure.reliability.RELIABILITY`.
        left_out: accuracy without the least certain,
            :data:`facetally.measure.reliability.LEAST_CERTAIN`.
    """
    surest = left_out.filter(left_out=TENTH).select(
        "dataset", "method", "detector", "videos", surest="accuracy"
    )
    measured = (
        by_method(summary)
        .drop_nulls("accuracy")
        .join(surest, ["dataset", "method", "detector"], "left", maintain_order="left")
        .with_columns(surest=pl.when(pl.col("videos") < pl.col("labelled")).then("surest"))
        .select("dataset", "method", "detector", "calibration_error", "accuracy", "surest")
    )
    present = measured["method"].unique()
    drawn = next((methods for methods in DRAWN if present.is_in(methods).any()), ())
    return [
        ReliabilityView(
            dataset,
            reliability_figure(
                dataset,
                rows.filter(pl.col("method").is_in(drawn)),
                bins.filter(pl.col("method").is_in(drawn), dataset=dataset),
            ),
            rows.to_dicts(),
        )
        for (dataset,), rows in measured.partition_by(
            "dataset", maintain_order=True, as_dict=True
        ).items()
    ]

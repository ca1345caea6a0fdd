"""How far the people who labelled the videos agree, for the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import polars as pl

from facetally.measure.raters import ANSWERS
from facetally.measure.summary import by_people
from facetally.report.charts import Figure, heatmap
from facetally.study.names import counted

MOST_PAIRS: Final = 10
"""The maximum number of pairs of raters drawn per dataset; the CSV file has all."""


class RatersTables(NamedTuple):
    """What a study with several raters knows about them.

    Attributes:
        agreement: the table :data:`facetally.measure.raters.AGREEMENT`.
        pairs: the table :data:`facetally.measure.raters.RATER_PAIRS`.
        unresolved: the table :data:`facetally.measure.raters.UNRESOLVED`.
    """

    agreement: pl.DataFrame
    pairs: pl.DataFrame
    unresolved: pl.DataFrame


@dataclass(frozen=True)
class RatersView:
    """What the report shows about the raters of one dataset.

    Attributes:
        dataset: its name.
        finding: how far they agree, in words.
        agreement: the same in numbers, a row of :data:`facetally.measure.raters.AGREEMENT`.
        human: the row of :data:`facetally.measure.summary.SUMMARY` for one rater against the
            others, if there is one.
        pairs: how each pair of them labels the same videos, at most MOST_PAIRS.
        left_out: how many pairs are not shown.
    """

    dataset: str
    finding: str
    agreement: Mapping[str, Any]
    human: Mapping[str, Any] | None
    pairs: Sequence[Figure]
    left_out: int


def raters_views(tables: RatersTables, summary: pl.DataFrame) -> list[RatersView]:
    """Prepare what the report shows about raters, for each dataset with several.

    Args:
        tables: what is known about them.
        summary: the accuracies, :data:`facetally.measure.summary.SUMMARY`.
    """
    human = by_people(summary)
    views = []
    for row in tables.agreement.iter_rows(named=True):
        pairs = tables.pairs.filter(dataset=row["dataset"]).partition_by(
            "first", "second", maintain_order=True
        )
        views.append(
            RatersView(
                row["dataset"],
                _finding(row, human.get(row["dataset"])),
                row,
                human.get(row["dataset"]),
                [_crossed(table) for table in pairs[:MOST_PAIRS]],
                max(0, len(pairs) - MOST_PAIRS),
            )
        )
    return views


def _finding(row: Mapping[str, Any], human: Mapping[str, Any] | None) -> str:
    alpha = "" if row["alpha"] is None else f" (Krippendorff's alpha {row['alpha']:.2f})"
    one = (
        ""
        if human is None
        else (
            f" One rater agrees with the others' majority on {human['accuracy']:.1%} of "
            f"{counted(human['labelled'], 'label')}: no method can be expected to do much better."
        )
    )
    return (
        f"All raters of a video agree on {row['agreement']:.1%} of "
        f"{counted(row['videos'], 'video')}{alpha}.{one}"
    )


def _crossed(table: pl.DataFrame) -> Figure:
    dataset, first, second = table.select("dataset", "first", "second").row(0)
    numbers = table.select(
        pl.col("first_label").alias(first), pl.col("second_label").alias(second), "videos"
    )
    total = int(table["videos"].sum())
    same = int(table.filter(pl.col("first_label") == pl.col("second_label"))["videos"].sum())
    return Figure(
        f"{dataset}/raters/{first}/{second}",
        f"{first} against {second}",
        f"Of {counted(total, 'video')} that both labelled, {same:,} ({same / total:.1%}) got one "
        "answer.",
        heatmap(numbers, (first, ANSWERS), (second, ANSWERS), "videos").to_dict(),
        numbers,
        "videos",
    )

"""The people of a study in its report: what each showed, who differs, and who is seen when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt
import polars as pl

from facetally.emotions import EMOTIONS
from facetally.measure.people import DIFFERENT, NOT_TOLD_APART
from facetally.report.charts import EMOTION_COLOURS, ROW_HEIGHT, Figure, legend
from facetally.report.charts import SHARES as SHARES_AXIS

NOBODY: Final = "(nobody)"
"""Who is seen outside of all turns."""

MOST_BARS: Final = 40
"""People whose shares are bars; the table has all."""

MOST_FINDINGS: Final = 10
"""Differences that are told in words; the table has all."""

MOST_VIDEOS: Final = 12
"""Recordings of which it is drawn who is seen when."""

LANE_HEIGHT: Final = 24
"""Pixels of a recording there."""

IN_WORDS: Final = {
    "pos": "a Positive class",
    "neg": "a Negative class",
    "neut": "a Neutral class",
}


@dataclass(frozen=True)
class PeopleView:
    """What is shown of the people of a dataset.

    Attributes:
        dataset: its name.
        people: the columns of :data:`facetally.measure.people.PEOPLE`, its own rows.
        figures: the shares of each person by each detector, and who is seen when.
        differing: the largest differences that have been shown, in words.
        findings: how many comparisons had which outcome, in words.
        pairs: the columns of :data:`facetally.measure.people.PAIRS`.
    """

    dataset: str
    people: pl.DataFrame
    figures: Sequence[Figure]
    differing: Sequence[str]
    findings: str
    pairs: pl.DataFrame

    @property
    def names(self) -> list[str]:
        """The people, by name."""
        return self.people["person"].drop_nulls().unique(maintain_order=True).to_list()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as the page shows them."""
        return [
            row | {"person": row["person"] or NOBODY} for row in self.people.iter_rows(named=True)
        ]


def people_view(
    dataset: str, people: pl.DataFrame, pairs: pl.DataFrame, turns: pl.DataFrame
) -> PeopleView:
    """Prepare the section of the people of a dataset.

    Args:
        dataset: its name.
        people: the table of :func:`facetally.measure.people.people_table`.
        pairs: the table of :func:`facetally.measure.people.pairs_table`.
        turns: the table of :func:`spans`.
    """
    when = when_figure(dataset, turns)
    return PeopleView(
        dataset,
        people,
        [shares_figure(dataset, people), *([when] if when else [])],
        _differing(pairs),
        _findings(pairs),
        pairs,
    )


def shares_figure(dataset: str, people: pl.DataFrame) -> Figure:
    """Show the shares of each emotion, by person and detector, as bars of one length."""
    named = people.filter(pl.col("share_neutral").is_not_null())
    rows = named.with_columns(pl.col("person").fill_null(NOBODY))
    table = rows.unpivot(
        [f"share_{emotion}" for emotion in EMOTIONS],
        index=["person", "detector"],
        variable_name="emotion",
        value_name="share",
    ).with_columns(pl.col("emotion").str.strip_prefix("share_"))
    title = "What each person's face showed"
    name = f"people/{dataset}"
    if table.is_empty():
        caption = "No face was found, or the network tells classes apart, no emotions."
        return Figure(name, title, caption, None, table)
    order = rows["person"].unique(maintain_order=True).to_list()
    drawn = order[:MOST_BARS]
    most = [
        f"{row['person']} ({row['detector']}): {_strongest(row)}"
        for row in rows.head(4).iter_rows(named=True)
    ]
    more = rows.height - len(most)
    caption = f"{'; '.join(most)}{f'; and {more} more rows' if more > 0 else ''}."
    if len(order) > MOST_BARS:
        caption += f" The bars are of the first {MOST_BARS} of {len(order)} people."
    lines = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=170)
    shown = table.filter(pl.col("person").is_in(drawn)).with_columns(
        row=pl.col("person") + "\n" + pl.col("detector"),
        place=pl.col("emotion").replace_strict(
            {emotion: number for number, emotion in enumerate(EMOTIONS)}, return_dtype=pl.Int64
        ),
    )
    chart = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="share of the frames with a face", axis=SHARES_AXIS),
            y=alt.Y("row:N", sort=None, title=None, axis=lines),
            color=alt.Color("emotion:N", scale=EMOTION_COLOURS, legend=legend(4)),
            order=alt.Order("place:Q"),
            tooltip=["person:N", "detector:N", "emotion:N", alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=shown["row"].n_unique() * (ROW_HEIGHT + 6))
    )
    return Figure(name, title, caption, chart.to_dict(), table)


def _strongest(row: Mapping[str, Any]) -> str:
    """Name the two commonest emotions of a person, with the interval of each."""
    ranked = sorted(EMOTIONS, key=lambda emotion: -row[f"share_{emotion}"])[:2]
    return ", ".join(f"{emotion} {with_interval(row, f'share_{emotion}')}" for emotion in ranked)


def with_interval(row: Mapping[str, Any], name: str) -> str:
    """Write a share with its interval, if it has one."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    told = f"{row[name]:.0%}"
    return told if low is None else f"{told} ({low:.0%} to {high:.0%})"


def _differing(pairs: pl.DataFrame) -> list[str]:
    found = pairs.filter(pl.col("finding") == DIFFERENT).sort(
        pl.col("difference").abs(), descending=True, maintain_order=True
    )
    return [_in_words(row) for row in found.head(MOST_FINDINGS).iter_rows(named=True)]


def _in_words(row: Mapping[str, Any]) -> str:
    """Say that two people differ: the one with the larger share first."""
    first, second = ("first", "second") if row["difference"] > 0 else ("second", "first")
    ends = sorted((abs(row["difference_low"]), abs(row["difference_high"])))
    what = IN_WORDS.get(row["shown"], row["shown"])
    p = "below 0.001" if row["p_holm"] < 0.001 else f"{row['p_holm']:.3f}"
    shares = [f"{row[f'share_{which}']:.0%}" for which in (first, second)]
    return (
        f"{row[first]} shows {what} in {shares[0]} of the frames, {row[second]} in "
        f"{shares[1]}: {abs(row['difference']) * 100:.0f} points more "
        f"({ends[0] * 100:.0f} to {ends[1] * 100:.0f}), p {p}, by {row['detector']}."
    )


def _findings(pairs: pl.DataFrame) -> str:
    """Say what has been found of how many comparisons."""
    if pairs.is_empty():
        return "There is nobody to compare with."
    numbers = {name: pairs.filter(finding=name).height for name in (DIFFERENT, NOT_TOLD_APART)}
    few = pairs.height - sum(numbers.values())
    reason = pairs["reason"].drop_nulls().value_counts(sort=True)["reason"].first()
    if few == pairs.height:
        return f"Whether people differ cannot be told from so little: {reason}."
    told = (
        f"Of {pairs.height:,} comparisons (each two people, detector, emotion and class) "
        f"{numbers[DIFFERENT]:,} show a difference, {numbers[NOT_TOLD_APART]:,} do not"
    )
    if not few:
        return f"{told}."
    return f"{told}, and in {few:,} there is too little to tell: {reason}."


SPANS: Final = pl.Schema(
    {
        "video": pl.String(),
        "person": pl.String(),
        "start": pl.Float64(),
        "end": pl.Float64(),
    }
)


def spans(frames: pl.DataFrame) -> pl.DataFrame:
    """Return from when to when a person is seen, in the longest recordings of several people.

    Args:
        frames: the table of :func:`facetally.measure.expressions.expressions`, of one dataset.

    Returns:
        The columns of SPANS, in order of time; none where no video has turns.
    """
    own = frames.filter(pl.col("detector") == frames["detector"].first())
    several = (
        own.group_by("video")
        .agg(pl.col("turn").n_unique().alias("turns"), pl.col("time").max().alias("length"))
        .filter(pl.col("turns") > 1)
        .sort("length", "video", descending=[True, False])
        .head(MOST_VIDEOS)
    )
    return (
        own.join(several, "video", "semi")
        .with_columns(part=pl.struct("person", "turn").rle_id().over("video"))
        .group_by("video", "part", maintain_order=True)
        .agg(
            pl.col("person").first().fill_null(NOBODY),
            pl.col("time").first().alias("start"),
            (pl.col("time") + pl.col("seconds")).last().alias("end"),
        )
        .select(SPANS.names())
    )


def when_figure(dataset: str, turns: pl.DataFrame) -> Figure | None:
    """Show who is seen when; nothing where no video has turns."""
    if turns.is_empty():
        return None
    lasting = turns.with_columns(seconds=pl.col("end") - pl.col("start"))
    total = lasting.group_by("person", maintain_order=True).agg(
        pl.col("seconds").sum(), pl.len().alias("turns")
    )
    caption = "; ".join(
        f"{row['person']} {row['seconds'] / 60:.1f} minutes in {row['turns']:,} parts"
        for row in total.head(MOST_FINDINGS).iter_rows(named=True)
    )
    videos = turns["video"].unique(maintain_order=True).to_list()
    chart = (
        alt.Chart(turns)
        .mark_bar()
        .encode(
            x=alt.X("start:Q", title="seconds"),
            x2="end:Q",
            y=alt.Y("video:N", sort=None, title=None, axis=alt.Axis(labelLimit=170)),
            color=alt.Color("person:N", legend=legend(4), scale=alt.Scale(scheme="tableau20")),
            tooltip=["video:N", "person:N", "start:Q", "end:Q"],
        )
        .properties(height=len(videos) * LANE_HEIGHT)
    )
    name = f"when/{dataset}"
    return Figure(name, "Who is seen when", f"{caption}.", chart.to_dict(), turns)

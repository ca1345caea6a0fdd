"""The people of a study in its report: what each one showed, who differs, and in which events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from facetally.measure.people import BY_EVENT, DIFFERENT, EVENT_PAIRS, NOT_TOLD_APART
from facetally.measure.several_people import in_words
from facetally.report.charts import Figure
from facetally.report.people_figures import (
    NOBODY,
    compared_figure,
    course_figure,
    events_figure,
    person_figure,
    shares_figure,
    spans,
    when_figure,
)
from facetally.report.portraits import shown_people
from facetally.report.render import p_value
from facetally.study.names import counted

MOST_FINDINGS: Final = 10
"""How many differences, and pairs of people without one, are put into words; the table has all."""

IN_WORDS: Final = {
    "pos": "a Positive expression",
    "neg": "a Negative expression",
    "neut": "a Neutral expression",
}

Portrait = Mapping[str, Any]
"""A picture of a person, as ``portraits`` writes it."""


@dataclass(frozen=True)
class PeopleTables:
    """What has been measured about the people of a dataset.

    Attributes:
        people: the columns of :data:`facetally.measure.people.PEOPLE`.
        pairs: the columns of :data:`facetally.measure.people.PAIRS`.
        times: the columns of :data:`facetally.measure.people.OVER_TIME`.
        several: the columns of :data:`facetally.measure.several_people.SEVERAL_PEOPLE`.
        events: the columns of :data:`facetally.measure.people.BY_EVENT`.
        event_pairs: the columns of :data:`facetally.measure.people.EVENT_PAIRS`.
    """

    people: pl.DataFrame
    pairs: pl.DataFrame
    times: pl.DataFrame
    several: pl.DataFrame
    events: pl.DataFrame = field(default_factory=BY_EVENT.to_frame)
    event_pairs: pl.DataFrame = field(default_factory=EVENT_PAIRS.to_frame)


@dataclass(frozen=True)
class Findings:
    """What the comparisons show, in words.

    Attributes:
        differing: the largest differences found.
        summary: how many comparisons had which outcome.
    """

    differing: Sequence[str]
    summary: str


@dataclass(frozen=True)
class PersonView:
    """What the report shows about one person.

    Attributes:
        dataset: the dataset.
        name: the person.
        figures: shares with intervals, and their course over time.
        portraits: the frames with the highest score for each emotion.
    """

    dataset: str
    name: str
    figures: Sequence[Figure]
    portraits: Sequence[Portrait]

    @property
    def anchor(self) -> str:
        """The anchor of the person's section."""
        return f"person-of/{self.dataset}/{self.name}"


@dataclass(frozen=True)
class EventsView:
    """What the report shows about the events of a dataset.

    Attributes:
        figure: the shares by event, person and detector.
        table: the columns of :data:`facetally.measure.people.BY_EVENT`.
        findings: who differs within an event.
    """

    figure: Figure
    table: pl.DataFrame
    findings: Findings

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as the page shows them."""
        return _named_rows(self.table)


@dataclass(frozen=True)
class PeopleView:
    """What the report shows about the people of a dataset.

    Attributes:
        dataset: its name.
        sampled: the number of its sampled frames, the same for each detector.
        people: the columns of :data:`facetally.measure.people.PEOPLE`.
        overview: the shares of each person by each detector, and who is seen when.
        compared: the people side by side, as each detector finds them.
        findings: who differs.
        persons: the people with a section of their own.
        events: what the report shows about events, if the study has any.
        warning: which videos may show several people, in words, if any.
    """

    dataset: str
    sampled: int
    people: pl.DataFrame
    overview: Sequence[Figure]
    compared: Sequence[Figure]
    findings: Findings
    persons: Sequence[PersonView]
    events: EventsView | None
    warning: str

    @property
    def names(self) -> list[str]:
        """The people, by name."""
        return self.people["person"].drop_nulls().unique(maintain_order=True).to_list()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as the page shows them, each with the anchor of the person's section."""
        anchors = {person.name: person.anchor for person in self.persons}
        return [row | {"anchor": anchors.get(row["person"])} for row in _named_rows(self.people)]


def _named_rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    return [row | {"person": row["person"] or NOBODY} for row in table.iter_rows(named=True)]


def people_view(
    dataset: str,
    tables: PeopleTables,
    frames: pl.DataFrame,
    shots: pl.DataFrame,
    portraits: Iterable[Portrait],
) -> PeopleView:
    """Prepare the section of the people of a dataset.

    Args:
        dataset: its name.
        tables: what has been measured.
        frames: the table of :func:`facetally.measure.expressions.expressions`, of the dataset.
        shots: the columns of :data:`facetally.measure.several_people.SHOTS`, of the dataset.
        portraits: pictures of people.
    """
    people = tables.people
    detectors = people["detector"].unique(maintain_order=True)
    cut = tables.several.filter(pl.col("several") & (pl.col("cuts") > 0))
    turns = spans(frames, cut["video"].to_list())
    when = when_figure(dataset, turns, shots)
    pictures: dict[str, list[Portrait]] = {}
    for portrait in portraits:
        pictures.setdefault(portrait["person"], []).append(portrait)
    return PeopleView(
        dataset=dataset,
        sampled=frames.select("video", "frame").n_unique(),
        people=people,
        overview=[shares_figure(dataset, people), *([when] if when else [])],
        compared=[compared_figure(dataset, detector, people) for detector in detectors],
        findings=_findings(tables.pairs),
        persons=[
            PersonView(
                dataset,
                name,
                [
                    person_figure(dataset, name, people),
                    course_figure(dataset, name, tables.times),
                ],
                pictures.get(name, []),
            )
            for name in shown_people(frames)
        ],
        events=EventsView(
            events_figure(dataset, tables.events), tables.events, _findings(tables.event_pairs)
        )
        if tables.events.height
        else None,
        warning=in_words(tables.several),
    )


def _findings(pairs: pl.DataFrame) -> Findings:
    """Say how many comparisons show what."""
    if pairs.is_empty():
        return Findings([], "There is nobody to compare with.")
    found = pairs.filter(pl.col("finding") == DIFFERENT).sort(
        pl.col("difference").abs(), descending=True, maintain_order=True
    )
    differing = [_in_words(row) for row in found.head(MOST_FINDINGS).iter_rows(named=True)]
    alike = pairs.filter(finding=NOT_TOLD_APART).height
    few = pairs.height - found.height - alike
    reason: str = next(iter(pairs["reason"].drop_nulls().value_counts(sort=True)["reason"]), "")
    if few == pairs.height:
        return Findings([], f"There is too little data to say whether people differ: {reason}.")
    what = "every pair of people" + (" in an event" if "event" in pairs.columns else "")
    summary = (
        f"Of {counted(pairs.height, 'comparison')} ({what}, detector, emotion and class) "
        f"{found.height:,} {'shows' if found.height == 1 else 'show'} a difference, "
        f"{alike:,} {'does' if alike == 1 else 'do'} not"
    )
    summary += (
        f", and {few:,} {'has' if few == 1 else 'have'} too little data: {reason}." if few else "."
    )
    return Findings(differing, f"{summary}{_no_difference(pairs)}")


def _no_difference(pairs: pl.DataFrame) -> str:
    """Name the pairs of people for whom no comparison shows a difference, if there are any."""
    who = [name for name in ("event", "first", "second") if name in pairs.columns]
    found = pairs.group_by(who, maintain_order=True).agg(
        different=(pl.col("finding") == DIFFERENT).any(),
        tested=(pl.col("finding") == NOT_TOLD_APART).any(),
    )
    alike = found.filter(pl.col("tested") & ~pl.col("different"))
    if alike.is_empty():
        return ""
    names = [
        f"{row['first']} and {row['second']}" + (f" ({row['event']})" if "event" in row else "")
        for row in alike.head(MOST_FINDINGS).iter_rows(named=True)
    ]
    more = alike.height - len(names)
    return (
        f" No comparison shows a difference between {', '.join(names)}"
        f"{' and ' + counted(more, 'more pair') if more else ''}, "
        "which does not mean that they are alike."
    )


def _in_words(row: Mapping[str, Any]) -> str:
    """Say that two people differ: the one with the larger share first."""
    more = row["difference"] > 0
    first, second = ("first", "second") if more else ("second", "first")
    low, high = row["difference_low"], row["difference_high"]
    low, high = (low, high) if more else (-high, -low)
    what = IN_WORDS.get(row["shown"], row["shown"])
    shares = [f"{row[f'share_{which}']:.0%}" for which in (first, second)]
    where = f"{row['event']}: " if "event" in row else ""
    return (
        f"{where}{row[first]} shows {what} in {shares[0]} of the frames, {row[second]} in "
        f"{shares[1]}: {abs(row['difference']) * 100:.0f} points more "
        f"({low * 100:.0f} to {high * 100:.0f}), p {p_value(row['p_holm'])}, by {row['detector']}."
    )

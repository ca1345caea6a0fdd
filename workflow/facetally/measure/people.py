"""What each person's face showed: shares of emotions and classes, when, and whether people differ.

Everything is measured on the table of :func:`facetally.measure.expressions.expressions`. How
certain a figure is depends on how much it varies from one video to the next, since frames of one
video are alike. So whole units are resampled and permuted: videos, or the turns of a recording if
there is only one.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, Final

import numpy as np
import polars as pl

from facetally.emotions import CLASS_SCORES, CLASSES, EMOTIONS
from facetally.measure.intervals import (
    CONFIDENCE,
    SHUFFLES,
    SHUFFLES_OF_MANY,
    Numbers,
    expanded_interval,
    holm,
    permutation_test,
    resampled,
)
from facetally.study.names import counted
from facetally.study.people import Turns

SHOWN: Final = (*EMOTIONS, *CLASS_SCORES)
"""What the shares of frames refer to: the emotions and the classes."""

SHARES: Final = tuple(f"share_{name}" for name in SHOWN)
MEANS: Final = tuple(f"video_{name}" for name in SHARES)
SCORES: Final = (*(f"score_{emotion}" for emotion in EMOTIONS), "valence")

VIDEO: Final = "video"
TURN: Final = "turn"

ENOUGH: Final = 1 - CONFIDENCE
"""What p must be below. If the units cannot give a p below this, there are too few of them."""

OF_TEXT: Final = 3
"""The first columns of the readable table, which are not numbers."""

MANY_PAIRS: Final = 66
"""Pairs of people (those of 12 people) above which fewer shuffles are drawn for each."""

DIFFERENT: Final = "different"
NOT_TOLD_APART: Final = "not told apart"
TOO_FEW: Final = "too few"


def _with_ends(names: Iterable[str]) -> list[str]:
    return [f"{name}{end}" for name in names for end in ("", "_low", "_high")]


PEOPLE: Final = pl.Schema(
    {
        "person": pl.String(),
        "detector": pl.String(),
        "videos": pl.Int64(),
        "frames": pl.Int64(),
        "minutes": pl.Float64(),
        "coverage": pl.Float64(),
        **{name: pl.Float64() for name in _with_ends((*SHARES, *MEANS, *SCORES))},
        "units": pl.Int64(),
        "unit": pl.String(),
        **{
            f"{kind}_{label}": pl.Float64()
            for kind in ("predicted", "golden")
            for label in CLASS_SCORES
        },
        "dataset": pl.String(),
    }
)

PAIRS: Final = pl.Schema(
    {
        "first": pl.String(),
        "second": pl.String(),
        "shown": pl.String(),
        "share_first": pl.Float64(),
        "share_second": pl.Float64(),
        "difference": pl.Float64(),
        "difference_low": pl.Float64(),
        "difference_high": pl.Float64(),
        "p": pl.Float64(),
        "p_holm": pl.Float64(),
        "finding": pl.String(),
        "reason": pl.String(),
        "units_first": pl.Int64(),
        "units_second": pl.Int64(),
        "unit": pl.String(),
        "dataset": pl.String(),
        "detector": pl.String(),
    }
)

BY_EVENT: Final = pl.Schema(
    {
        "event": pl.String(),
        **{
            name: kind
            for name, kind in PEOPLE.items()
            if not name.startswith(("predicted_", "golden_"))
        },
    }
)
EVENT_PAIRS: Final = pl.Schema({"event": pl.String(), **PAIRS})

OVER_TIME: Final = pl.Schema(
    {
        "person": pl.String(),
        "video": pl.String(),
        "segment": pl.Int64(),
        "start_time": pl.Float64(),
        "end_time": pl.Float64(),
        "frames": pl.Int64(),
        "coverage": pl.Float64(),
        **{name: pl.Float64() for name in (*SHARES, "valence")},
        "dataset": pl.String(),
        "detector": pl.String(),
    }
)


@dataclass(frozen=True)
class Person:
    """What one person shows, as one detector finds it.

    Attributes:
        name: the person.
        videos: sums over each of the person's videos: frames with a face, and those that show
            what SHOWN names; (videos, 1 + SHOWN).
        turns: the same over each turn; a video without turns counts as one.
    """

    name: str
    videos: Numbers
    turns: Numbers

    def units(self, unit: str) -> Numbers:
        """Return the sums over units of one kind."""
        return self.videos if unit == VIDEO else self.turns


def sums(frames: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Sum up what frames show, by group.

    Args:
        frames: the table of :func:`facetally.measure.expressions.expressions`.
        by: the columns that define a group.

    Returns:
        One row per group, sorted: ``by``, ``frames``, ``seconds``, ``faces`` (frames in which a
        face counts), the number of frames that show each of SHOWN, and the sums of the scores and
        of the valence, named as in SCORES.
    """
    return (
        frames.group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias("frames"),
            pl.col("seconds").sum(),
            pl.col("width").count().cast(pl.Int64).alias("faces"),
            *((pl.col("emotion") == emotion).sum().alias(emotion) for emotion in EMOTIONS),
            *((pl.col("class") == label).sum().alias(label.lower()) for label in CLASSES),
            *(pl.col(emotion).sum().alias(f"score_{emotion}") for emotion in EMOTIONS),
            pl.col("valence").sum(),
        )
        .sort(by)
    )


def people_table(
    dataset: str,
    frames: pl.DataFrame,
    labels: Mapping[str, pl.DataFrame] | None = None,
    by_faces: Collection[str] = (),
) -> pl.DataFrame:
    """Measure what each person of a dataset shows, as each detector finds it.

    Args:
        dataset: its name.
        frames: the table of :func:`facetally.measure.expressions.expressions`.
        labels: the table of :func:`facetally.measure.counts.count_labels` by detector, if labels
            are to be counted.
        by_faces: the videos in which faces decide who is seen.

    Returns:
        The columns of PEOPLE, one row per person and detector, sorted by person and then in the
        order of the detectors. ``minutes`` is the time that the frames represent, ``coverage`` the
        fraction of frames in which a face counts, null for a person in any video in which faces
        decide: the frames in which the person is there without a face are then unknown. Shares
        are fractions of the frames with a face; ``video_share_...`` are means over videos, all
        with the same weight. Each has the 95 % interval of a bootstrap over ``units``
        (:func:`facetally.measure.intervals.resampled`): whole videos, or turns
        if there is only one video; null for a single unit. The predicted
        and golden columns are fractions of the videos that show only this person and have such a
        label. Frames outside all turns are in a last row without a person.
    """
    rows = []
    people = frames.group_by("video").agg(pl.col("person").drop_nulls().n_unique())
    shared = people.filter(pl.col("person") > 1)["video"]
    parts = frames.partition_by("person", "detector", as_dict=True)
    for number, name in enumerate(sorted(frames["person"].unique(), key=_nobody_last)):
        for detector in frames["detector"].unique(maintain_order=True):
            if (own := parts.get((name, detector))) is not None:
                rows.append(
                    {"person": name, "detector": detector, "dataset": dataset}
                    | _figures_of(own, number)
                    | ({} if _is_covered(name, own, by_faces) else {"coverage": None})
                    | (_labels_of(own, shared, labels[detector]) if labels else {})
                )
    return pl.DataFrame(rows, schema=PEOPLE)


def as_text(people: pl.DataFrame) -> str:
    """Format the shares of emotions as a table in Markdown.

    Args:
        people: the columns of PEOPLE.
    """
    head = ["Dataset", "Person", "Detector", "Frames", *(name.capitalize() for name in EMOTIONS)]
    rows = [head]
    for row in people.iter_rows(named=True):
        shares = [row[f"share_{emotion}"] for emotion in EMOTIONS]
        cells = [
            row["dataset"],
            "(nobody)" if row["person"] is None else row["person"].replace("|", "\\|"),
            row["detector"],
            f"{row['frames']:,}",
            *("" if share is None else f"{share:.0%}" for share in shares),
        ]
        rows.append(cells)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = [
        [
            cell.ljust(width) if place < OF_TEXT else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        for cells in rows
    ]
    rule = ["-" * width for width in widths[:OF_TEXT]]
    rule += ["-" * (width - 1) + ":" for width in widths[OF_TEXT:]]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [texts[0], rule, *texts[1:]])


def _nobody_last(name: str | None) -> tuple[bool, str]:
    return name is None, name or ""


def _is_covered(name: str | None, frames: pl.DataFrame, by_faces: Collection[str]) -> bool:
    """Return whether a person's frames are known with and without a face."""
    return name is None or not frames["video"].is_in(list(by_faces)).any()


def _figures_of(frames: pl.DataFrame, number: int) -> dict[str, Any]:
    """Compute the row of a person and a detector, without the labels."""
    videos = sums(frames, ["video"])
    units, unit = videos.filter(pl.col("faces") > 0), VIDEO
    if units.height < 2:
        turns = sums(frames, ["video", "turn"]).filter(pl.col("faces") > 0)
        units, unit = (turns, TURN) if turns.height > 1 else (units, VIDEO)
    summed = ["faces", *SHOWN, *SCORES]
    of_units = units.select(pl.col(summed).cast(pl.Float64))
    # For a mean over videos, the shares of each video are what is summed.
    shares = of_units.select(pl.col(SHOWN) / pl.col("faces")).with_columns(pl.lit(1.0).alias("1"))
    table = np.hstack([of_units.to_numpy(), shares.to_numpy()])
    row: dict[str, Any] = {
        "videos": videos.height,
        "frames": int(videos["frames"].sum()),
        "minutes": round(float(videos["seconds"].sum()) / 60, 6),
        "coverage": int(videos["faces"].sum()) / int(videos["frames"].sum()),
        "units": units.height,
        "unit": unit,
    }
    names = (*SHARES, *SCORES, *MEANS)
    if not units.height:
        return row
    row |= dict(zip(names, map(float, _pooled_and_mean(table.sum(axis=0))), strict=True))
    if units.height > 1:
        distribution = resampled(table, _pooled_and_mean, number)
        low, high = expanded_interval(distribution, units.height)
        for place, name in enumerate(names):
            row[f"{name}_low"], row[f"{name}_high"] = float(low[place]), float(high[place])
    if units.height < 2 or unit == TURN:
        # One video says nothing about the interval of a mean over videos.
        row |= {f"{name}{end}": None for name in MEANS for end in ("_low", "_high")}
        row |= {name: row[share] for name, share in zip(MEANS, SHARES, strict=True)}
    if not _of_emotions(frames):
        row |= dict.fromkeys(
            _with_ends(
                [name for name in names if name.rpartition("_")[2] in (*EMOTIONS, "valence")]
            )
        )
    return row


def _of_emotions(frames: pl.DataFrame) -> bool:
    """Return whether the faces that count have scores of emotions, not just of the classes."""
    return frames["emotion"].count() > 0 or not frames["class"].count()


def _pooled_and_mean(summed: Numbers) -> Numbers:
    """Divide sums of frames by the number of faces, and sums of shares by that of units."""
    width = len(SHARES) + len(SCORES)
    faces, rest = summed[..., :1], summed[..., 1:]
    return np.concatenate(
        [rest[..., :width] / faces, rest[..., width:-1] / rest[..., -1:]], axis=-1
    )


def _labels_of(frames: pl.DataFrame, shared: pl.Series, labels: pl.DataFrame) -> dict[str, float]:
    """Return the fractions of predicted and golden labels among a person's own videos."""
    alone = frames["video"].unique()
    alone = alone.filter(~alone.is_in(shared.implode()))
    own = labels.filter(pl.col("filename").is_in(alone.implode()))
    found: dict[str, float] = {}
    for kind, column in (("predicted", "predict"), ("golden", "golden")):
        given = own[column].drop_nulls()
        if given.len():
            found |= {
                f"{kind}_{label.lower()}": float((given == label).sum() / given.len())
                for label in CLASSES
            }
    return found


def pairs_table(dataset: str, frames: pl.DataFrame) -> pl.DataFrame:
    """Compare what every pair of people in a dataset shows.

    Args:
        dataset: its name.
        frames: the table of :func:`facetally.measure.expressions.expressions`.

    Returns:
        The columns of PAIRS, one row per pair, detector, and emotion or class. ``difference`` is
        the first person's share of frames less the second's, with its 95 % interval from
        resampling both people's units. There are no emotions if the recognizer predicts only
        classes. ``p`` is from a permutation test that reassigns the units to the two people
        (:func:`facetally.measure.intervals.permutation_test`), and ``p_holm`` is p corrected for
        all tests of the dataset (Holm, Scandinavian Journal of Statistics 6, 1979). ``finding`` is
        ``different`` if ``p_holm`` is below 0.05, ``too few`` if no arrangement of these few units
        could give such a p (``reason`` then says why), and otherwise ``not told apart``.
    """
    rows = _pairs(dataset, frames, _shuffles([frames]))
    _correct(rows)
    return pl.DataFrame(rows, schema=PAIRS)


def _shuffles(compared: Collection[pl.DataFrame]) -> int:
    """Return how many shuffles to draw for each pair of the people in these tables of frames."""
    people = max((frames["person"].drop_nulls().n_unique() for frames in compared), default=0)
    many = comb(people, 2) * len(compared) > MANY_PAIRS
    return SHUFFLES_OF_MANY if many else SHUFFLES


def _pairs(dataset: str, frames: pl.DataFrame, shuffles: int) -> list[dict[str, Any]]:
    """Compare every pair of people, before the correction for the number of tests."""
    rows: list[dict[str, Any]] = []
    for detector in frames["detector"].unique(maintain_order=True):
        own = frames.filter(detector=detector)
        left_out = () if _of_emotions(own) else EMOTIONS
        found = _persons(own)
        turns = own.group_by("video").agg(pl.col("turn").drop_nulls().n_unique())["turn"]
        in_turns = (turns > 1).any()
        drawn: dict[tuple[int, str], Numbers] = {}
        for (one, first), (other, second) in combinations(enumerate(found), 2):
            several = min(len(first.videos), len(second.videos)) > 1
            unit = TURN if in_turns and not several else VIDEO
            units = first.units(unit), second.units(unit)
            for number, summed in zip((one, other), units, strict=True):
                if (number, unit) not in drawn and len(summed) > 1:
                    drawn[number, unit] = resampled(summed, _shares, number)
            ends = drawn.get((one, unit)), drawn.get((other, unit))
            rows += [
                row
                | {"first": first.name, "second": second.name, "unit": unit}
                | {"dataset": dataset, "detector": detector}
                for row in _compared(first.name, second.name, units, ends, shuffles)
                if row["shown"] not in left_out
            ]
    return rows


def _shares(summed: Numbers) -> Numbers:
    return summed[..., 1:] / summed[..., :1]


def _persons(frames: pl.DataFrame) -> list[Person]:
    """Sum up what each named person shows, sorted by name."""

    def of_each(by: list[str]) -> dict[Any, Numbers]:
        table = sums(frames.drop_nulls("person"), ["person", *by]).filter(pl.col("faces") > 0)
        return {
            name: own.select(pl.col("faces", *SHOWN).cast(pl.Float64)).to_numpy()
            for (name,), own in table.partition_by("person", as_dict=True).items()
        }

    videos, turns = of_each(["video"]), of_each(["video", "turn"])
    none = np.zeros((0, 1 + len(SHOWN)))
    names = sorted(frames["person"].drop_nulls().unique())
    return [Person(name, videos.get(name, none), turns.get(name, none)) for name in names]


def _compared(
    first: str,
    second: str,
    units: tuple[Numbers, Numbers],
    drawn: tuple[Numbers | None, Numbers | None],
    shuffles: int,
) -> list[dict[str, Any]]:
    """Compare two people: one row for each of SHOWN."""
    numbers = tuple(map(len, units))
    shares = [_shares(own.sum(axis=0)) if len(own) else None for own in units]
    rows: list[dict[str, Any]] = [
        {
            "shown": name,
            **{
                f"share_{which}": None if own is None else float(own[place])
                for which, own in zip(("first", "second"), shares, strict=True)
            },
            "units_first": numbers[0],
            "units_second": numbers[1],
        }
        for place, name in enumerate(SHOWN)
    ]
    if shares[0] is None or shares[1] is None:
        who = " or ".join(
            name for name, own in zip((first, second), shares, strict=True) if own is None
        )
        return [row | {"finding": TOO_FEW, "reason": f"no face of {who}"} for row in rows]
    for place, row in enumerate(rows):
        row["difference"] = float(shares[0][place] - shares[1][place])
    if drawn[0] is not None and drawn[1] is not None:
        low, high = expanded_interval(drawn[0] - drawn[1], min(numbers))
        for place, row in enumerate(rows):
            row["difference_low"], row["difference_high"] = float(low[place]), float(high[place])
    test = permutation_test(*units, _shares, shuffles)
    # The reverse of an arrangement is as extreme, and is one too if both have as many units.
    least = (2 if numbers[0] == numbers[1] else 1) / test.arrangements
    for place, row in enumerate(rows):
        row |= {"p": float(test.p[place]), "least": least, "arrangements": test.arrangements}
    return rows


def _correct(rows: list[dict[str, Any]]) -> None:
    """Correct the p values of a dataset for their number, and add the finding to each row."""
    tested = [row for row in rows if "p" in row]
    # A test that could never be significant needs no correction (Tarone, Biometrics 46, 1990).
    able = [row for row in tested if row["least"] < ENOUGH]
    for row, p in zip(able, holm([row["p"] for row in able]), strict=True):
        row["p_holm"] = p
    for row in tested:
        arrangements, least = row.pop("arrangements"), row.pop("least")
        if row.get("p_holm", 1) < ENOUGH:
            row["finding"] = DIFFERENT
        elif least * max(1, len(able)) < ENOUGH:
            row["finding"] = NOT_TOLD_APART
        else:
            row["finding"] = TOO_FEW
            row["reason"] = (
                f"{row['units_first']} and {row['units_second']} {row['unit']}s can be dealt out "
                f"in {counted(arrangements, 'way')}, so p cannot be below {least:.2g}"
                + (f", which {len(able)} tests need smaller" if least < ENOUGH else "")
            )


def over_time(
    dataset: str, frames: pl.DataFrame, segment: pl.Expr, by_faces: Collection[str] = ()
) -> pl.DataFrame:
    """Measure what each person shows in each time segment of each video.

    Args:
        dataset: its name.
        frames: the table of :func:`facetally.measure.expressions.expressions`.
        segment: the number of a frame's segment.
        by_faces: the videos in which faces decide who is seen.

    Returns:
        The columns of OVER_TIME, sorted by person, video, segment and then in the order of the
        detectors; times are in seconds, of the first and the last sampled frame. Shares are
        fractions of the frames in which a face counts, null if there are none. Shares of emotions
        and the valence are also null if the recognizer predicts only classes. ``coverage`` is null
        for a person in a video in which faces decide.
    """
    unknown = [] if _of_emotions(frames) else [*(f"share_{name}" for name in EMOTIONS), "valence"]
    marked = frames.with_columns(segment=segment)
    by = ["person", "video", "segment", "detector"]
    times = marked.group_by(by).agg(start_time=pl.col("time").min(), end_time=pl.col("time").max())
    detectors = frames["detector"].unique(maintain_order=True)
    return (
        sums(marked, by)
        .join(times, on=by, nulls_equal=True, maintain_order="left")
        .with_columns(*_fractions(), pl.lit(dataset).alias("dataset"))
        .with_columns(pl.lit(None).alias(name) for name in unknown)
        .with_columns(
            coverage=pl.when(
                pl.col("person").is_null() | ~pl.col("video").is_in(list(by_faces))
            ).then("coverage")
        )
        .sort(
            pl.col("person").is_null(),
            "person",
            "video",
            "segment",
            pl.col("detector").cast(pl.Enum(detectors)),
        )
        .select(pl.col(name).cast(kind) for name, kind in OVER_TIME.items())
    )


def _fractions() -> list[pl.Expr]:
    """Divide sums by the number of frames with a face; null if there are none."""
    faces = pl.when(pl.col("faces") > 0).then("faces")
    return [
        *((pl.col(name) / faces).alias(share) for name, share in zip(SHOWN, SHARES, strict=True)),
        (pl.col("valence") / faces).alias("valence"),
        (pl.col("faces") / pl.col("frames")).alias("coverage"),
    ]


def in_events(frames: pl.DataFrame, events: Turns) -> dict[str, pl.DataFrame]:
    """Return the frames that belong to each event.

    Args:
        frames: the table of :func:`facetally.measure.expressions.expressions`, of one dataset.
        events: what its videos are about, and when.

    Returns:
        The rows by event, in the order in which events first occur; a frame in several events is
        in each of them.
    """
    of_video = frames.partition_by("video", as_dict=True, maintain_order=True)
    found: dict[str, dict[str, list[pl.Expr]]] = {}
    for video, own in events.items():
        for event in own:
            within = pl.col("time") >= event.start
            if event.end is not None:
                within &= pl.col("time") < event.end
            found.setdefault(event.name, {}).setdefault(video, []).append(within)
    return {
        name: pl.concat(
            of_video[(video,)].filter(pl.any_horizontal(within)) for video, within in own.items()
        )
        for name, own in found.items()
    }


def events_table(
    dataset: str, frames: Mapping[str, pl.DataFrame], by_faces: Collection[str] = ()
) -> pl.DataFrame:
    """Measure what each person shows in each event.

    Args:
        dataset: its name.
        frames: the frames of each event.
        by_faces: the videos in which faces decide who is seen.

    Returns:
        The columns of BY_EVENT, with the meaning of :func:`people_table`.
    """
    tables = [
        people_table(dataset, own, by_faces=by_faces).select(
            pl.lit(event).alias("event"), pl.all()
        )
        for event, own in frames.items()
    ]
    return pl.concat([BY_EVENT.to_frame(), *(table.select(BY_EVENT.names()) for table in tables)])


def event_pairs_table(dataset: str, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Compare what every pair of people shows in each event.

    Args:
        dataset: its name.
        frames: the frames of each event.

    Returns:
        The columns of EVENT_PAIRS, with the meaning of :func:`pairs_table`; p is corrected for the
        tests of all events.
    """
    shuffles = _shuffles(frames.values())
    rows = [
        row | {"event": event}
        for event, own in frames.items()
        for row in _pairs(dataset, own, shuffles)
    ]
    _correct(rows)
    return pl.DataFrame(rows, schema=EVENT_PAIRS)

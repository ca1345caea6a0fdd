"""The figures about a study's people: what each one showed, side by side, when, and over time."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

import altair as alt
import polars as pl
from altair.typing import ChartType

from facetally.emotions import EMOTIONS
from facetally.measure.people import SHARES
from facetally.report.charts import EMOTION_COLOURS, GREY, ROW_HEIGHT, Figure, heatmap, legend
from facetally.report.charts import SHARES as SHARES_AXIS
from facetally.study.names import counted

NOBODY: Final = "(nobody)"
"""The name for whoever is seen outside all turns."""

MOST_BARS: Final = 80
"""The maximum number of rows of bars in a figure; the table has all."""

ROOMY: Final = 16
"""Up to this many bars have two-line labels."""

NARROW: Final = 16
"""Height in pixels of a bar if there are more."""

MOST_DOTS: Final = 6
"""Up to this many people are compared as dots with intervals; more are rows of a heatmap."""

DOTS_HEIGHT: Final = 14
"""Height in pixels of a dot with its interval."""

MOST_IN_WORDS: Final = 4
"""Rows that a caption puts into words."""

MOST_LANES: Final = 8
PERSON_HEIGHT: Final = 12
"""If at most this many people are seen side by side, each has a lane of this height (px)."""

MOST_VIDEOS: Final = 12
"""The number of recordings with a lane in a figure over time: the longest ones."""

LANE_HEIGHT: Final = 44
"""Height in pixels of a recording's lane."""

PARTS: Final = 120
"""The number of stretches that a figure's lanes are divided into, in total for each detector."""

LEAST_WIDTH: Final = 0.005
"""The width of a stretch with a single frame, as a fraction of the longest lane."""

LABELS: Final = 170
"""Maximum width of a label in pixels."""

COURSE: Final = "course"
"""The name of a chart's data."""

PEOPLE_COLOURS: Final = (
    "#1B6CA8",
    "#B5651D",
    "#5B8C5A",
    "#8E4585",
    "#C2474A",
    "#008B8B",
    "#7A6A4F",
    "#6A5ACD",
    "#9A7D0A",
    "#B85C78",
    "#4F6D7A",
    "#708238",
)
"""Colours of people and detectors, in rotation: mid tones, none of them an emotion's."""

NOT_OF_EMOTIONS: Final = "No face was found, or the network predicts classes instead of emotions."


def named(people: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows with shares of emotions, and name whoever has no name NOBODY."""
    return people.filter(pl.col("share_neutral").is_not_null()).with_columns(
        pl.col("person").fill_null(NOBODY)
    )


def shares_figure(dataset: str, people: pl.DataFrame) -> Figure:
    """Show the shares of each emotion, by person and detector, as bars of equal length.

    Args:
        dataset: its name.
        people: the columns of :data:`facetally.measure.people.PEOPLE`.
    """
    title = f"What each person's face showed, {dataset}"
    return _bars(f"{dataset}/people_shares", title, named(people), ["person"])


def events_figure(dataset: str, events: pl.DataFrame) -> Figure:
    """Show the shares of each emotion by event, person and detector.

    Args:
        dataset: its name.
        events: the columns of :data:`facetally.measure.people.BY_EVENT`.
    """
    title = "What each person's face showed in each event"
    return _bars(f"{dataset}/events", title, named(events), ["event", "person"])


def _bars(name: str, title: str, rows: pl.DataFrame, first_line: list[str]) -> Figure:
    """Draw a bar of shares for each row.

    Args:
        name: of the figure.
        title: its title.
        rows: the shares.
        first_line: the columns that name a row, before its detector.
    """
    columns = [*first_line, "detector"]
    table = rows.unpivot(
        [f"share_{emotion}" for emotion in EMOTIONS],
        index=columns,
        variable_name="emotion",
        value_name="share",
    ).with_columns(pl.col("emotion").str.strip_prefix("share_"))
    if table.is_empty():
        return Figure(name, title, NOT_OF_EMOTIONS, None, table)
    described = [
        f"{', '.join(row[column] for column in first_line)} ({row['detector']}): {_strongest(row)}"
        for row in rows.head(MOST_IN_WORDS).iter_rows(named=True)
    ]
    more = rows.height - len(described)
    caption = "; ".join(described) + (f"; and {counted(more, 'more row')}." if more > 0 else ".")
    if rows.height > MOST_BARS:
        caption += f" Bars show the first {MOST_BARS} of {rows.height:,} rows."
    roomy = rows.height <= ROOMY
    label = pl.concat_str(
        pl.concat_str(first_line, separator=", "),
        "detector",
        separator="\n" if roomy else ", ",
    )
    drawn = rows.head(MOST_BARS).with_columns(row=label)
    shown = table.join(drawn.select(*columns, "row"), columns, maintain_order="right")
    place = {emotion: number for number, emotion in enumerate(EMOTIONS)}
    lines = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=LABELS)
    chart = (
        alt.Chart(
            shown.with_columns(
                place=pl.col("emotion").replace_strict(place, return_dtype=pl.Int64)
            )
        )
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="share of the frames with a face", axis=SHARES_AXIS),
            y=alt.Y("row:N", sort=drawn["row"].to_list(), title=None, axis=lines),
            color=alt.Color("emotion:N", scale=EMOTION_COLOURS, legend=legend(4)),
            order=alt.Order("place:Q"),
            tooltip=[
                *(alt.Tooltip(f"{column}:N") for column in columns),
                alt.Tooltip("emotion:N"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
        .properties(height=drawn.height * (ROW_HEIGHT + 6 if roomy else NARROW))
    )
    return Figure(name, title, caption, chart.to_dict(), table, "share")


def _strongest(row: Mapping[str, Any]) -> str:
    """Name a person's two commonest emotions, with their intervals."""
    ranked = sorted(EMOTIONS, key=lambda emotion: -row[f"share_{emotion}"])
    present = [emotion for emotion in ranked if row[f"share_{emotion}"]][:2]
    return ", ".join(f"{emotion} {with_interval(row, f'share_{emotion}')}" for emotion in present)


def with_interval(row: Mapping[str, Any], name: str) -> str:
    """Write a share with its interval, if it has one."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    share = f"{row[name]:.0%}"
    return share if low is None else f"{share} ({low:.0%} to {high:.0%})"


def compared_figure(dataset: str, detector: str, people: pl.DataFrame) -> Figure:
    """Compare people as one detector finds them: a few with intervals, many as a heatmap.

    Args:
        dataset: its name.
        detector: its name.
        people: the columns of :data:`facetally.measure.people.PEOPLE`, of all detectors.
    """
    rows = named(people.filter(detector=detector).drop_nulls("person"))
    table = _long(rows, "person")
    title = f"People side by side, {detector}"
    name = f"{dataset}/{detector}/people_compared"
    if table.is_empty():
        return Figure(name, title, NOT_OF_EMOTIONS, None, table)
    order = rows["person"].to_list()
    if len(order) == 1:
        return Figure(name, title, f"{order[0]} is the only person here.", None, table)
    peaks = table.sort("share", descending=True, maintain_order=True).unique(
        "emotion", keep="first", maintain_order=True
    )
    most = "; ".join(
        f"{row['emotion']} {row['person']} ({row['share']:.0%})"
        for row in peaks.filter(pl.col("share") > 0).iter_rows(named=True)
    )
    caption = f"Largest share of each emotion: {most}."
    if len(order) <= MOST_DOTS:
        chart = _dots(table, "person", order)
        lines = " Lines are 95 % intervals." if table["low"].count() else ""
        return Figure(name, title, caption + lines, chart.to_dict(), table)
    grid = heatmap(table, ("person", order), ("emotion", EMOTIONS), "share", ".0%")
    return Figure(name, title, caption, grid.to_dict(), table)


def person_figure(dataset: str, person: str, people: pl.DataFrame) -> Figure:
    """Show one person's shares with intervals, by detector.

    Args:
        dataset: its name.
        person: the name.
        people: the columns of :data:`facetally.measure.people.PEOPLE`.
    """
    rows = named(people.filter(person=person))
    table = _long(rows, "detector")
    title = f"What {person}'s face showed"
    name = f"person/{dataset}/{person}"
    if table.is_empty():
        return Figure(name, title, NOT_OF_EMOTIONS, None, table)
    caption = "; ".join(
        f"{row['detector']}: {_strongest(row)}" for row in rows.iter_rows(named=True)
    )
    chart = _dots(table, "detector", rows["detector"].to_list())
    return Figure(name, title, f"{caption}.", chart.to_dict(), table)


def _long(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Return ``by, emotion, share, low, high``: one row per emotion for each row."""
    return pl.concat(
        [
            pl.DataFrame(
                schema={
                    by: pl.String,
                    "emotion": pl.String,
                    **dict.fromkeys(("share", "low", "high"), pl.Float64),
                }
            ),
            *(
                rows.select(
                    by,
                    pl.lit(emotion).alias("emotion"),
                    pl.col(f"share_{emotion}").alias("share"),
                    pl.col(f"share_{emotion}_low").alias("low"),
                    pl.col(f"share_{emotion}_high").alias("high"),
                )
                for emotion in EMOTIONS
            ),
        ]
    )


def _dots(table: pl.DataFrame, by: str, order: list[str]) -> ChartType:
    """Draw a dot for each share and a line for its interval, side by side per emotion."""
    colour = alt.Color(
        f"{by}:N",
        sort=order,
        legend=legend(3),
        scale=alt.Scale(domain=order, range=_colours(order)),
    )
    base = alt.Chart(table).encode(
        y=alt.Y("emotion:N", sort=list(EMOTIONS), title=None),
        yOffset=alt.YOffset(f"{by}:N", sort=order),
        color=colour,
        tooltip=[
            alt.Tooltip(f"{by}:N"),
            alt.Tooltip("emotion:N"),
            *(alt.Tooltip(f"{end}:Q", format=".1%") for end in ("share", "low", "high")),
        ],
    )
    title = "share of the frames with a face"
    intervals = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=title, axis=SHARES_AXIS), x2=alt.X2("high:Q")
    )
    dots = base.mark_point(filled=True, size=50, opacity=1).encode(
        x=alt.X("share:Q", title=title, axis=SHARES_AXIS)
    )
    layers = [intervals, dots] if table["low"].count() else [dots]
    height = len(EMOTIONS) * max(ROW_HEIGHT, (len(order) + 1) * DOTS_HEIGHT)
    return alt.layer(*layers).properties(height=height)


def _colours(people: list[str]) -> list[str]:
    """Return a colour for each person; nobody is grey."""
    return [
        GREY if name == NOBODY else PEOPLE_COLOURS[number % len(PEOPLE_COLOURS)]
        for number, name in enumerate(people)
    ]


SPANS: Final = pl.Schema(
    {
        "video": pl.String(),
        "person": pl.String(),
        "start": pl.Float64(),
        "end": pl.Float64(),
    }
)


def spans(frames: pl.DataFrame, several: Collection[str] = ()) -> pl.DataFrame:
    """Return the spans in which each person is seen, in the longest recordings of several people.

    Args:
        frames: the table of :func:`facetally.measure.expressions.expressions`, of one dataset.
        several: videos that may show several people, although no one has said who is seen when.

    Returns:
        The columns of SPANS, in seconds, in order of time; no rows if no video has turns and none
        is named in ``several``.
    """
    own = frames.filter(pl.col("detector") == frames["detector"].first())
    drawn = (
        own.group_by("video")
        .agg(pl.col("turn").n_unique().alias("turns"), pl.col("time").max().alias("length"))
        .filter((pl.col("turns") > 1) | pl.col("video").is_in(list(several)))
        .sort("length", "video", descending=[True, False])
        .head(MOST_VIDEOS)
    )
    return (
        own.join(drawn, "video", "semi")
        # For people side by side, turns alternate from row to row.
        .with_columns(
            part=pl.coalesce(
                "turn", -1 - pl.struct("person", "turn").rle_id().over("video").cast(pl.Int64)
            )
        )
        .group_by("video", "part", maintain_order=True)
        .agg(
            pl.col("person").first().fill_null(NOBODY),
            pl.col("time").first().alias("start"),
            (pl.col("time") + pl.col("seconds")).last().alias("end"),
        )
        .select(SPANS.names())
    )


def when_figure(dataset: str, turns: pl.DataFrame, shots: pl.DataFrame) -> Figure | None:
    """Show who is seen when, and the cuts; None if no video has turns.

    Args:
        dataset: its name.
        turns: the table of :func:`spans`.
        shots: the columns of :data:`facetally.measure.several_people.SHOTS`, of the dataset.
    """
    if turns.is_empty():
        return None
    lasting = turns.with_columns(seconds=pl.col("end") - pl.col("start"))
    total = lasting.group_by("person", maintain_order=True).agg(
        pl.col("seconds").sum(), pl.len().alias("turns")
    )
    caption = "; ".join(
        f"{row['person']} {_duration(row['seconds'])} in {row['turns']:,} part"
        + ("" if row["turns"] == 1 else "s")
        for row in total.iter_rows(named=True)
    )
    people = total["person"].to_list()
    videos = turns["video"].unique(maintain_order=True).to_list()
    cuts = shots.filter(pl.col("shot") > 0, pl.col("video").is_in(videos))
    cuts = cuts.select("video", pl.col("start").alias("cut"))
    if cuts.height:
        caption += f"; {counted(cuts.height, 'cut')} (ticks)"
    video = alt.Y("video:N", sort=videos, title=None, axis=alt.Axis(labelLimit=LABELS))
    # People seen at the same time would hide each other.
    lanes = len(people) if len(people) <= MOST_LANES and _side_by_side(turns) else 1
    row = max(ROW_HEIGHT, lanes * PERSON_HEIGHT)
    time = alt.Scale(nice=False)
    bars = (
        alt.Chart(turns)
        .mark_bar()
        .encode(
            x=alt.X("start:Q", title="time, s", scale=time),
            x2=alt.X2("end:Q"),
            y=video,
            color=alt.Color(
                "person:N",
                legend=legend(4),
                scale=alt.Scale(domain=people, range=_colours(people)),
            ),
            tooltip=[
                alt.Tooltip("video:N"),
                alt.Tooltip("person:N"),
                alt.Tooltip("start:Q"),
                alt.Tooltip("end:Q"),
            ],
            **({"yOffset": alt.YOffset("person:N", sort=people)} if lanes > 1 else {}),
        )
    )
    ticks = (
        alt.Chart(cuts)
        .mark_tick(color=GREY, thickness=2, height=row)
        .encode(
            x=alt.X("cut:Q", title="time, s", scale=time),
            y=video,
            tooltip=[alt.Tooltip("video:N"), alt.Tooltip("cut:Q")],
        )
    )
    layers = [bars, ticks] if cuts.height else [bars]
    chart = alt.layer(*layers).properties(height=len(videos) * row)
    title = f"Who is seen when, {dataset}"
    return Figure(f"{dataset}/when", title, f"{caption}.", chart.to_dict(), turns)


def _side_by_side(turns: pl.DataFrame) -> bool:
    """Return whether two people are ever seen at once."""
    before = pl.col("end").cum_max().shift(1).over("video")
    ordered = turns.sort("video", "start", maintain_order=True)
    return bool(ordered.select((pl.col("start") < before).any()).item())


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def course_figure(dataset: str, person: str, times: pl.DataFrame) -> Figure:
    """Show what one person's face showed over time, one lane for each of the longest videos.

    Args:
        dataset: its name.
        person: the name.
        times: the columns of :data:`facetally.measure.people.OVER_TIME`, of all people.
    """
    own = times.filter(pl.col("person") == person, pl.col("share_neutral").is_not_null())
    title = "Over time"
    name = f"course/{dataset}/{person}"
    if own.is_empty():
        return Figure(name, title, NOT_OF_EMOTIONS, None, own)
    lasting = own.group_by("video").agg(pl.col("end_time").max() - pl.col("start_time").min())
    videos = lasting.sort("end_time", "video", descending=[True, False])["video"]
    drawn = sorted(videos.head(MOST_VIDEOS))
    parts = _parts(own.filter(pl.col("video").is_in(drawn)), max(1, PARTS // len(drawn)))
    lanes = parts.select("video", "detector").unique(maintain_order=True)
    names = [f"{row[0]}, {row[1]}" for row in lanes.iter_rows()]
    valences = parts["valence"].to_list()
    rectangles = _stacked(parts.join(lanes.with_row_index("lane"), ["video", "detector"]))
    caption = (
        f"One lane for each {'video and ' if len(drawn) > 1 else ''}detector: heights are shares, "
        "angry at the bottom, neutral at the top. "
        + (
            f"The {MOST_VIDEOS} longest of {videos.len():,} videos. "
            if videos.len() > len(drawn)
            else ""
        )
        + f"Valence from {min(valences):+.2f} to {max(valences):+.2f}."
    )
    chart = _lanes(names) | {"datasets": {COURSE: rectangles.write_csv()}}
    return Figure(name, title, caption, chart, own)


def _parts(times: pl.DataFrame, most: int) -> pl.DataFrame:
    """Merge neighbouring segments, so that a video has at most ``most`` stretches."""
    lane = ["video", "detector"]
    # Where faces decide who is seen, there is no coverage: each frame has a face.
    faces = pl.col("frames") * pl.col("coverage").fill_null(1.0)
    follows = pl.col("segment").shift(-1).over(lane) == pl.col("segment") + 1
    end = pl.when(follows).then(pl.col("start_time").shift(-1).over(lane))
    together = (pl.len().over(lane) / most).ceil().cast(pl.Int64)
    return (
        times.with_columns(
            end=end.fill_null(pl.col("end_time")),
            part=pl.int_range(pl.len()).over(lane) // together,
        )
        .group_by(*lane, "part", maintain_order=True)
        .agg(
            pl.col("start_time").min().alias("start"),
            pl.col("end").max(),
            *((pl.col(share) * faces).sum() / faces.sum() for share in (*SHARES, "valence")),
        )
    )


def _stacked(parts: pl.DataFrame) -> pl.DataFrame:
    """Stack the shares of each stretch within its lane."""
    widest = float(parts["end"].max()) or 1.0  # type: ignore[arg-type]
    until = pl.max_horizontal("end", pl.col("start") + LEAST_WIDTH * widest)
    long = parts.with_columns(end=until).unpivot(
        [f"share_{emotion}" for emotion in EMOTIONS],
        index=["video", "detector", "part", "lane", "start", "end"],
        variable_name="emotion",
        value_name="share",
    )
    above = pl.col("share").cum_sum().over("lane", "part")
    return (
        long.with_columns(above=above)
        .filter(pl.col("share") > 0)
        .select(
            pl.col("video"),
            pl.col("detector"),
            pl.col("start", "end").round(2),
            # Leave a tenth between two lanes.
            (pl.col("lane") + 0.95 - 0.9 * (pl.col("above") - pl.col("share")))
            .round(4)
            .alias("low"),
            (pl.col("lane") + 0.95 - 0.9 * pl.col("above")).round(4).alias("high"),
            pl.col("emotion").str.strip_prefix("share_"),
            pl.col("share").round(4),
        )
    )


def _lanes(names: list[str]) -> dict[str, Any]:
    """Return the chart of lanes, without its data."""
    numbers = dict.fromkeys(("start", "end", "low", "high", "share"), "number")
    csv = alt.CsvDataFormat(type="csv", parse=numbers)
    axis = alt.Axis(
        values=[number + 0.5 for number in range(len(names))],
        labelExpr=f"{json.dumps(names)}[floor(datum.value)]",
        labelLimit=LABELS,
        grid=False,
        ticks=False,
    )
    chart = (
        alt.Chart(alt.NamedData(name=COURSE, format=csv))
        .mark_rect()
        .encode(
            x=alt.X("start:Q", title="time, s", scale=alt.Scale(nice=False)),
            x2=alt.X2("end:Q"),
            y=alt.Y(
                "low:Q",
                title=None,
                axis=axis,
                scale=alt.Scale(domain=[0, len(names)], reverse=True, nice=False),
            ),
            y2=alt.Y2("high:Q"),
            color=alt.Color("emotion:N", scale=EMOTION_COLOURS, legend=legend(4)),
            tooltip=[
                alt.Tooltip("video:N"),
                alt.Tooltip("detector:N"),
                alt.Tooltip("emotion:N"),
                alt.Tooltip("share:Q", format=".1%"),
                alt.Tooltip("start:Q"),
                alt.Tooltip("end:Q"),
            ],
        )
        .properties(height=len(names) * LANE_HEIGHT)
    )
    return dict(chart.to_dict())

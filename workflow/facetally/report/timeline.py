"""The seven scores of the face that counts over time, with no more points than can be seen."""

from functools import cache
from typing import Any, Final

import altair as alt
import polars as pl

from facetally.emotions import CLASSES, EMOTIONS
from facetally.measure.counts import counted_faces
from facetally.measure.summary import NO_PREDICTION
from facetally.report.charts import EMOTION_COLOURS, FRACTION, GREY, Figure, legend

POINTS: Final = 1000
"""The maximum number of points: as many as a figure has pixels on a wide screen."""

DECIMALS: Final = 4
"""As many as the scores in raw FER JSON have."""

NUMBERS: Final = ("frame", "time", "frames", "no_face", *EMOTIONS)
"""The columns of a point."""

TIMELINE: Final = "timeline"
SPANS: Final = "spans"
"""The names of the chart's data: CSV text, and objects."""

DOTS: Final = 200
"""Up to this many points, each is drawn as a dot, so that one between two gaps is visible."""

HEIGHT: Final = 220
"""Height of the chart in pixels."""

CLASS_COLOURS: Final = {"Pos": "#4C9A2A", "Neg": "#A8554A", "Neut": "#5F7FA6"}
"""Colours of the classes: the same mid tones, none of them an emotion's."""


def timelines(faces: pl.DataFrame, points: int = POINTS) -> pl.DataFrame:
    """Return the scores of each video's faces that count over time.

    If a video has more sampled frames than ``points``, a fixed number of consecutive ones makes
    one point, whose scores are the means over the frames with a face.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table`.
        points: the maximum number of points per video.

    Returns:
        ``video, frame, time`` (s; both of a point's first frame), ``frames`` (how many sampled
        frames a point represents), ``no_face`` (how many of them have no face), and the scores
        from 0 to 1, null where no face was found; sorted by video and frame.
    """
    together = (pl.len().over("video") / points).ceil().cast(pl.Int64)
    position = pl.int_range(pl.len()).over("video")
    return (
        counted_faces(faces)
        .sort("video", "frame")
        .with_columns(point=position // together)
        .group_by("video", "point", maintain_order=True)
        .agg(
            pl.col("frame").first(),
            pl.col("time").first(),
            pl.len().cast(pl.Int64).alias("frames"),
            pl.col("face").null_count().cast(pl.Int64).alias("no_face"),
            pl.col(EMOTIONS).mean().round(DECIMALS),
        )
        .drop("point")
    )


def timeline_figure(
    dataset: str, detector: str, timeline: pl.DataFrame, segments: pl.DataFrame
) -> Figure:
    """Show the seven scores of one video over time, with its time segments.

    Args:
        dataset: its name.
        detector: its name.
        timeline: one video's rows of :func:`facetally.report.timeline.timelines`.
        segments: one video's rows of :func:`facetally.measure.counts.count_segments`.
    """
    video = timeline["video"][0]
    table = timeline.drop("video")
    title = f"Emotions over time, {detector}"
    name = f"timeline/{dataset}/{detector}/{video}"
    with_face = table.filter(pl.col("happy").is_not_null())
    if with_face.is_empty():
        return Figure(name, title, f"{detector} found no face in this video.", None, table)
    means = {emotion: float(with_face[emotion].mean()) for emotion in EMOTIONS}  # type: ignore[arg-type]
    highest = sorted(means, key=lambda emotion: -means[emotion])[:2]
    together = int(table["frames"].max())  # type: ignore[arg-type]
    caption = (
        f"Highest on average: {highest[0]} ({means[highest[0]]:.2f}), "
        f"{highest[1]} ({means[highest[1]]:.2f})."
        + (f" Each point is the mean of {together} sampled frames." if together > 1 else "")
        + " Grey marks below: no face. Bar above: time segments, green Pos, red Neg, blue Neut."
    )
    start = pl.col("start_time")
    spans = segments.select(
        "segment",
        start.alias("start"),
        # Each segment lasts until the next begins.
        start.shift(-1).fill_null(table["time"][-1]).alias("end"),
        pl.col("predict").fill_null(NO_PREDICTION),
        *("pos", "neg", "neut", "no_face"),
    )
    chart = _chart(dots=table.height <= DOTS) | {
        "datasets": {TIMELINE: table.write_csv(), SPANS: spans.to_dicts()}
    }
    return Figure(name, title, caption, chart, table)


@cache
def _chart(*, dots: bool) -> dict[str, Any]:
    """Return the chart for any video, without its data."""
    # CSV takes a third of the size of one object per point.
    csv = alt.CsvDataFormat(type="csv", parse=dict.fromkeys(NUMBERS, "number"))
    data = alt.NamedData(name=TIMELINE, format=csv)
    picked = alt.selection_point(fields=["emotion"], bind="legend", name="picked")
    near = alt.selection_point(
        nearest=True,
        on="pointerover",
        clear="pointerout",
        fields=["time"],
        empty=False,
        name="near",
    )
    time = alt.X("time:Q", title="time, s", axis=alt.Axis(grid=False), scale=alt.Scale(nice=False))
    score = alt.Y("score:Q", title="score", scale=FRACTION)
    lines = (
        alt.Chart(data)
        .transform_fold(list(EMOTIONS), ["emotion", "score"])
        .mark_line(point=alt.OverlayMarkDef(size=18) if dots else False, strokeWidth=1.6)
        .encode(
            x=time,
            y=score,
            color=alt.Color("emotion:N", scale=EMOTION_COLOURS, legend=legend(columns=4)),
            opacity=alt.condition(picked, alt.value(1), alt.value(0.12)),
        )
        .add_params(picked)
    )
    missing = (
        alt.Chart(data)
        .mark_tick(color=GREY, thickness=2, height=8)
        .encode(
            x=time,
            y=alt.value(HEIGHT - 4),
            opacity=alt.condition("datum.no_face > 0", alt.value(1), alt.value(0)),
        )
    )
    cursor = (
        alt.Chart(data)
        .mark_rule(color=GREY, strokeWidth=2)
        .encode(
            x=time,
            opacity=alt.condition(near, alt.value(1), alt.value(0)),
            tooltip=[
                alt.Tooltip("time:Q", title="time, s", format=".2f"),
                alt.Tooltip("frame:Q"),
                *(alt.Tooltip(f"{emotion}:Q", format=".4f") for emotion in EMOTIONS),
                alt.Tooltip("no_face:Q", title="frames without a face"),
            ],
        )
        .add_params(near)
    )
    classes = (*CLASSES, NO_PREDICTION)
    strip = (
        alt.Chart(alt.NamedData(name=SPANS))
        .mark_rect(stroke=GREY, strokeWidth=1)
        .encode(
            x=alt.X("start:Q", title="time, s"),
            x2=alt.X2("end:Q"),
            y=alt.value(-16),
            y2=alt.value(-4),
            color=alt.Color(
                "predict:N",
                title="segment",
                scale=alt.Scale(
                    domain=list(classes), range=[*CLASS_COLOURS.values(), "transparent"]
                ),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("segment:Q"),
                alt.Tooltip("start:Q", title="start, s", format=".2f"),
                alt.Tooltip("predict:N"),
                *(alt.Tooltip(f"{name}:Q") for name in ("pos", "neg", "neut", "no_face")),
            ],
        )
    )
    chart = (
        alt.layer(lines, missing, cursor, strip)
        .resolve_scale(color="independent")
        .properties(height=HEIGHT)
    )
    return dict(chart.to_dict())

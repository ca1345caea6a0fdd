"""The study's figures: each a chart, the table it shows, and a caption that says the same."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

import altair as alt
import numpy as np
import polars as pl

from facetally.emotions import CLASSES, EMOTIONS
from facetally.faces.counted import FIRST, IN_WORDS, TRACKED
from facetally.faces.table import NO_FACE
from facetally.measure.accuracy import labelled_videos
from facetally.measure.agreement import OUTCOMES, all_pairs, crossed_outcomes, paired_frames
from facetally.measure.face_size import (
    HEIGHTS,
    accuracy_by_height,
    height_histogram,
    median_heights,
)
from facetally.measure.summary import NO_PREDICTION, by_method, by_people, by_the_papers_method
from facetally.report.charts import (
    BARS_HEIGHT,
    BLUE,
    EMOTION_COLOURS,
    FRACTION,
    GOLD,
    GREY,
    ORANGE,
    SHARES,
    Figure,
    heatmap,
    histogram,
    legend,
)
from facetally.report.dvc_plots import confusion, emotion_shares, entry
from facetally.report.people_figures import PEOPLE_COLOURS
from facetally.study.names import counted, is_or_are

LABEL_HEIGHT: Final = 50
"""Pixels that a three-line label takes."""

STEPS: Final = 10
"""The number of coverage classes, and the per cent that each spans."""

DIAGRAM_HEIGHT: Final = 300
"""Height in pixels of a diagram with two equal axes."""


def accuracy_figure(summary: pl.DataFrame) -> Figure:
    """Show the accuracy of each run by the paper's method, and the baseline it has to beat."""
    return _accuracies("accuracy", "Accuracy", by_the_papers_method(summary), by_people(summary))


def methods_figure(summary: pl.DataFrame) -> Figure:
    """Show the accuracy of each run by each method, and the baseline it has to beat."""
    return _accuracies("methods", "Accuracy by method", by_method(summary), by_people(summary))


def _accuracies(
    name: str, title: str, summary: pl.DataFrame, human: Mapping[str, Mapping[str, Any]]
) -> Figure:
    """Show the accuracies of a summary with their 95 % Wilson intervals.

    Args:
        name: of the figure.
        title: what it shows.
        summary: the rows to show.
        human: the row of one rater against the others, by dataset with several raters.
    """
    measured = summary.filter(pl.col("accuracy").is_not_null())
    runs = [f"{row['dataset']}, {entry(row)}" for row in measured.iter_rows(named=True)]
    table = measured.select(
        pl.Series("run", runs, pl.String),
        *("accuracy", "accuracy_low", "accuracy_high", "majority_baseline", "labelled"),
    )
    if human:
        ceilings = [human.get(dataset, {}).get("accuracy") for dataset in measured["dataset"]]
        table.insert_column(5, pl.Series("human", ceilings, pl.Float64))
    if table.is_empty():
        caption = "No video has a label, so there is no accuracy."
        return Figure(name, title, caption, None, table)
    beaten = table.filter(pl.col("accuracy_low") > pl.col("majority_baseline"))["run"].to_list()
    best = table.sort("accuracy", descending=True).row(0, named=True)
    caption = (
        f"Best: {best['run']} is right on {best['accuracy']:.1%} of {best['labelled']:,} labelled "
        f"videos (95 % interval {best['accuracy_low']:.1%} to {best['accuracy_high']:.1%}). "
        + (
            f"Interval entirely above always guessing the commonest label: {'; '.join(beaten)}."
            if beaten
            else "No interval is entirely above always guessing the commonest label."
        )
        + "".join(
            f" One rater agrees with the others on {row['accuracy']:.1%} of {dataset}."
            for dataset, row in human.items()
        )
    )
    # Dataset, method and detector each get a line: on one line they would be cut off.
    lines = alt.Axis(labelExpr="split(datum.label, ', ')", labelLimit=170, labelOffset=-10)
    base = alt.Chart(table).encode(y=alt.Y("run:N", title=None, sort=None, axis=lines))
    accuracy = alt.X("accuracy:Q", title="accuracy", scale=FRACTION, axis=SHARES)
    tooltip = [
        alt.Tooltip("run:N"),
        *(alt.Tooltip(f"{column}:Q", format=".2%") for column in table.columns[1:-1]),
        alt.Tooltip("labelled:Q"),
    ]
    people = base.mark_tick(color=GOLD, thickness=3, height=20).encode(
        x=alt.X("human:Q"), tooltip=tooltip
    )
    chart = alt.layer(
        base.mark_rule(color=BLUE, strokeWidth=3).encode(
            x=alt.X("accuracy_low:Q", scale=FRACTION, axis=SHARES, title="accuracy"),
            x2=alt.X2("accuracy_high:Q"),
            tooltip=tooltip,
        ),
        base.mark_point(color=BLUE, filled=True, size=90, opacity=1).encode(
            x=accuracy, tooltip=tooltip
        ),
        base.mark_tick(color=ORANGE, thickness=3, height=20).encode(
            x=alt.X("majority_baseline:Q"), tooltip=tooltip
        ),
        *([people] if human else []),
    ).properties(height=table.height * LABEL_HEIGHT)
    ticks = "ticks: guessing, one rater" if human else "tick: guessing"
    return Figure(name, f"{title} ({ticks})", caption, chart.to_dict(), table)


def reliability_figure(dataset: str, measured: pl.DataFrame, bins: pl.DataFrame) -> Figure:
    """Show how often predictions are right at each confidence: a reliability diagram.

    Args:
        dataset: its name.
        measured: the lines: ``method, detector, calibration_error, accuracy, surest``; the last is
            the accuracy without the least certain tenth, or null.
        bins: the points of the lines, :data:`facetally.measure.reliability.RELIABILITY`.
    """
    table = bins.select(
        pl.Series("line", [entry(row) for row in bins.iter_rows(named=True)], pl.String),
        *("bin_low", "bin_high", "videos", "confidence", "accuracy"),
    )
    name, title = f"{dataset}/reliability", f"Confidence and accuracy, {dataset}"
    if table.is_empty():
        caption = "No labelled video has a prediction, so there is no confidence."
        return Figure(name, title, caption, None, table)
    caption = "; ".join(_how_sure(row) for row in measured.iter_rows(named=True))
    lines = table["line"].unique(maintain_order=True).to_list()
    colours = [PEOPLE_COLOURS[place % len(PEOPLE_COLOURS)] for place in range(len(lines))]
    sure = alt.X("confidence:Q", title="mean confidence", scale=FRACTION, axis=SHARES)
    right = alt.Y("accuracy:Q", title="fraction right", scale=FRACTION, axis=SHARES)
    base = alt.Chart(table).encode(
        x=sure,
        y=right,
        color=alt.Color("line:N", scale=alt.Scale(domain=lines, range=colours), legend=legend(1)),
    )
    corners = pl.DataFrame({"confidence": [0, 1], "accuracy": [0, 1]})
    chart = alt.layer(
        alt.Chart(corners).mark_line(color=GREY, strokeDash=[4, 4]).encode(x=sure, y=right),
        base.mark_line(),
        base.mark_point(filled=True, opacity=1).encode(
            size=alt.Size(
                "videos:Q", scale=alt.Scale(domainMin=0, rangeMin=20, rangeMax=300), legend=None
            ),
            tooltip=[
                alt.Tooltip("line:N"),
                *(alt.Tooltip(f"{column}:Q", format=".0%") for column in ("bin_low", "bin_high")),
                alt.Tooltip("videos:Q"),
                *(
                    alt.Tooltip(f"{column}:Q", format=".2%")
                    for column in ("confidence", "accuracy")
                ),
            ],
        ),
    ).properties(height=DIAGRAM_HEIGHT)
    return Figure(name, title, f"{caption}.", chart.to_dict(), table, "videos")


def _how_sure(row: Mapping[str, Any]) -> str:
    """Say how far off a method's confidence is, and how accurate the surest predictions are."""
    error = row["calibration_error"]
    calibration = "no prediction" if error is None else f"calibration error {error:.1%}"
    surest = "" if row["surest"] is None else f", {row['surest']:.1%} on the surest nine tenths"
    return f"{entry(row)}: {calibration}, accuracy {row['accuracy']:.1%} on all{surest}"


def run_figures(
    dataset: str,
    detector: str,
    counts: pl.DataFrame,
    faces: pl.DataFrame,
    face: str = FIRST,
) -> list[Figure]:
    """Show one dataset as one detector sees it.

    Args:
        dataset: its name.
        detector: its name.
        counts: the table of :func:`facetally.measure.counts.count_labels`.
        faces: the table of :func:`facetally.faces.table.face_table`.
        face: which face of a frame counts, one of :data:`facetally.faces.counted.IN_WORDS`.
    """
    figures = [
        _confusion(counts),
        _class_balance(counts),
        _emotions(counts, IN_WORDS[face]),
        _coverage(counts, face),
        _face_heights(faces, IN_WORDS[face]),
        _accuracy_by_height(counts, faces),
    ]
    return [replace(figure, name=f"{dataset}/{detector}/{figure.name}") for figure in figures]


def _confusion(counts: pl.DataFrame) -> Figure:
    labels = confusion(counts)
    predictions = (*CLASSES, NO_PREDICTION)
    found = labels.group_by("golden", "predict").agg(pl.len().cast(pl.Int64).alias("videos"))
    table = all_pairs("golden", CLASSES, "predict", predictions, found)
    title = "Confusion matrix"
    if labels.is_empty():
        return Figure("confusion", title, "No video has a label.", None, table)
    right = int(table.filter(pl.col("golden") == pl.col("predict"))["videos"].sum())
    wrong = table.filter(pl.col("golden") != pl.col("predict")).sort(
        "videos", descending=True, maintain_order=True
    )
    worst = wrong.row(0, named=True)
    caption = (
        f"Of {counted(labels.height, 'labelled video')}, {right:,} {is_or_are(right)} predicted "
        "right. "
        + (
            f"Most common error: your label {worst['golden']}, predicted {worst['predict']} "
            f"({worst['videos']:,})."
            if worst["videos"]
            else "There are no errors."
        )
    )
    chart = heatmap(
        table,
        ("golden", CLASSES),
        ("predict", predictions),
        "videos",
        titles=("your label", "predicted"),
    )
    return Figure("confusion", title, caption, chart.to_dict(), table, "videos")


def _class_balance(counts: pl.DataFrame) -> Figure:
    labelled = labelled_videos(counts)
    unlabelled = counts.filter(pl.col("golden").is_null() & (pl.col("frames") > 0))
    sources = {
        "your label": labelled["golden"],
        "predicted": labelled["predict"],
        "predicted, no label": unlabelled["predict"],
    }
    title = "Your labels and predicted labels"
    whiches = [name for name, labels in sources.items() if not labels.is_empty()]
    if not whiches:
        nothing = counts.select("filename")
        return Figure("classes", title, "No video could be analysed.", None, nothing)
    order = (*CLASSES, NO_PREDICTION)
    found = pl.concat(
        pl.DataFrame({"which": which, "label": sources[which].fill_null(NO_PREDICTION)})
        for which in whiches
    )
    videos = found.group_by("which", "label").agg(pl.len().cast(pl.Int64).alias("videos"))
    table = all_pairs("which", whiches, "label", order, videos)
    caption = "; ".join(
        f"{which}: "
        + ", ".join(
            f"{row['label']} {row['videos']:,}"
            for row in table.filter(pl.col("which") == which).iter_rows(named=True)
            if row["videos"] or row["label"] in CLASSES
        )
        for which in whiches
    )
    chart = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("label:N", sort=list(order), title="label", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("which:N", sort=whiches),
            y=alt.Y("videos:Q", title="videos", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "which:N",
                scale=alt.Scale(domain=whiches, range=[GREY, BLUE, GOLD][: len(whiches)])
                if len(whiches) > 1
                else alt.Scale(range=[BLUE]),
                legend=legend(),
            ),
            tooltip=[alt.Tooltip("which:N"), alt.Tooltip("label:N"), alt.Tooltip("videos:Q")],
        )
        .properties(height=BARS_HEIGHT)
    )
    return Figure("classes", title, f"Videos: {caption}.", chart.to_dict(), table, "videos")


def _emotions(counts: pl.DataFrame, face: str) -> Figure:
    table = emotion_shares(counts)
    title = "Emotions of all frames with a face"
    if not table["share"].sum():
        return Figure("emotions", title, "No face was found in any frame.", None, table)
    ranked = table.sort("share", descending=True, maintain_order=True)
    caption = ", ".join(f"{name} {share:.1%}" for name, share in ranked.iter_rows())
    chart = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="share of the frames with a face", axis=SHARES),
            y=alt.Y("emotion:N", sort=list(EMOTIONS), title=None),
            color=alt.Color("emotion:N", scale=EMOTION_COLOURS, legend=None),
            tooltip=[alt.Tooltip("emotion:N"), alt.Tooltip("share:Q", format=".2%")],
        )
        .properties(height=BARS_HEIGHT)
    )
    caption = f"Top emotion of the {face}: {caption}."
    return Figure("emotions", title, caption, chart.to_dict(), table, "share")


def _coverage(counts: pl.DataFrame, face: str) -> Figure:
    classes = [f"{low * STEPS} to {low * STEPS + STEPS} %" for low in range(STEPS)]
    covered = (pl.col("frames") - pl.col("no_face")) * STEPS // pl.col("frames")
    found = (
        counts.filter(pl.col("frames") > 0)
        .group_by(step=covered.clip(0, STEPS - 1))
        .agg(pl.len().cast(pl.Int64).alias("videos"))
    )
    table = (
        pl.DataFrame({"step": range(STEPS), "coverage": classes})
        .join(found.with_columns(pl.col("step").cast(pl.Int64)), "step", "left")
        .sort("step")
        .drop("step")
        .fill_null(0)
    )
    frames, missed = int(counts["frames"].sum()), int(counts["no_face"].sum())
    title = "Frames with a face"
    if not frames:
        return Figure("coverage", title, "No frame was sampled.", None, table)
    analysed = counts.filter(pl.col("frames") > 0)
    without = analysed["predict"].null_count()
    what = f"The {IN_WORDS[face]}" if face == TRACKED else "A face"
    caption = f"{what} was found in {frames - missed:,} of {counted(frames, 'sampled frame')} " + (
        f"({1 - missed / frames:.1%}); "
        f"{without:,} of {counted(analysed.height, 'video')} "
        f"{'has' if without == 1 else 'have'} no such frame."
    )
    chart = histogram(table, "coverage", "videos", "frames with a face, by video")
    return Figure("coverage", title, caption, chart.to_dict(), table, "videos")


def _face_heights(faces: pl.DataFrame, face: str) -> Figure:
    table = height_histogram(faces)
    title = "Face heights"
    counted = faces.filter("chosen")["height"]
    if counted.is_empty():
        return Figure("face_heights", title, "No face was found in any frame.", None, table)
    caption = f"The median height of the {face} is {np.median(counted):g} px."
    chart = histogram(table, "height", "frames", f"height of the {face}, px")
    return Figure("face_heights", title, caption, chart.to_dict(), table, "frames")


def _accuracy_by_height(counts: pl.DataFrame, faces: pl.DataFrame) -> Figure:
    table = accuracy_by_height(counts, median_heights(faces))
    title = "Accuracy by face height"
    if table.is_empty():
        caption = "No labelled video has a face."
        return Figure("accuracy_by_height", title, caption, None, table)
    caption = "; ".join(
        f"{row['height']} px, {row['accuracy']:.1%} of {counted(row['labelled'], 'video')}"
        for row in table.iter_rows(named=True)
    )
    present = [height for height in HEIGHTS if height in table["height"].to_list()]
    base = alt.Chart(table).encode(
        x=alt.X(
            "height:N",
            sort=present,
            title="median face height of a video, px",
            axis=alt.Axis(labelAngle=0, labelOverlap=True),
        ),
        tooltip=[
            alt.Tooltip("height:N"),
            alt.Tooltip("labelled:Q"),
            alt.Tooltip("correct:Q"),
            *(alt.Tooltip(f"{name}:Q", format=".2%") for name in table.columns[3:]),
        ],
    )
    chart = alt.layer(
        base.mark_rule(color=BLUE, strokeWidth=3).encode(
            y=alt.Y("accuracy_low:Q", scale=FRACTION, axis=SHARES, title="accuracy"),
            y2=alt.Y2("accuracy_high:Q"),
        ),
        base.mark_point(color=BLUE, filled=True, size=90, opacity=1).encode(
            y=alt.Y("accuracy:Q", scale=FRACTION, axis=SHARES, title="accuracy")
        ),
    ).properties(height=BARS_HEIGHT)
    caption = f"Predicted right, by median face height: {caption}."
    return Figure("accuracy_by_height", title, caption, chart.to_dict(), table, "labelled")


def crossed_figures(dataset: str, faces: Mapping[str, pl.DataFrame]) -> list[Figure]:
    """Show what every pair of detectors makes of the same frames.

    Args:
        dataset: its name.
        faces: the table of :func:`facetally.faces.table.face_table` of each detector.
    """
    return [
        _crossed(dataset, first, second, paired_frames(faces[first], faces[second]))
        for first, second in combinations(faces, 2)
    ]


def _crossed(dataset: str, first: str, second: str, frames: pl.DataFrame) -> Figure:
    table = crossed_outcomes(frames).rename({"first": first, "second": second})
    total = int(table["frames"].sum())
    same = int(table.filter(pl.col(first) == pl.col(second))["frames"].sum())
    title = f"Frames: {first} against {second}"
    name = f"{dataset}/pairs/{first}/{second}"
    if not total:
        return Figure(name, title, "No frame was sampled.", None, table)
    only = [
        int(table.filter((pl.col(one) != NO_FACE) & (pl.col(other) == NO_FACE))["frames"].sum())
        for one, other in ((first, second), (second, first))
    ]
    caption = (
        f"The detectors agree on {same:,} of {counted(total, 'sampled frame')} "
        f"({same / total:.1%}). "
        f"Only {first} finds a face in {only[0]:,}, only {second} in {only[1]:,}."
    )
    chart = heatmap(table, (first, OUTCOMES), (second, OUTCOMES), "frames")
    return Figure(name, title, caption, chart.to_dict(), table, "frames")

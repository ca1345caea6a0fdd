"""How far the mapping from emotions to classes decides an accuracy before any face is seen.

The paper's mapping counts three of the seven emotions as Neutral. Each mapping is applied to the
same faces, so that they can be compared.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from facetally.emotions import CLASSES
from facetally.measure.accuracy import (
    balanced_accuracy,
    labelled_videos,
    majority_baseline,
    right_and_all,
)
from facetally.measure.counts import COUNTS, counted_faces, tally
from facetally.measure.intervals import wilson_interval

PRIORS: Final = tuple(f"prior_{count}" for count in COUNTS)
SHARES: Final = tuple(f"share_{count}" for count in COUNTS)
PREDICTED: Final = tuple(f"predicted_{count}" for count in COUNTS)
GOLDEN: Final = tuple(f"golden_{count}" for count in COUNTS)
RECALLS: Final = tuple(f"recall_{count}" for count in COUNTS)

BIAS: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "detector": pl.String(),
        "mapping": pl.String(),
        **dict.fromkeys((*PRIORS, *SHARES, *PREDICTED, *GOLDEN, *RECALLS), pl.Float64()),
        "accuracy": pl.Float64(),
        "accuracy_low": pl.Float64(),
        "accuracy_high": pl.Float64(),
        "accuracy_change": pl.Float64(),
        "balanced_accuracy": pl.Float64(),
        "majority_baseline": pl.Float64(),
        "labelled": pl.Int64(),
    }
)


def bias_rows(
    dataset: str,
    detector: str,
    faces: pl.DataFrame,
    counts: pl.DataFrame,
    mappings: Mapping[str, Mapping[str, str]],
    own: str,
) -> list[dict[str, Any]]:
    """Measure what each mapping makes of the faces of one dataset and detector.

    Args:
        dataset: the dataset's name.
        detector: the detector's name.
        faces: the table of :func:`facetally.faces.table.face_table`.
        counts: the table of :func:`facetally.measure.counts.count_labels`, by any mapping: only
            its golden labels are used.
        mappings: the class of each emotion, by name of the mapping.
        own: the name of the study's own mapping, one of ``mappings``.

    Returns:
        The columns of BIAS for each mapping, as fractions from 0 to 1. ``prior`` is the share of
        the seven emotions that the mapping assigns to a class: what a model that knows nothing
        about faces would predict. ``share`` is the share of the frames in which a face counts,
        ``predicted`` and ``golden`` that of the labelled videos; a video in which no face counts
        has no prediction and counts as wrong. ``recall`` is the fraction of the videos of a golden
        class that are predicted right, and ``balanced_accuracy`` the mean of the recalls that
        exist. ``accuracy_change`` is the accuracy less that of the study's own mapping; the
        interval is Wilson's (1927) at 95 %. Values without labels or frames are null.
    """
    frames = counted_faces(faces)
    golden = labelled_videos(counts).select("filename", "golden")
    rows = [
        {
            "dataset": dataset,
            "detector": detector,
            "mapping": name,
            **_named(PRIORS, [list(mapping.values()).count(label) for label in CLASSES]),
            **_measures(tally(frames, ["video"], mapping), golden),
        }
        for name, mapping in mappings.items()
    ]
    own_accuracy = next(row["accuracy"] for row in rows if row["mapping"] == own)
    for row in rows:
        if own_accuracy is not None:
            row["accuracy_change"] = row["accuracy"] - own_accuracy
    return rows


def _measures(tallied: pl.DataFrame, golden: pl.DataFrame) -> dict[str, Any]:
    """Measure the predictions of one mapping.

    Args:
        tallied: the table of :func:`facetally.measure.counts.tally`, one row per video.
        golden: ``filename, golden`` of the labelled videos.
    """
    measured: dict[str, Any] = dict.fromkeys(BIAS.names()[3 + len(PRIORS) :])
    measured |= _named(SHARES, [int(tallied[count].sum()) for count in COUNTS])
    videos = golden.join(tallied, left_on="filename", right_on="video", how="left")
    measured["labelled"] = total = videos.height
    if not total:
        return measured
    numbers = videos.select(right_and_all()).row(0)
    right, of_class = numbers[: len(CLASSES)], numbers[len(CLASSES) :]
    predicted = [int((videos["predict"] == label).sum()) for label in CLASSES]
    recalls = [met / there if there else None for met, there in zip(right, of_class, strict=True)]
    low, high = wilson_interval(sum(right), total)
    return {
        **measured,
        **_named(PREDICTED, predicted, total),
        **_named(GOLDEN, of_class, total),
        **dict(zip(RECALLS, recalls, strict=True)),
        "accuracy": sum(right) / total,
        "accuracy_low": low,
        "accuracy_high": high,
        "balanced_accuracy": balanced_accuracy(videos),
        "majority_baseline": majority_baseline(videos),
    }


def _named(
    names: Sequence[str], numbers: Sequence[int], total: int | None = None
) -> dict[str, float | None]:
    """Return numbers as fractions of a total, or of their sum; null if that is 0."""
    whole = sum(numbers) if total is None else total
    return {
        name: number / whole if whole else None
        for name, number in zip(names, numbers, strict=True)
    }

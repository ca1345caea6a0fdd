"""From the faces of a dataset to one prediction per video, by the paper's method and others."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from facetally.emotions import CLASS_OF, CLASS_SCORES, CLASSES, EMOTIONS
from facetally.measure.calibration import calibrated, profiles
from facetally.measure.counts import (
    COUNTS,
    SCORE_UNIT,
    SCORES,
    SUMMED,
    by_video,
    counted_faces,
    highest,
    tally,
    tally_videos,
)
from facetally.measure.out_of_fold import DECIMALS
from facetally.study.folds import fold_of
from facetally.study.methods import CALIBRATED, ENSEMBLE, LEARNED, MAJORITY, MEAN_SCORE, METHODS

TOGETHER: Final = "+"
"""The separator between the names of an ensemble's detectors."""

AS_LEARNED: Final = {"filename": "video", **dict(zip(CLASS_SCORES, SCORES, strict=True))}
"""Columns of the finetuned networks' tables, and their names here."""

LEAST: Final = 10**-DECIMALS
"""The smallest probability above 0 in finetuned networks' tables."""

PREDICTIONS: Final = pl.Schema(
    {
        "filename": pl.String(),
        "method": pl.String(),
        "detector": pl.String(),
        "predict": pl.String(),
        "golden": pl.String(),
        "group": pl.String(),
        "fold": pl.Int64(),
        **{score: pl.Float64() for score in SCORES},
        "confidence": pl.Float64(),
        "frames": pl.Int64(),
        "no_face": pl.Int64(),
        "problem": pl.String(),
    }
)


def read_predictions(path: Path | str) -> pl.DataFrame:
    """Read a file of :func:`predictions`, which has the dataset as its last column."""
    return pl.read_csv(path, schema={**PREDICTIONS, "dataset": pl.String()}).drop("dataset")


def predictions(
    faces: Mapping[str, pl.DataFrame],
    golden: Mapping[str, str],
    groups: Mapping[str, str],
    methods: Iterable[str],
    problems: Mapping[str, str],
    finetuned: Mapping[str, pl.DataFrame],
    mapping: Mapping[str, str] = CLASS_OF,
) -> pl.DataFrame:
    """Predict the class of each video of a dataset by each method.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table` of each detector.
        golden: the golden label by video.
        groups: the group by video, of :func:`facetally.study.folds.groups_of`.
        methods: some of METHODS. Those in LEARNED are left out if no video has a label, and
            ``ensemble`` if there is only one detector.
        problems: by video, why it cannot be analysed, or only in part.
        finetuned: by detector, the table :data:`facetally.measure.out_of_fold.OUT_OF_FOLD`, if
            ``finetuned`` is wanted.
        mapping: the class of each emotion.

    Returns:
        The columns of PREDICTIONS, one row per video, method and detector, sorted by method, then
        detector (in the order of ``faces``), then filename. ``predict`` is null where no face was
        found. The scores are what the method decided by, from 0 to 1: shares of frames, mean
        scores or probabilities; ``confidence`` is the score of the predicted class. ``fold`` is
        null unless the video was held out of training; labelled videos always are when a learned
        method predicts them. If there are several detectors, a learned method also has rows for
        all of them together (:func:`together`), after their own.

    Raises:
        FoldError: if no video can be held out to judge a learned method.
    """
    wanted = [
        method
        for method in METHODS
        if method in methods
        and (golden or method not in LEARNED)
        and (len(faces) > 1 or method != ENSEMBLE)
    ]
    folds = fold_of(golden, groups) if CALIBRATED in wanted else {}
    tallies = {name: tally_videos(table, mapping) for name, table in faces.items()}
    every = TOGETHER.join(faces)
    of_every = {}
    if len(faces) > 1 and not {ENSEMBLE, *LEARNED}.isdisjoint(wanted):
        of_every = {every: tally(combined_faces(list(faces.values())), ["video"], mapping)}
    parts: list[pl.DataFrame] = []
    for method in wanted:
        if method == MAJORITY:
            own = {
                name: tallied.with_columns(*_shares(COUNTS), fold=None)
                for name, tallied in tallies.items()
            }
        elif method in (MEAN_SCORE, ENSEMBLE):
            tallied_by = tallies if method == MEAN_SCORE else of_every
            own = {name: _by_mean_score(tallied) for name, tallied in tallied_by.items()}
        else:
            learned = {
                name: calibrated(profiles(table), golden, folds)
                if method == CALIBRATED
                else finetuned[name].rename(AS_LEARNED)
                for name, table in faces.items()
            }
            if of_every:
                learned[every] = together(list(learned.values()))
            own = {
                name: _judged(tallied, learned[name])
                for name, tallied in (tallies | of_every).items()
            }
        parts += [_labelled_as(part, method, name) for name, part in own.items()]
    return (
        pl.concat(parts)
        .with_columns(
            filename="video",
            golden=by_video(golden),
            group=by_video(groups),
            problem=by_video(problems),
            # Not the highest score: if Positive and Negative tie, Neutral is predicted.
            confidence=pl.coalesce(
                pl.when(pl.col("predict") == label).then(pl.col(score))
                for label, score in zip(CLASSES, SCORES, strict=True)
            ),
        )
        .select(pl.col(name).cast(kind) for name, kind in PREDICTIONS.items())
    )


def combined_faces(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Average the scores of the faces that count over the detectors that find one.

    Together with the mean over frames that follows, this is the sum rule for combining
    classifiers, which is least sensitive to errors in single scores (Kittler, Hatef, Duin and
    Matas, IEEE TPAMI 20, 1998).

    Args:
        tables: the table of :func:`facetally.faces.table.face_table` of each detector.

    Returns:
        A table for :func:`facetally.measure.counts.tally`: one row per sampled frame, and one for
        a video without any. ``found`` is the number of detectors that find a face.
    """
    scores = (*EMOTIONS, *CLASS_SCORES)
    units = [(pl.col(score) * SCORE_UNIT).round().cast(pl.Int64) for score in scores]
    return (
        pl.concat(
            part.select("video", "frame", "time", "face", "status", *units)
            for table in tables
            for part in (counted_faces(table), table.filter(pl.col("frame").is_null()))
        )
        .group_by("video", "frame")
        .agg(
            pl.col("time").first(),
            pl.col("face").min(),
            # If any detector finds a face, the frame has one.
            pl.col("status").sort_by(pl.col("face").is_null()).first(),
            pl.col("face").count().alias("found"),
            *(
                pl.when(pl.col(score).count() > 0).then(
                    pl.col(score).sum() / pl.col(score).count() / SCORE_UNIT
                )
                for score in scores
            ),
        )
        .with_columns(left_out=0)
        .sort("video", "frame")
    )


def together(learned: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Average what was learned from the faces of several detectors.

    This is the mean of the logarithms of their probabilities: the logarithmic opinion pool (Genest
    and Zidek, Statistical Science 1, 1986), in which a detector that all but rules out a class has
    its say.

    Args:
        learned: ``video, predict, fold`` and SCORES from each detector; null where it found no
            face.

    Returns:
        The same columns, over the detectors that found a face. Probabilities below LEAST count as
        LEAST, so that no detector can overrule all others.
    """
    logs = [pl.col(score).clip(LEAST).log().mean() for score in SCORES]
    total = pl.sum_horizontal(SCORES)
    return (
        pl.concat(part.select("video", "fold", *SCORES) for part in learned)
        .group_by("video", maintain_order=True)
        .agg(pl.col("fold").max(), *logs)
        .with_columns(pl.col(SCORES).exp())
        .with_columns((pl.col(SCORES) / total).round(DECIMALS))
        .with_columns(predict=highest(SCORES))
    )


def _by_mean_score(tallied: pl.DataFrame) -> pl.DataFrame:
    # Compare whole numbers before dividing, so that rounding never decides.
    found = pl.sum_horizontal(COUNTS) > 0
    return tallied.with_columns(
        *_shares(SUMMED), predict=pl.when(found).then(highest(SUMMED)), fold=None
    )


def _shares(columns: Sequence[str]) -> list[pl.Expr]:
    """Return the three columns as shares of their sum, named SCORES; null if the sum is 0."""
    total = pl.sum_horizontal(columns)
    return [
        pl.when(total > 0).then(pl.col(column) / total).alias(score)
        for column, score in zip(columns, SCORES, strict=True)
    ]


def _judged(tallied: pl.DataFrame, learned: pl.DataFrame) -> pl.DataFrame:
    """Replace the tally's own prediction with what was learned."""
    return tallied.drop("predict").join(
        learned.select("video", "predict", "fold", *SCORES), "video", "left", maintain_order="left"
    )


def _labelled_as(part: pl.DataFrame, method: str, detector: str) -> pl.DataFrame:
    return part.select(
        "video",
        "predict",
        pl.col("fold").cast(pl.Int64),
        *SCORES,
        "frames",
        "no_face",
        method=pl.lit(method),
        detector=pl.lit(detector),
    )

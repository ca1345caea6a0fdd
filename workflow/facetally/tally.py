"""From faces to label counts and predictions, by the paper's arithmetic.

Of several faces in a frame the first counts. A frame's emotion is the one with the highest
score, ties going to the earlier in EMOTIONS, and is counted as the class that CLASS_OF gives.
With an emotion model, a frame is counted as the class with its highest probability, ties going to
Neutral. The prediction is the class with the most frames; a tie goes to the class with the
higher summed score, then to Neutral.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from facetally.emotions import CLASS_OF, CLASSES, EMOTIONS
from facetally.faces import NO_FACE
from facetally.raw import CLASS_SCORES

COUNTS: Final = CLASS_SCORES
SUMMED: Final = tuple(f"{count}_score" for count in COUNTS)
TALLIES: Final = (*COUNTS, "frames", "no_face", "several_faces", *EMOTIONS)
SCORE_UNIT: Final = 10_000
"""Scores are summed as whole ten-thousandths, so that no rounding decides a tie."""


def first_faces(faces: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of the first face of each sampled frame, or of its having none."""
    first = pl.col("face").is_null() | (pl.col("face") == 0)
    return faces.filter(first & pl.col("frame").is_not_null())


def top_emotion() -> pl.Expr:
    """Give the emotion with the highest score; null where there is no face."""
    highest = pl.max_horizontal(EMOTIONS)
    return pl.coalesce(
        pl.when(pl.col(emotion) == highest).then(pl.lit(emotion)) for emotion in EMOTIONS
    )


def top_class() -> pl.Expr:
    """Give the class that an emotion model scores highest; null without a model or face."""
    highest = pl.max_horizontal(CLASS_SCORES)
    ties = pl.sum_horizontal(pl.col(name) == highest for name in CLASS_SCORES) > 1
    return (
        pl.when(ties)
        .then(pl.lit("Neut"))
        .otherwise(
            pl.coalesce(
                pl.when(pl.col(name) == highest).then(pl.lit(label))
                for label, name in zip(CLASSES, CLASS_SCORES, strict=True)
            )
        )
    )


def prediction() -> pl.Expr:
    """Give the predicted class from the columns in COUNTS and SUMMED; null without a face.

    The summed score of a class is the sum of its emotions' scores over all frames, or of an
    emotion model's probabilities.
    """
    most = pl.max_horizontal(COUNTS)
    leads = {count: pl.col(count) == most for count in COUNTS}
    best = pl.max_horizontal(
        pl.when(leads[count]).then(pl.col(score))
        for count, score in zip(COUNTS, SUMMED, strict=True)
    )
    wins = {
        label: leads[count] & (pl.col(score) == best)
        for label, count, score in zip(CLASSES, COUNTS, SUMMED, strict=True)
    }
    return (
        pl.when(most == 0)
        .then(pl.lit(None, pl.String))
        .when(pl.sum_horizontal(wins.values()) > 1)
        .then(pl.lit("Neut"))
        .when(wins["Pos"])
        .then(pl.lit("Pos"))
        .when(wins["Neg"])
        .then(pl.lit("Neg"))
        .otherwise(pl.lit("Neut"))
    )


def tally(faces: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Count labels in groups of frames and predict a label for each.

    Args:
        faces: the table of :func:`facetally.faces.face_table`.
        by: the columns that make a group.

    Returns:
        One row a group, sorted: ``by``, ``predict`` (null if no face was found), the columns
        in TALLIES, and ``start_time`` and ``end_time`` in seconds, of the group's first and
        last sampled frame. ``pos``, ``neg``, ``neut`` and the emotions count frames.
    """
    frames = (
        faces.with_columns(several=(pl.col("face") == 1).any().over("video", "frame"))
        .filter(pl.col("face").is_null() | (pl.col("face") == 0))
        .with_columns(emotion=top_emotion())
        .with_columns(label=pl.coalesce(top_class(), pl.col("emotion").replace_strict(CLASS_OF)))
    )
    return (
        frames.group_by(by)
        .agg(
            *((pl.col("label") == label).sum().alias(label.lower()) for label in CLASSES),
            *(_class_score(label).alias(f"{label.lower()}_score") for label in CLASSES),
            pl.col("frame").count().alias("frames"),
            (pl.col("status") == NO_FACE).sum().alias("no_face"),
            pl.col("several").fill_null(value=False).sum().alias("several_faces"),
            *((pl.col("emotion") == emotion).sum().alias(emotion) for emotion in EMOTIONS),
            pl.col("time").min().alias("start_time"),
            pl.col("time").max().alias("end_time"),
        )
        .with_columns(predict=prediction())
        .select(*by, "predict", *TALLIES, "start_time", "end_time")
        .sort(by)
    )


def _class_score(label: str) -> pl.Expr:
    """Sum the scores of a class, its own or its emotions', in units of 1/SCORE_UNIT."""
    own = _units(label.lower())
    mapped = pl.sum_horizontal(
        _units(emotion) for emotion in EMOTIONS if CLASS_OF[emotion] == label
    )
    return pl.coalesce(own, mapped).sum()


def _units(score: str) -> pl.Expr:
    return (pl.col(score) * SCORE_UNIT).round().cast(pl.Int64)


def count_labels(
    faces: pl.DataFrame, golden: Mapping[str, str], problems: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Make the table of label counts, one row a video, sorted by filename.

    Args:
        faces: the table of :func:`facetally.faces.face_table`.
        golden: the golden label by video; videos without one get null.
        problems: the reason by video why it cannot be analysed, or only in part.

    Returns:
        ``filename, predict, golden``, the columns in TALLIES, and ``problem``, null where there
        is none. A video that cannot be analysed has 0 frames.
    """
    return (
        tally(faces, ["video"])
        .with_columns(golden=_by_video(golden), problem=_by_video(problems or {}))
        .select(pl.col("video").alias("filename"), "predict", "golden", *TALLIES, "problem")
    )


def count_segments(
    faces: pl.DataFrame, golden: Mapping[str, str], segment_frames: int
) -> pl.DataFrame:
    """Make the table of label counts per video and time segment.

    Args:
        faces: the table of :func:`facetally.faces.face_table`.
        golden: the golden label by video; videos without one get null.
        segment_frames: length of a segment, in source frames.

    Returns:
        ``filename, segment`` (from 0), ``start_frame`` (in the source), ``start_time`` and
        ``end_time`` (s, of the segment's first and last sampled frame), ``predict, golden``
        and the columns in TALLIES, sorted by filename and segment.
    """
    analysed = faces.filter(pl.col("frame").is_not_null())
    segments = analysed.with_columns(segment=pl.col("frame") // segment_frames)
    return (
        tally(segments, ["video", "segment"])
        .with_columns(golden=_by_video(golden), start_frame=pl.col("segment") * segment_frames)
        .select(
            pl.col("video").alias("filename"),
            "segment",
            "start_frame",
            "start_time",
            "end_time",
            "predict",
            "golden",
            *TALLIES,
        )
    )


def _by_video(values: Mapping[str, str]) -> pl.Expr:
    return pl.col("video").replace_strict(
        list(values), list(values.values()), default=None, return_dtype=pl.String
    )

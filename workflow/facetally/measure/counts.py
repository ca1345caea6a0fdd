"""From faces to label counts and predictions, by the paper's arithmetic.

If a frame has several faces, one counts: the first, unless the study chooses another
(:mod:`facetally.faces.counted`). A frame's emotion is the one with the highest score, ties going
to the earlier in EMOTIONS, and the frame counts as the class that the mapping assigns to it (the
paper's CLASS_OF). If the network predicts the classes itself, a frame counts as the most probable
class, ties going to Neutral. The prediction is the class with the most frames; a tie goes to the
class with the higher summed score, then to Neutral.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import polars as pl

from facetally.emotions import CLASS_OF, CLASS_SCORES, CLASSES, EMOTIONS
from facetally.faces.counted import LEFT_OUT_BY
from facetally.faces.table import NO_FACE

COUNTS: Final = CLASS_SCORES
SUMMED: Final = tuple(f"{count}_sum" for count in COUNTS)
SCORES: Final = tuple(f"{count}_score" for count in COUNTS)
"""A method's scores of the three classes, from 0 to 1."""

TALLIES: Final = (
    *COUNTS,
    "frames",
    "no_face",
    "several_faces",
    "extra_faces",
    "only_others",
    "left_out_faces",
    *EMOTIONS,
)
"""``pos, neg, neut`` and the emotions count frames by the face that counts; ``no_face`` counts
frames in which no face counts, and ``only_others`` those among them that show faces other than the
tracked person's; ``several_faces`` counts frames with more than one face, ``extra_faces`` the
faces that do not count. ``left_out_faces`` are the faces removed by ``min_confidence`` and
``min_face_height``; every other column is counted without them."""

OF_FRAME: Final = ("video", "frame", "time", "status", "found", "left_out")
"""What is known about a frame in which no face counts."""

SCORE_UNIT: Final = 10_000
"""Scores are summed as whole ten-thousandths, so that rounding never decides a tie."""


def counted_faces(faces: pl.DataFrame) -> pl.DataFrame:
    """Return one row per sampled frame: for the face that counts, or for a frame without one.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table`, in its order.

    Returns:
        The columns of ``faces``, in order, plus ``left_out`` (Int64), the number of faces left out
        by a threshold, and ``found`` (Int64), the number of other faces in the frame. Where no
        face counts, the status is ``no_face`` and everything measured on a face is null.
    """
    # By position, since the rows of a frame are contiguous: windows over video and frame take
    # several times as long.
    rows = faces.filter(pl.col("frame").is_not_null())
    begins = (rows["face"].fill_null(0) == 0).to_numpy()
    chosen = np.flatnonzero(rows["chosen"].fill_null(value=False))
    frame_of = np.cumsum(begins) - 1
    counted = np.flatnonzero(begins)
    out = rows["left_out_by"].is_in(LEFT_OUT_BY).fill_null(value=False)
    left_out, found = (
        np.bincount(frame_of[which.to_numpy()], minlength=len(counted))
        for which in (out, rows["face"].is_not_null() & ~out)
    )
    counts = np.zeros(len(counted), bool)
    counted[frame_of[chosen]] = chosen
    counts[frame_of[chosen]] = True
    return (
        rows[counted]
        .with_columns(
            found=pl.Series(found, dtype=pl.Int64),
            left_out=pl.Series(left_out, dtype=pl.Int64),
            counts=pl.Series(counts),
        )
        .with_columns(
            pl.when("counts").then(pl.all().exclude(*OF_FRAME)),
            status=pl.when("counts").then("status").otherwise(pl.lit(NO_FACE)),
        )
        .drop("counts")
    )


def top_emotion() -> pl.Expr:
    """Return the emotion with the highest score; null where there is no face."""
    highest = pl.max_horizontal(EMOTIONS)
    return pl.coalesce(
        pl.when(pl.col(emotion) == highest).then(pl.lit(emotion)) for emotion in EMOTIONS
    )


def frame_class(mapping: Mapping[str, str]) -> pl.Expr:
    """Return the class a frame counts as; null where there is no face.

    That is the most probable class if the network predicts classes, or else the class of
    ``emotion``.

    Args:
        mapping: the class of each emotion.
    """
    return pl.coalesce(highest(CLASS_SCORES), pl.col("emotion").replace_strict(mapping))


def prediction() -> pl.Expr:
    """Return the class predicted from the columns COUNTS and SUMMED; null without a face.

    The summed score of a class is the sum over all frames of its emotions' scores, or of the
    network's probabilities.
    """
    most = pl.max_horizontal(COUNTS)
    leading = [
        pl.when(pl.col(count) == most).then(pl.col(score))
        for count, score in zip(COUNTS, SUMMED, strict=True)
    ]
    return pl.when(most > 0).then(highest(leading))


def highest(scores: Iterable[str | pl.Expr]) -> pl.Expr:
    """Return the class with the highest of three scores; null without scores, Neut for a tie.

    Args:
        scores: the scores, or the names of their columns, in the order of CLASSES.
    """
    values = [pl.col(score) if isinstance(score, str) else score for score in scores]
    best = pl.max_horizontal(values)
    leads = [value == best for value in values]
    several = pl.sum_horizontal(leads) > 1
    return pl.coalesce(
        pl.when(several).then(pl.lit("Neut")),
        *(pl.when(lead).then(pl.lit(label)) for lead, label in zip(leads, CLASSES, strict=True)),
    )


def tally(
    frames: pl.DataFrame, by: list[str], mapping: Mapping[str, str] = CLASS_OF
) -> pl.DataFrame:
    """Count labels in groups of frames and predict a label for each.

    Args:
        frames: the table of :func:`counted_faces`, possibly with rows for videos without a frame.
        by: the columns that make a group.
        mapping: the class of each emotion.

    Returns:
        One row per group, sorted: ``by``, ``predict`` (null if no face counts in any frame), the
        columns TALLIES and SUMMED, ``start_time`` and ``end_time`` (s) of the group's first and
        last sampled frame, and ``seconds``, the time that the frames represent: each lasts until
        the next one, the last as long as the one before it.
    """
    found, none_counts = pl.col("found"), pl.col("face").is_null()
    return (
        frames.with_columns(emotion=top_emotion())
        .with_columns(label=frame_class(mapping))
        .group_by(by)
        .agg(
            *((pl.col("label") == label).sum().alias(label.lower()) for label in CLASSES),
            *(_class_score(label, mapping).alias(f"{label.lower()}_sum") for label in CLASSES),
            pl.col("frame").count().alias("frames"),
            (pl.col("status") == NO_FACE).sum().alias("no_face"),
            (found > 1).sum().alias("several_faces"),
            (found - (~none_counts).cast(pl.Int64)).sum().alias("extra_faces"),
            (none_counts & (found > 0)).sum().alias("only_others"),
            pl.col("left_out").sum().alias("left_out_faces"),
            *((pl.col("emotion") == emotion).sum().alias(emotion) for emotion in EMOTIONS),
            pl.col("time").min().alias("start_time"),
            pl.col("time").max().alias("end_time"),
            pl.col("time").diff().last().alias("last"),
        )
        .with_columns(
            predict=prediction(),
            seconds=pl.sum_horizontal(pl.col("end_time") - pl.col("start_time"), "last").round(6),
        )
        .select(*by, "predict", *TALLIES, *SUMMED, "start_time", "end_time", "seconds")
        .sort(by)
    )


def tally_videos(faces: pl.DataFrame, mapping: Mapping[str, str] = CLASS_OF) -> pl.DataFrame:
    """Count the labels of each video, including those that cannot be analysed.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table`.
        mapping: the class of each emotion.

    Returns:
        The table of :func:`tally`, grouped by ``video``.
    """
    without_frames = faces.filter(pl.col("frame").is_null())
    frames = pl.concat([counted_faces(faces), without_frames], how="diagonal")
    return tally(frames, ["video"], mapping)


def _class_score(label: str, mapping: Mapping[str, str]) -> pl.Expr:
    """Sum the scores of a class, its own or its emotions', in units of 1/SCORE_UNIT."""
    own = _units(label.lower())
    emotions = [_units(emotion) for emotion in EMOTIONS if mapping[emotion] == label]
    mapped = pl.sum_horizontal(emotions) if emotions else pl.lit(0, pl.Int64)
    return pl.coalesce(own, mapped).sum()


def _units(score: str) -> pl.Expr:
    return (pl.col(score) * SCORE_UNIT).round().cast(pl.Int64)


def count_labels(
    faces: pl.DataFrame,
    golden: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
    mapping: Mapping[str, str] = CLASS_OF,
) -> pl.DataFrame:
    """Make the table of label counts, one row per video, sorted by filename.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table`.
        golden: the golden label by video; videos without one get null.
        problems: by video, why it cannot be analysed, or only in part.
        mapping: the class of each emotion.

    Returns:
        ``filename, predict, golden``, the columns TALLIES, ``seconds`` (the time that the sampled
        frames represent) and ``problem`` (null if there is no problem). A video that cannot be
        analysed has 0 frames.
    """
    return (
        tally_videos(faces, mapping)
        .with_columns(golden=by_video(golden), problem=by_video(problems or {}))
        .select(
            pl.col("video").alias("filename"), "predict", "golden", *TALLIES, "seconds", "problem"
        )
    )


def count_segments(
    faces: pl.DataFrame,
    golden: Mapping[str, str],
    segment_frames: int,
    mapping: Mapping[str, str] = CLASS_OF,
    segment_seconds: float | None = None,
) -> pl.DataFrame:
    """Make the table of label counts per video and time segment.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table`.
        golden: the golden label by video; videos without one get null.
        segment_frames: length of a segment, in source frames.
        mapping: the class of each emotion.
        segment_seconds: length of a segment in seconds; overrides ``segment_frames``.

    Returns:
        ``filename, segment`` (from 0), ``start_frame`` (the segment's first frame in the source
        or, with ``segment_seconds``, its first sampled frame), ``start_time`` and ``end_time`` (s,
        of the segment's first and last sampled frame), ``predict, golden`` and the columns
        TALLIES, sorted by filename and segment.
    """
    start_frame = (
        pl.col("segment") * segment_frames
        if segment_seconds is None
        else pl.col("frame").min().over("video", "segment")
    )
    segments = (
        counted_faces(faces)
        .with_columns(segment=segment_of(segment_frames, segment_seconds))
        .with_columns(start_frame=start_frame)
    )
    return (
        tally(segments, ["video", "segment", "start_frame"], mapping)
        .with_columns(golden=by_video(golden))
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


def segment_of(segment_frames: int, segment_seconds: float | None = None) -> pl.Expr:
    """Return the number of a frame's time segment, from 0.

    Args:
        segment_frames: length of a segment, in source frames.
        segment_seconds: the same in seconds; overrides ``segment_frames``.
    """
    if segment_seconds is None:
        return pl.col("frame") // segment_frames
    # Times have six decimals: a frame at the start of a segment belongs to it.
    return (pl.col("time") / segment_seconds + 1e-9).floor().cast(pl.Int64)


def by_video(values: Mapping[str, str]) -> pl.Expr:
    """Return the mapping's value for each ``video``; null where it has none."""
    return pl.col("video").replace_strict(
        list(values), list(values.values()), default=None, return_dtype=pl.String
    )

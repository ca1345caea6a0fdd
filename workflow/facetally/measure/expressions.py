"""The one table for R and pandas: what the face that counts shows, in each sampled frame."""

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Final

import polars as pl

from facetally.emotions import CLASS_OF, EMOTIONS
from facetally.faces.counted import LEFT_OUT_BY
from facetally.faces.table import WHO
from facetally.measure.counts import counted_faces, frame_class, top_emotion
from facetally.study.identities import UNKNOWN
from facetally.study.people import Turns

AGAINST_HAPPY: Final = ("angry", "disgust", "fear", "sad")

EXPRESSIONS: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "detector": pl.String(),
        "video": pl.String(),
        "person": pl.String(),
        "turn": pl.Int64(),
        "frame": pl.Int64(),
        "time": pl.Float64(),
        "seconds": pl.Float64(),
        **{emotion: pl.Float64() for emotion in EMOTIONS},
        "emotion": pl.String(),
        "class": pl.String(),
        "valence": pl.Float64(),
        "confidence": pl.Float64(),
        "x": pl.Int32(),
        "y": pl.Int32(),
        "width": pl.Int32(),
        "height": pl.Int32(),
    }
)

TURN_STARTS: Final = pl.Schema(
    {
        "video": pl.String(),
        "start": pl.Float64(),
        "end": pl.Float64(),
        "person": pl.String(),
        "turn": pl.Int64(),
    }
)


def read_expressions(path: Path | str, dataset: str) -> pl.DataFrame:
    """Read the rows of one dataset from the table of all frames."""
    return pl.scan_parquet(path).filter(pl.col("dataset") == dataset).collect()


def valence() -> pl.Expr:
    """Return happy less the highest of angry, disgust, fear and sad, from -1 to 1.

    This is the definition of FaceReader (Noldus; Loijens and Krips, FaceReader Methodology Note).
    FaceReader's values still differ, since its scores come from another network.
    """
    return pl.col("happy") - pl.max_horizontal(AGAINST_HAPPY)


def expressions(
    dataset: str,
    detector: str,
    faces: pl.DataFrame,
    turns: Turns,
    mapping: Mapping[str, str] = CLASS_OF,
) -> pl.DataFrame:
    """Describe what the face that counts shows in each sampled frame of a dataset.

    Args:
        dataset: the dataset's name.
        detector: the detector's name.
        faces: the table of :func:`facetally.faces.table.face_table`.
        turns: who is seen in each video, and when. If people are identified, a video without turns
            has a row for each person who is certainly seen in a frame, with their own face.
        mapping: the class of each emotion.

    Returns:
        The columns of EXPRESSIONS, sorted by video and frame. ``time`` is in seconds from the
        first picture of the video, ``seconds`` the time that the frame represents: until the next
        sampled frame; the last frame counts as long as the one before it, and a single frame as 0.
        ``person`` is null outside all turns and where nobody known is seen; the row then describes
        the face that counts. ``turn`` is the number of the turn in its video, from 0, or the
        track. ``emotion`` is the one with the highest score, ``class`` the one that the mapping
        assigns, or the most probable class if the network predicts classes. The box is in pixels.
        Everything measured on a face is null where no face counts.
    """
    starts = pl.DataFrame(
        [
            (video, turn.start, inf if turn.end is None else turn.end, turn.name, number)
            for video, own in turns.items()
            for number, turn in enumerate(own)
        ],
        schema=TURN_STARTS,
        orient="row",
    ).sort("video", "start")
    return (
        _seen(faces, turns)
        .with_columns(emotion=top_emotion(), valence=valence())
        .with_columns(
            pl.lit(dataset).alias("dataset"),
            pl.lit(detector).alias("detector"),
            frame_class(mapping).alias("class"),
        )
        .sort("video", "time", maintain_order=True)
        .join_asof(
            starts,
            left_on="time",
            right_on="start",
            by="video",
            strategy="backward",
            check_sortedness=False,
        )
        .with_columns(
            pl.when(pl.col("time") < pl.col("end")).then(pl.col(name)).otherwise(seen).alias(name)
            for name, seen in (("person", "seen"), ("turn", "track_seen"))
        )
        .select(pl.col(name).cast(kind) for name, kind in EXPRESSIONS.items())
        .sort("video", "frame", maintain_order=True)
    )


def _seen(faces: pl.DataFrame, turns: Turns) -> pl.DataFrame:
    """Return a row per frame, or per known person who is seen in it.

    Args:
        faces: the tidy table.
        turns: who is seen in each video; in videos without turns, every known person counts.

    Returns:
        The columns of :func:`facetally.measure.counts.counted_faces`; ``seconds``, the time that
        the frame represents; and ``seen``, the person, and ``track_seen``, both null where nobody
        is known.
    """
    until_next = (pl.col("time").shift(-1) - pl.col("time")).over("video")
    before = pl.col("until_next").shift(1).over("video")
    frames = (
        counted_faces(faces)
        .with_columns(until_next=until_next)
        .with_columns(
            seconds=pl.coalesce("until_next", before, pl.lit(0.0)).round(6),
            seen=pl.lit(None, pl.String),
            track_seen=pl.lit(None, pl.Int64),
        )
    )
    if "doubtful" not in faces.columns:
        return frames
    left_out = pl.col("left_out_by").is_in(LEFT_OUT_BY).fill_null(value=False)
    known = (
        faces.filter(
            ~pl.col("video").is_in(list(turns)),
            pl.col("person").is_not_null() & (pl.col("person") != UNKNOWN),
            ~pl.col("doubtful") & ~left_out,
        )
        .unique(["video", "frame", "person"], keep="first", maintain_order=True)
        .with_columns(seen="person", track_seen=pl.col("track").cast(pl.Int64))
        .join(frames.select("video", "frame", "seconds"), ["video", "frame"])
    )
    others = frames.join(known, ["video", "frame"], "anti")
    return pl.concat([others, known], how="diagonal").drop(WHO.names())

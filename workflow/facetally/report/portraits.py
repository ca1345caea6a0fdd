"""Pictures of people: for each person and emotion, the frame with the highest score."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from facetally.emotions import EMOTIONS
from facetally.report.thumbnails import SIZE, face_picture
from facetally.video.seek import frames_at

MOST_PEOPLE: Final = 40
"""The maximum number of people with a section in the report: those in the most frames."""


def shown_people(frames: pl.DataFrame) -> list[str]:
    """Return the people with a section in the report, sorted by name.

    Args:
        frames: the table of :func:`facetally.measure.expressions.expressions`, of one dataset.
    """
    found = frames.drop_nulls("person").group_by("person").len()
    found = found.sort("len", "person", descending=[True, False])
    return sorted(found["person"].head(MOST_PEOPLE))


def strongest_frames(frames: pl.DataFrame) -> pl.DataFrame:
    """Choose the frame with the highest score for each person and emotion.

    Args:
        frames: the table of :func:`facetally.measure.expressions.expressions`, of one dataset.

    Returns:
        ``person, emotion, score, detector, video, frame, time, x, y, width, height``, sorted by
        person and then in the order of EMOTIONS. Of the frames whose top emotion it is, from any
        detector, the one with the highest score is chosen, and the first of equal ones. An emotion
        that is never a person's top one has no row.
    """
    shown = frames.filter(pl.col("person").is_in(shown_people(frames)))
    score = pl.coalesce(
        pl.when(pl.col("emotion") == emotion).then(pl.col(emotion)) for emotion in EMOTIONS
    )
    return (
        shown.with_columns(
            score=score, place=pl.col("emotion").cast(pl.Enum(EMOTIONS)).to_physical()
        )
        .drop_nulls("score")
        .sort("score", descending=True, maintain_order=True)
        .unique(["person", "place"], keep="first", maintain_order=True)
        .sort("person", "place")
        .select(
            *("person", "emotion", "score", "detector", "video", "frame", "time"),
            *("x", "y", "width", "height"),
        )
    )


def portraits(frames: pl.DataFrame, videos: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Cut out the faces of :func:`strongest_frames`.

    Args:
        frames: the table of :func:`facetally.measure.expressions.expressions`, of one dataset.
        videos: the file of each video.

    Returns:
        Objects for JSON: the rows of the table without the box, each with ``jpeg``, the picture in
        base64.
    """
    chosen = strongest_frames(frames)
    pixels = {}
    for (video,), rows in chosen.group_by("video"):
        wanted = dict(rows.select("frame", "time").iter_rows())
        for index, frame in frames_at(videos[str(video)], wanted).items():
            pixels[video, index] = frame.bgr
    found = []
    for row in chosen.iter_rows(named=True):
        box = row.pop("x"), row.pop("y"), row.pop("width"), row.pop("height")
        jpeg = face_picture(pixels[row["video"], row["frame"]], box, SIZE)
        found.append(row | {"jpeg": b64encode(jpeg).decode()})
    return found

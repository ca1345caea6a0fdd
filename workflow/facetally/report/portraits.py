"""Pictures of people: for each person and emotion, the frame with the highest score."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from facetally.emotions import EMOTIONS
from facetally.faces.pictures import read_pictures
from facetally.report.thumbnails import SIZE, face_picture
from facetally.study.identities import BOX

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
            *BOX,
        )
    )


def portraits(
    frames: pl.DataFrame, pictures: Mapping[tuple[str, str], Path]
) -> list[dict[str, Any]]:
    """Cut out the faces of :func:`strongest_frames`.

    Args:
        frames: the table of :func:`facetally.measure.expressions.expressions`, of one dataset.
        pictures: the file of kept pictures of each detector and video.

    Returns:
        Objects for JSON: the rows of the table without the box, each with ``jpeg``, the picture in
        base64.
    """
    chosen = strongest_frames(frames)
    found = chosen.drop(*BOX).to_dicts()
    for row, box in zip(found, chosen.select(BOX).iter_rows(), strict=True):
        place = row["frame"], box
        kept = read_pictures(pictures[row["detector"], row["video"]], [place])[place]
        row["jpeg"] = b64encode(face_picture(kept, SIZE)).decode()
    return found

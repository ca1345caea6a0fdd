"""The tidy table: one row per sampled frame and face."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from facetally.emotions import EMOTIONS
from facetally.errors import RawFormatError
from facetally.raw import CLASS_SCORES, faces_of, read_raw

SCHEMA: Final = pl.Schema(
    {
        "video": pl.String(),
        "frame": pl.Int64(),
        "time": pl.Float64(),
        "face": pl.Int32(),
        "x": pl.Int32(),
        "y": pl.Int32(),
        "width": pl.Int32(),
        "height": pl.Int32(),
        "confidence": pl.Float64(),
        **{emotion: pl.Float64() for emotion in EMOTIONS},
        "status": pl.String(),
        **{name: pl.Float64() for name in CLASS_SCORES},
    }
)
OK: Final = "ok"
NO_FACE: Final = "no_face"
NO_FRAMES: Final = "no_frames"
NO_CLASSES: Final = (None,) * len(CLASS_SCORES)


UNSEEN: Final = SCHEMA.names().index("status") - SCHEMA.names().index("face")
"""Columns from ``face`` on that a frame without a face has nothing for."""


def face_table(raw: Mapping[str, Path], problems: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Gather raw FER JSON files into one table.

    Args:
        raw: the file of each video, by the video's name.
        problems: the reason by video why it cannot be analysed, or only in part.

    Returns:
        The columns of SCHEMA, sorted by video, frame and face. ``time`` is in seconds, the
        box in pixels. ``status`` is ``ok``, or ``no_face`` in the one row of a frame with no
        face, where ``face`` and everything measured on one is null. A video without a frame
        has one row whose status is its reason and which else is null. ``pos``, ``neg`` and
        ``neut`` are an emotion model's probabilities, null without one.

    Raises:
        RawFormatError: if a file does not have the raw format.
    """
    reasons = problems or {}
    tables = [_video_table(video, raw[video], reasons.get(video)) for video in sorted(raw)]
    return pl.concat([SCHEMA.to_frame(), *tables])


def _video_table(video: str, path: Path, reason: str | None) -> pl.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for number, record in enumerate(read_raw(path)):
        at = (video, record["frame"], record["time"])
        try:
            faces = faces_of(record)
        except (KeyError, TypeError, ValueError) as error:
            raise RawFormatError(
                f"{path}, entry {number}: incomplete face ({error}); delete it and run again"
            ) from None
        rows += [
            (
                *at,
                face_number,
                *face.box,
                face.confidence,
                *face.scores,
                OK,
                *(face.classes or NO_CLASSES),
            )
            for face_number, face in enumerate(faces)
        ]
        if not faces:
            rows.append((*at, *[None] * UNSEEN, NO_FACE, *NO_CLASSES))
    if not rows:
        rows.append((video, None, None, *[None] * UNSEEN, reason or NO_FRAMES, *NO_CLASSES))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")

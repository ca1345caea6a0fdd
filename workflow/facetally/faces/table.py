"""The tidy table: one row per sampled frame and face."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from facetally.detect.face import Face
from facetally.emotions import CLASS_SCORES, EMOTIONS
from facetally.errors import RawFormatError
from facetally.faces.counted import FIRST, choose
from facetally.faces.raw import faces_of, read_raw

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
        "track": pl.Int32(),
        "chosen": pl.Boolean(),
        **{name: pl.Float64() for name in CLASS_SCORES},
    }
)
OK: Final = "ok"
NO_FACE: Final = "no_face"
NO_FRAMES: Final = "no_frames"
NO_CLASSES: Final = (None,) * len(CLASS_SCORES)


UNSEEN: Final = SCHEMA.names().index("status") - SCHEMA.names().index("face")
"""Columns from ``face`` on that a frame without a face has nothing for."""


def face_table(
    raw: Mapping[str, Path], problems: Mapping[str, str] | None = None, face: str = FIRST
) -> pl.DataFrame:
    """Gather raw FER JSON files into one table.

    Args:
        raw: the file of each video, by the video's name.
        problems: the reason by video why it cannot be analysed, or only in part.
        face: which face of a frame counts, as in :func:`facetally.faces.counted.choose`.

    Returns:
        The columns of SCHEMA, sorted by video, frame and face. ``time`` is in seconds, the
        box in pixels. ``status`` is ``ok``, or ``no_face`` in the one row of a frame with no
        face, where ``face`` and everything measured on one is null. A video without a frame
        has one row whose status is its reason and which else is null. ``track`` numbers the
        people of a video from 0, in the order of their appearance, if faces are tracked, and
        is null otherwise. ``chosen`` tells the face that counts in its frame; in a frame
        without the tracked person there is none.
        ``pos``, ``neg`` and
        ``neut`` are an emotion model's probabilities, null without one.

    Raises:
        RawFormatError: if a file does not have the raw format.
    """
    reasons = problems or {}
    tables = [_video_table(video, raw[video], reasons.get(video), face) for video in sorted(raw)]
    return pl.concat([SCHEMA.to_frame(), *tables])


def _video_table(video: str, path: Path, reason: str | None, face: str) -> pl.DataFrame:
    frames = [
        (record["frame"], record["time"], _faces(path, number, record))
        for number, record in enumerate(read_raw(path))
    ]
    choice = choose([[found.box for found in faces] for *_, faces in frames], face)
    rows: list[tuple[Any, ...]] = []
    for position, (frame, time, faces) in enumerate(frames):
        at = (video, frame, time)
        counted = choice.counted[position]
        tracks = choice.tracks[position] if choice.tracks else [None] * len(faces)
        rows += [
            (
                *at,
                number,
                *found.box,
                found.confidence,
                *found.scores,
                OK,
                track,
                number == counted,
                *(found.classes or NO_CLASSES),
            )
            for number, (found, track) in enumerate(zip(faces, tracks, strict=True))
        ]
        if not faces:
            rows.append((*at, *[None] * UNSEEN, NO_FACE, None, None, *NO_CLASSES))
    if not rows:
        missing = [None] * (UNSEEN + 2)
        rows.append((video, *missing, reason or NO_FRAMES, None, None, *NO_CLASSES))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _faces(path: Path, number: int, record: dict[str, Any]) -> list[Face]:
    try:
        return faces_of(record)
    except (KeyError, TypeError, ValueError) as error:
        raise RawFormatError(
            f"{path}, entry {number}: incomplete face ({error}); delete it and run again"
        ) from None

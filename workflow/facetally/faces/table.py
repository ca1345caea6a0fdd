"""The tidy table: one row per sampled frame and face."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

import polars as pl

from facetally.detect.face import POINTS
from facetally.emotions import CLASS_SCORES, EMOTIONS
from facetally.faces.counted import BY_DEFAULT, Counting, read_analysed

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
        "left_out_by": pl.String(),
        **{f"{point}_{axis}": pl.Float64() for point in POINTS for axis in "xy"},
    }
)
OK: Final = "ok"
NO_FACE: Final = "no_face"
NO_FRAMES: Final = "no_frames"
NO_CLASSES: Final = (None,) * len(CLASS_SCORES)
NO_LANDMARKS: Final = (None,) * 2 * len(POINTS)
BY_CHOICE: Final = "face"
"""The key of config.yaml by which a face does not count because another does."""

UNSEEN: Final = SCHEMA.names().index("status") - SCHEMA.names().index("face")
"""Columns from ``face`` on that a frame without a face has nothing for."""

REST: Final = len(SCHEMA) - SCHEMA.names().index("track")
"""Columns after the status, of which the same is true."""


def face_table(
    raw: Mapping[str, Path],
    problems: Mapping[str, str] | None = None,
    counting: Counting = BY_DEFAULT,
) -> pl.DataFrame:
    """Gather raw FER JSON files into one table.

    Args:
        raw: the file of each video, by the video's name.
        problems: the reason by video why it cannot be analysed, or only in part.
        counting: how the face that counts in a frame is chosen.

    Returns:
        The columns of SCHEMA, sorted by video, frame and face. ``time`` is in seconds, the
        box in pixels. ``status`` is ``ok``, or ``no_face`` in the one row of a frame with no
        face, where ``face`` and everything measured on one is null. A video without a frame
        has one row with its reason as status and all else null. ``track`` numbers the
        people of a video from 0, in the order of their appearance, if faces are tracked, and
        is null otherwise. ``chosen`` marks the face that counts in its frame; in a frame
        without the tracked person there is none. ``pos``, ``neg`` and ``neut`` are the
        probabilities of a network that tells the classes apart, null without one.
        ``left_out_by`` is the key of config.yaml by which a face does not count:
        ``min_confidence``, ``min_face_height``, or ``face`` where another counts; null of the
        one that does. Landmarks are in pixels, null of a detector that finds none.

    Raises:
        RawFormatError: if a file does not have the raw format.
    """
    reasons = problems or {}
    tables = [
        _video_table(video, raw[video], reasons.get(video), counting) for video in sorted(raw)
    ]
    return pl.concat([SCHEMA.to_frame(), *tables])


def of_run(table: pl.DataFrame, dataset: str, detector: str) -> pl.DataFrame:
    """Return any table with its dataset and detector as last columns, to be put beside others."""
    return table.with_columns(dataset=pl.lit(dataset), detector=pl.lit(detector))


def _video_table(video: str, path: Path, reason: str | None, counting: Counting) -> pl.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for frame in read_analysed(path, counting):
        at = (video, frame.index, frame.time)
        rows += [
            (
                *at,
                number,
                *found.box,
                found.confidence,
                *found.scores,
                OK,
                frame.tracks[number],
                number == frame.counted,
                *(found.classes or NO_CLASSES),
                None if number == frame.counted else frame.left_out[number] or BY_CHOICE,
                *(chain.from_iterable(found.landmarks) if found.landmarks else NO_LANDMARKS),
            )
            for number, found in enumerate(frame.faces)
        ]
        if not frame.faces:
            rows.append((*at, *[None] * UNSEEN, NO_FACE, *[None] * REST))
    if not rows:
        missing = [None] * (UNSEEN + 2)
        rows.append((video, *missing, reason or NO_FRAMES, *[None] * REST))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")

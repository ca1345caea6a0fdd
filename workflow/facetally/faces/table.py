"""The tidy table: one row per sampled frame and face."""

from collections.abc import Mapping
from itertools import chain
from math import isnan
from pathlib import Path
from typing import Any, Final

import polars as pl

from facetally.detect.face import POINTS
from facetally.emotions import CLASS_SCORES, EMOTIONS
from facetally.faces.counted import BY_DEFAULT, NOTHING_KNOWN, Counting, Known, read_analysed

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
WHO: Final = pl.Schema(
    {"person": pl.String(), "person_distance": pl.Float64(), "doubtful": pl.Boolean()}
)
"""Columns that follow where people are told apart."""

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
    known: Mapping[str, Known] | None = None,
) -> pl.DataFrame:
    """Gather raw FER JSON files into one table.

    Args:
        raw: the file of each video, by the video's name.
        problems: the reason by video why it cannot be analysed, or only in part.
        counting: how the face that counts in a frame is chosen.
        known: of each video what it is chosen by, beside the faces.

    Returns:
        The columns of SCHEMA, and where people are told apart those of WHO, sorted by video,
        frame and face. ``time`` is in seconds, the box in pixels. ``status`` is ``ok``, or
        ``no_face`` in the one row of a frame with no face, where ``face`` and everything measured
        on one is null. A video without a frame has one row with its reason as status and all else
        null. ``track`` numbers faces that follow one another, from 0 in the order of their
        appearance, if faces are tracked or people told apart, and is null otherwise. ``chosen``
        marks the face that counts in its frame; in a frame without the tracked face, or the
        person's, there is none. ``pos``, ``neg`` and ``neut`` are the probabilities of a network
        that tells the classes apart, null without one. ``left_out_by`` is the key of config.yaml
        by which a face does not count: ``min_confidence``, ``min_face_height``, or ``face`` where
        another counts; null of the one that does. Landmarks are in pixels, null of a detector that
        finds none. ``person_distance`` is :attr:`facetally.faces.identities.Who.distance`, null
        where there is none.

    Raises:
        RawFormatError: if a file does not have the raw format.
    """
    reasons = problems or {}
    told = known or {}
    tables = [
        _video_table(
            video, raw[video], reasons.get(video), counting, told.get(video, NOTHING_KNOWN)
        )
        for video in sorted(raw)
    ]
    schema = SCHEMA
    if any(each.tracks is not None for each in told.values()):
        schema = pl.Schema([*SCHEMA.items(), *WHO.items()])
    return pl.concat([schema.to_frame(), *tables], how="diagonal")


def of_run(table: pl.DataFrame, dataset: str, detector: str) -> pl.DataFrame:
    """Return any table with its dataset and detector as last columns, to be put beside others."""
    return table.with_columns(dataset=pl.lit(dataset), detector=pl.lit(detector))


def _video_table(
    video: str, path: Path, reason: str | None, counting: Counting, known: Known
) -> pl.DataFrame:
    rows: list[tuple[Any, ...]] = []
    people: list[tuple[Any, ...]] = []
    for frame in read_analysed(path, counting, known):
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
        people += [
            (who.person, None if isnan(who.distance) else who.distance, who.doubtful)
            for who in frame.who
            if who is not None
        ]
        if not frame.faces:
            people.append((None,) * len(WHO))
            rows.append((*at, *[None] * UNSEEN, NO_FACE, *[None] * REST))
    if not rows:
        missing = [None] * (UNSEEN + 2)
        people.append((None,) * len(WHO))
        rows.append((video, *missing, reason or NO_FRAMES, *[None] * REST))
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    if known.tracks is None:
        return table
    return table.hstack(pl.DataFrame(people, schema=WHO, orient="row"))

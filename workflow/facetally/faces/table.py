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
"""Columns that follow if people are told apart."""

OK: Final = "ok"
NO_FACE: Final = "no_face"
NO_FRAMES: Final = "no_frames"
NO_CLASSES: Final = (None,) * len(CLASS_SCORES)
NO_LANDMARKS: Final = (None,) * 2 * len(POINTS)
BY_CHOICE: Final = "face"
"""The key of config.yaml that leaves a face out because another one counts."""

UNSEEN: Final = SCHEMA.names().index("status") - SCHEMA.names().index("face")
"""How many columns from ``face`` on are empty for a frame without a face."""

REST: Final = len(SCHEMA) - SCHEMA.names().index("track")
"""How many columns after the status are empty for such a frame too."""


def face_table(
    raw: Mapping[str, Path],
    problems: Mapping[str, str] | None = None,
    counting: Counting = BY_DEFAULT,
    known: Mapping[str, Known] | None = None,
) -> pl.DataFrame:
    """Gather raw FER JSON files into one table.

    Args:
        raw: the file of each video, by the video's name.
        problems: for each video that cannot be analysed, or only in part, the reason.
        counting: how the face that counts in a frame is chosen.
        known: for each video, what else the choice depends on, besides the faces.

    Returns:
        The columns of SCHEMA and, if people are told apart, those of WHO, sorted by video, frame
        and face. ``time`` is in seconds, the box in pixels. ``status`` is ``ok``, or ``no_face``
        in the only row of a frame with no face, where ``face`` and everything measured on a face
        is null. A video without frames has one row with its reason as status and everything else
        null. ``track`` numbers faces that follow one another, from 0 in the order of their
        appearance, if faces are tracked or people told apart; otherwise it is null. ``chosen``
        marks the face that counts in its frame; a frame without the tracked face, or the
        person's, has none. ``pos``, ``neg`` and ``neut`` are the probabilities of a network
        that scores the classes, null without one. ``left_out_by`` is the key of config.yaml that
        leaves a face out: ``min_confidence``, ``min_face_height``, or ``face`` if another face
        counts; it is null for the face that counts. Landmarks are in pixels, null for a detector
        that finds none. ``person_distance`` is
        :attr:`facetally.faces.identities.Who.distance`, null if there is none.

    Raises:
        RawFormatError: if a file does not have the raw format.
    """
    reasons = problems or {}
    of_videos = known or {}
    tables = [
        _video_table(
            video, raw[video], reasons.get(video), counting, of_videos.get(video, NOTHING_KNOWN)
        )
        for video in sorted(raw)
    ]
    schema = SCHEMA
    if any(each.tracks is not None for each in of_videos.values()):
        schema = pl.Schema([*SCHEMA.items(), *WHO.items()])
    return pl.concat([schema.to_frame(), *tables], how="diagonal")


def of_run(table: pl.DataFrame, dataset: str, detector: str) -> pl.DataFrame:
    """Return a table with its dataset and detector as last columns, to be combined with others."""
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

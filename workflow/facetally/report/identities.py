"""The page for checking who is who: the faces of each person, doubtful ones first."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from facetally.faces.identity_files import Place, VideoFaces
from facetally.report.render import render
from facetally.study.identities import CORRECTIONS, NOT_A_FACE, UNKNOWN

NOBODY: Final = "Nobody"
"""The name for tracks that seem to show no face, or one that cannot be compared."""

AT_MOST: Final = 24
"""Tracks with pictures per person and video; the ones least like the person are shown."""

MOST: Final = 100
"""The same per person in all videos: for thirty people, they take 15 MB."""

DOUBTFUL_AT_MOST: Final = 500
"""Doubtful tracks with a picture."""


@dataclass(frozen=True)
class Group:
    """The tracks of one person.

    Attributes:
        name: the person's name.
        tracks: how many tracks the person has.
        videos: how many videos they are in.
        shown: by video, rows of the table of tracks, each with ``jpeg`` in base64 (may be empty).
        left: how many tracks are not shown.
    """

    name: str
    tracks: int
    videos: int
    shown: Mapping[str, list[dict[str, Any]]]
    left: int


def identities_page(
    tracks: pl.DataFrame,
    alike: pl.DataFrame,
    others: pl.DataFrame,
    faces: Mapping[Place, VideoFaces],
    named: bool,
) -> str:
    """Write the page.

    Args:
        tracks: the columns of :data:`facetally.faces.who_is_who.TRACKS`.
        alike: the columns of :data:`facetally.faces.who_is_who.ALIKE`.
        others: the columns of :data:`facetally.measure.others_seen.OTHERS_SEEN`.
        faces: the faces of each video.
        named: whether there are pictures of people.
    """
    several = len({dataset for dataset, _, _ in faces}) > 1
    name = pl.concat_str("dataset", "video", separator=", ") if several else pl.col("video")
    person = pl.col("person").replace(NOT_A_FACE, NOBODY).fill_null(NOBODY)
    every = tracks.with_columns(title=name, person=person).sort("title", "detector", "track")
    doubtful = every.filter("doubtful").sort("distance", nulls_last=True, maintain_order=True)
    sure = every.filter(~pl.col("doubtful"))
    people = (
        sure.group_by("person")
        .agg(pl.col("faces").sum())
        .sort("faces", "person", descending=[True, False])["person"]
        .to_list()
    )
    last = [person for person in (UNKNOWN, NOBODY) if person in people]
    order = [*(person for person in people if person not in last), *last]
    columns = [*(["dataset"] if several else []), *CORRECTIONS.columns]
    rounded = pl.col("start", "end").round(3)
    return render(
        "identities.html",
        tracks=tracks,
        doubtful=_with_pictures(doubtful.head(DOUBTFUL_AT_MOST), faces),
        doubtful_left=max(0, doubtful.height - DOUBTFUL_AT_MOST),
        corrections=doubtful.with_columns(rounded, person=pl.lit("")).select(columns),
        groups=[_group(person, sure.filter(person=person), faces) for person in order],
        people=[person for person in order if person not in last],
        alike=alike,
        others=others,
        named=named,
        unknown=UNKNOWN,
        not_a_face=NOT_A_FACE,
        nobody=NOBODY,
    )


def _group(person: str, tracks: pl.DataFrame, faces: Mapping[Place, VideoFaces]) -> Group:
    furthest = tracks.sort("distance", descending=True, nulls_last=True, maintain_order=True)
    chosen = furthest.filter(pl.int_range(pl.len()).over("title") < AT_MOST).head(MOST)
    if person == NOBODY:
        chosen = chosen.clear()
    chosen = chosen.sort("title", "detector", "track")
    shown: dict[str, list[dict[str, Any]]] = {}
    for row in _with_pictures(chosen, faces):
        shown.setdefault(row["title"], []).append(row)
    return Group(
        person, tracks.height, tracks["title"].n_unique(), shown, tracks.height - chosen.height
    )


def _with_pictures(
    tracks: pl.DataFrame, faces: Mapping[Place, VideoFaces]
) -> list[dict[str, Any]]:
    """Add the picture of each track to its row, in base64."""
    return [
        row
        | {
            "jpeg": b64encode(
                faces[row["dataset"], row["detector"], row["video"]].pictures[row["track"]]
            ).decode()
        }
        for row in tracks.iter_rows(named=True)
    ]

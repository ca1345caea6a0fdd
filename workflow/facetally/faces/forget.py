"""Removes the vectors and pictures of one person that are kept to tell people apart."""

import re
from pathlib import Path

import polars as pl

from facetally.errors import PeopleError
from facetally.faces.identity_files import (
    read_references,
    read_video_faces,
    write_video_faces,
)
from facetally.faces.who_is_who import TRACKS as COLUMNS
from facetally.files import write_whole
from facetally.study.contents import note_rewritten
from facetally.study.outputs import EXPRESSIONS, IDENTITIES, REFERENCES, TRACKS


def people_kept() -> set[str]:
    """Return the people whom the results of the study in this folder name.

    Raises:
        PeopleError: if they cannot be read.
    """
    found = _tracks()["person"].drop_nulls().to_list()
    if (references := Path(REFERENCES)).is_file():
        found += read_references(references)
    if (frames := Path(EXPRESSIONS)).is_file():
        people = pl.scan_parquet(frames).select(pl.col("person").drop_nulls().unique())
        found += people.collect()["person"].to_list()
    return set(found)


def forget_faces(mention: re.Pattern[str]) -> int:
    """Remove a person's vectors and pictures from the files of videos, and from the tracks.

    The table of tracks stays, so that another person can be forgotten next.

    Args:
        mention: finds the person's name.

    Returns:
        The number of tracks.

    Raises:
        PeopleError: if a file of another kind is in the place of one that is needed.
    """
    tracks = _tracks()
    named = pl.col("person").map_elements(
        lambda name: bool(mention.fullmatch(name)), return_dtype=pl.Boolean
    )
    own = tracks.filter(named)
    for place, rows in own.group_by("dataset", "detector", "video"):
        dataset, detector, video = map(str, place)
        path = Path(IDENTITIES.format(dataset=dataset, detector=detector, video=video))
        if path.is_file():
            write_video_faces(path, read_video_faces(path).without(rows["track"].to_list()))
            note_rewritten(path)  # Or the next run would take it for damaged, and make it again.
    if own.height:
        write_whole(TRACKS, tracks.filter(~named.fill_null(value=False)).write_csv)
    return own.height


def _tracks() -> pl.DataFrame:
    """Read the table of tracks; without one, there are none."""
    path = Path(TRACKS)
    if not path.is_file():
        return COLUMNS.to_frame()
    try:
        return pl.read_csv(path, schema=COLUMNS)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PeopleError(
            f"{path}: is not a table of tracks; delete it, run the study, and forget again"
        ) from error

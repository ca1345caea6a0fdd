"""Removes the vectors and pictures of one person that are kept to tell people apart."""

from pathlib import Path

import polars as pl

from facetally.errors import PeopleError
from facetally.faces.identity_files import (
    read_references,
    read_video_faces,
    write_references,
    write_video_faces,
)
from facetally.faces.who_is_who import TRACKS as COLUMNS
from facetally.study.csv_file import LONGEST_VALUE
from facetally.study.names import shown
from facetally.study.outputs import IDENTITIES, IDENTITIES_PAGE, REFERENCES, TRACKS


def forget(person: str | None) -> str:
    """Remove the vectors and pictures of a person, and the page that shows them.

    Args:
        person: a name in the table of tracks.

    Returns:
        What has been done, and what is left to do, in one line.

    Raises:
        PeopleError: if nobody is named, or nothing is kept of the person.
    """
    if not person:
        raise PeopleError("forget needs a person: snakemake forget --config forget=NAME")
    name = shown(person, LONGEST_VALUE)
    table = Path(TRACKS)
    if not table.is_file():
        raise PeopleError(f"{table}: does not exist, so nothing is kept of {name}")
    tracks = pl.read_csv(table, schema=COLUMNS)
    own = tracks.filter(person=person)
    references = Path(REFERENCES)
    pictured = read_references(references) if references.is_file() else {}
    if own.is_empty() and person not in pictured:
        people = ", ".join(tracks["person"].drop_nulls().unique().sort().to_list())
        raise PeopleError(f"{table}: has no track of {name}; it has some of {people}")
    for place, rows in own.group_by("dataset", "detector", "video"):
        dataset, detector, video = map(str, place)
        path = Path(IDENTITIES.format(dataset=dataset, detector=detector, video=video))
        if path.is_file():
            write_video_faces(path, read_video_faces(path).without(rows["track"].to_list()))
    left = {each: vectors for each, vectors in pictured.items() if each != person}
    if left:
        write_references(references, left)
    else:
        references.unlink(missing_ok=True)
    Path(IDENTITIES_PAGE).unlink(missing_ok=True)
    return (
        f"removed the faces and vectors of {name} ({own.height} tracks); remove the pictures "
        "of this person and the name from your files, if there are any, then run the study again"
    )

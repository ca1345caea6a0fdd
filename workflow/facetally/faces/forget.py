"""Removes the vectors and pictures of one person that are kept.

Files of kept pictures stay, with all their rows, or the videos would be detected again: the person
is painted over.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from facetally.detect.face import Box
from facetally.errors import PeopleError
from facetally.faces.identity_files import (
    VideoFaces,
    read_references,
    read_video_faces,
    write_video_faces,
)
from facetally.faces.pictures import each_picture, pictures_to
from facetally.faces.tracks import same_faces
from facetally.faces.who_is_who import TRACKS as COLUMNS
from facetally.files import write_whole
from facetally.study import outputs
from facetally.study.contents import note_rewritten
from facetally.study.outputs import EXPRESSIONS, IDENTITIES, REFERENCES, TRACKS
from facetally.video.kept import PREVIEWS, Pixels, from_jpeg, rows_of, rows_to, to_jpeg

PAINT: Final = 128
"""The grey over a face."""

AROUND: Final = 1.5
"""Side of what is painted over in pictures of others and of whole frames, as a multiple of the
box's larger side: hair and chin are outside the box."""

Places = Mapping[int, Sequence[Box]]
"""Boxes of a person's faces in pixels, by the index of the frame."""


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

    The table of tracks stays, so that another person can be forgotten next. It is written last, so
    that what was interrupted can be repeated.

    Args:
        mention: finds the person's name.

    Returns:
        The number of tracks.

    Raises:
        PeopleError: if a file that is needed is missing, or is another; nothing is changed then.
        PicturesError: if a file of kept pictures is damaged.
    """
    tracks = _tracks()
    named = pl.col("person").map_elements(
        lambda name: bool(mention.fullmatch(name)), return_dtype=pl.Boolean
    )
    own = tracks.filter(named)
    found: dict[Path, tuple[VideoFaces, list[int]]] = {}
    places: defaultdict[tuple[str, str], list[tuple[int, Box]]] = defaultdict(list)
    for (dataset, detector, video), rows in own.group_by("dataset", "detector", "video"):
        path = Path(IDENTITIES.format(dataset=dataset, detector=detector, video=video))
        if not path.is_file():
            if not Path(outputs.PREVIEWS.format(dataset=dataset, video=video)).parent.exists():
                continue
            raise PeopleError(
                f"{path}: is missing, so nobody knows where {video} shows the person; run the "
                "study, and forget again"
            )
        faces, forgotten = read_video_faces(path), rows["track"].to_list()
        found[path] = faces, forgotten
        places[str(dataset), str(video)] += faces.places_of(forgotten)
    for (dataset, video), every in places.items():
        by_frame: defaultdict[int, list[Box]] = defaultdict(list)
        for frame, box in every:
            by_frame[frame].append(box)
        _paint_previews(Path(outputs.PREVIEWS.format(dataset=dataset, video=video)), by_frame)
        of_faces = outputs.PICTURES.format(dataset=dataset, video=video, detector="*")
        for path in sorted(Path(of_faces).parent.glob("*.parquet")):
            _paint_faces(path, by_frame)
    for path, (faces, forgotten) in found.items():
        write_video_faces(path, faces.without(forgotten))
        note_rewritten(path)  # Or the next run would take it for damaged, and make it again.
    if own.height:
        write_whole(TRACKS, tracks.filter(~named.fill_null(value=False)).write_csv)
    return own.height


def _paint_previews(path: Path, places: Places) -> None:
    """Paint a person's faces over in the previews of a video, if it has some."""
    if not path.is_file():
        return
    with rows_to(path, PREVIEWS) as add:
        for row in rows_of(path, PREVIEWS):
            if boxes := places.get(row["frame"]):
                whole = (0, 0, row["width"], row["height"])
                row["jpeg"] = _painted(row["jpeg"], whole, boxes)
            add(row)


def _paint_faces(path: Path, places: Places) -> None:
    """Paint a person's faces over in a detector's pictures of faces, and in those of others."""
    with pictures_to(path) as keep:
        for picture in each_picture(path):
            boxes = places.get(picture.frame, ())
            if boxes and _is_one_of(picture.box, boxes):
                whole = to_jpeg(np.full_like(picture.bgr, PAINT))
                picture = replace(picture, jpeg=whole, grey=None)
            elif boxes:
                jpeg = _painted(picture.jpeg, picture.around, boxes)
                picture = replace(picture, jpeg=jpeg)
            keep(picture)


def _is_one_of(box: Box, boxes: Sequence[Box]) -> bool:
    """Return whether a box is one of others, or another detector's of the same face."""
    one, others = (np.array(each, np.float64).reshape(-1, 4) for each in ([box], boxes))
    return box in boxes or bool(same_faces(one, others))


def _painted(jpeg: bytes, around: Box, boxes: Iterable[Box]) -> bytes:
    """Paint over what a picture shows of faces; return the picture as it is if that is nothing.

    Args:
        jpeg: the picture.
        around: x, y, width, height of what it shows in pixels of the frame.
        boxes: x, y, width, height of the faces in pixels of the frame.
    """
    bgr = from_jpeg(jpeg)
    parts = [part for box in boxes if (part := _part(bgr, around, box)).size]
    for part in parts:
        part[:] = PAINT
    return to_jpeg(bgr) if parts else jpeg


def _part(bgr: Pixels, around: Box, box: Box) -> Pixels:
    """Return the part of a picture that shows a face and what is around it."""
    reach = AROUND * max(box[2:]) / 2
    columns, rows = (
        slice(*(max(0, round((middle + off - start) * pixels / side)) for off in (-reach, reach)))
        for middle, start, side, pixels in (
            (box[0] + box[2] / 2, around[0], around[2], bgr.shape[1]),
            (box[1] + box[3] / 2, around[1], around[3], bgr.shape[0]),
        )
    )
    return bgr[rows, columns]


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

"""Who is who in all videos of a study: its tracks joined or compared, and corrected."""

from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from facetally.errors import PeopleError
from facetally.faces.identities import Alike, Who, found
from facetally.faces.identity_files import Vectors, VideoFaces
from facetally.faces.named import corrected_who, tracks_of, who_in
from facetally.study.identities import Correction, Place, corrected_by_video

TRACKS: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "detector": pl.String(),
        "video": pl.String(),
        "track": pl.Int64(),
        "person": pl.String(),
        "distance": pl.Float64(),
        "doubtful": pl.Boolean(),
        "corrected": pl.Boolean(),
        "faces": pl.Int64(),
        "start": pl.Float64(),
        "end": pl.Float64(),
    }
)
"""The columns of results/identities/tracks.csv. ``start`` and ``end`` are the times of the first
and the last face, in seconds."""

ALIKE: Final = pl.Schema({"person": pl.String(), "other": pl.String(), "distance": pl.Float64()})


def who_is_who(
    videos: Mapping[Place, VideoFaces],
    references: Mapping[str, Vectors] | None,
    corrections: Sequence[Correction] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return whom the tracks of all videos show.

    Args:
        videos: the faces of each video; equally frequent people are numbered in this order.
        references: the vectors of each person's pictures; None to find people who recur.
        corrections: the right person for tracks that were given the wrong one.

    Returns:
        The columns of TRACKS, one row per track; and those of ALIKE, one row per pair of people
        who may be one, nearest first, no rows with references.

    Raises:
        PeopleError: if a correction is for a track that does not exist.
    """
    for each in corrections:
        own = videos.get((each.dataset, each.detector, each.video))
        if own is not None and each.track >= len(own.is_face):
            raise PeopleError(
                f"people.corrections: {each.video} has no track {each.track} with "
                f"{each.detector}, only {len(own.is_face)}, counted from 0; see "
                "results/identities/tracks.csv"
            )
    alike: Sequence[Alike] = ()
    if references is None:
        _, tracks, apart = tracks_of(videos.values())
        shown, alike = found(tracks, apart)
    else:
        shown = []
    tables = []
    known_better = corrected_by_video(corrections)
    for (dataset, detector, name), video in videos.items():
        corrected = known_better.get((dataset, detector, name), {})
        if references is None:
            numbers = np.unique(video.speaking)
            who = corrected_who(video, numbers.tolist(), shown[: len(numbers)], corrected)
            shown = shown[len(numbers) :]
        else:
            who = who_in(video, references, corrected)
        tables.append(
            _table(video, who, corrected).with_columns(
                dataset=pl.lit(dataset), detector=pl.lit(detector), video=pl.lit(name)
            )
        )
    rows = [(each.one, each.other, round(each.distance, 4)) for each in alike]
    return (
        pl.concat([TRACKS.to_frame(), *(table.select(TRACKS.names()) for table in tables)]),
        pl.DataFrame(rows, schema=ALIKE, orient="row"),
    )


def read_tracks(path: Path | str, dataset: str, detector: str) -> dict[str, list[Who]]:
    """Read whom the tracks of one dataset and detector show: by video, in the order of tracks."""
    table = pl.read_csv(path, schema=TRACKS).filter(dataset=dataset, detector=detector)
    shown: dict[str, list[Who]] = {}
    for row in table.sort("video", "track").iter_rows(named=True):
        distance = nan if row["distance"] is None else row["distance"]
        shown.setdefault(row["video"], []).append(Who(row["person"], distance, row["doubtful"]))
    return shown


def _table(video: VideoFaces, who: Sequence[Who], corrected: Mapping[int, str]) -> pl.DataFrame:
    """Return the rows for a video, without the columns that name it."""
    known = pl.DataFrame(
        [
            (track, each.person, round(each.distance, 4), each.doubtful, track in corrected)
            for track, each in enumerate(who)
        ],
        schema={name: TRACKS[name] for name in TRACKS.names()[3:8]},
        orient="row",
    )
    faces = pl.DataFrame(
        {"track": video.faces[:, 2], "time": video.times}, schema_overrides={"track": pl.Int64}
    )
    lengths = faces.group_by("track").agg(
        faces=pl.len().cast(pl.Int64), start=pl.col("time").min(), end=pl.col("time").max()
    )
    return known.join(lengths, on="track", how="left", maintain_order="left").with_columns(
        pl.col("distance").fill_nan(None)
    )

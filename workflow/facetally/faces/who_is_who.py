"""Who is who in all videos of a study: its tracks joined or compared, and corrected."""

from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Final

import polars as pl

from facetally.faces.corrected import TrackPlaces, corrected
from facetally.faces.identities import Alike, Who, found
from facetally.faces.identity_files import Place, Vectors, VideoFaces
from facetally.faces.named import corrected_who, tracks_of, twins_of, who_in
from facetally.study.identities import BOX, Correction, contradiction, corrected_by_video

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
        **{side: pl.Int64() for side in BOX},
    }
)
"""The columns of results/identities/tracks.csv. ``start`` and ``end`` are the times of the first
and the last face, in seconds. The box, in pixels, is where the track is midway between them."""

WITHOUT_TRACK: Final = pl.Schema(
    {
        "file": pl.String(),
        "row": pl.Int64(),
        "dataset": pl.String(),
        "video": pl.String(),
        "start": pl.Float64(),
        "end": pl.Float64(),
    }
)
"""The columns of the table of corrections that are about no track."""

ALIKE: Final = pl.Schema({"person": pl.String(), "other": pl.String(), "distance": pl.Float64()})


def who_is_who(
    videos: Mapping[Place, VideoFaces],
    references: Mapping[str, Vectors] | None,
    corrections: Sequence[Correction] = (),
    file: str = "people.corrections",
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return whom the tracks of all videos show.

    Args:
        videos: the faces of each video; equally frequent people are numbered in this order.
        references: the vectors of each person's pictures; None to find people who recur.
        corrections: whose faces are seen where and when, or what is not a face.
        file: the file of corrections, for messages.

    Returns:
        The columns of TRACKS, one row per track; those of ALIKE, one row per pair of people
        who may be one, nearest first, no rows with references; and those of WITHOUT_TRACK.

    Raises:
        PeopleError: if two corrections name two people for one track.
    """
    alike: Sequence[Alike] = ()
    if references is None:
        _, tracks, apart = tracks_of(videos.values())
        shown, alike = found(tracks, apart, twins_of(videos))
    else:
        shown = []
    tables = []
    known_better = corrected_by_video(corrections)
    obeyed: set[Correction] = set()
    for (dataset, detector, name), video in videos.items():
        own = known_better.get((dataset, name), [])
        meant = corrected(video, own)
        for one, other in meant.contradictions:
            raise contradiction(file, one, other)
        obeyed |= {*own} - {*meant.without}
        if references is None:
            numbers = list(video.representatives())
            who = corrected_who(video, numbers, shown[: len(numbers)], meant.by_track)
            shown = shown[len(numbers) :]
        else:
            who = who_in(video, references, meant.by_track)
        tables.append(
            _table(video, who, meant.by_track).with_columns(
                dataset=pl.lit(dataset), detector=pl.lit(detector), video=pl.lit(name)
            )
        )
    rows = [(each.one, each.other, round(each.distance, 4)) for each in alike]
    lost = [
        (file, each.row, each.dataset, each.video, each.start, each.end)
        for each in corrections
        if each not in obeyed
    ]
    return (
        pl.concat([TRACKS.to_frame(), *(table.select(TRACKS.names()) for table in tables)]),
        pl.DataFrame(rows, schema=ALIKE, orient="row"),
        pl.DataFrame(lost, schema=WITHOUT_TRACK, orient="row"),
    )


def read_tracks(path: Path | str, dataset: str, detector: str) -> dict[str, list[Who]]:
    """Read whom the tracks of one dataset and detector show: by video, in the order of tracks."""
    table = pl.read_csv(path, schema=TRACKS).filter(dataset=dataset, detector=detector)
    shown: dict[str, list[Who]] = {}
    for row in table.sort("video", "track").iter_rows(named=True):
        distance = nan if row["distance"] is None else row["distance"]
        shown.setdefault(row["video"], []).append(Who(row["person"], distance, row["doubtful"]))
    return shown


def _table(
    video: VideoFaces, who: Sequence[Who], by_track: Mapping[int, Correction]
) -> pl.DataFrame:
    """Return the rows for a video, without the columns that name it."""
    known = pl.DataFrame(
        [
            (track, each.person, round(each.distance, 4), each.doubtful, track in by_track)
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
    boxes = pl.DataFrame(TrackPlaces(video).middle_boxes(), schema=dict.fromkeys(BOX, pl.Int64()))
    return (
        known.join(lengths, on="track", how="left", maintain_order="left")
        .hstack(boxes)
        .with_columns(pl.col("distance").fill_nan(None))
    )

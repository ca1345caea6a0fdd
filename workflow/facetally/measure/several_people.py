"""Which videos seem to show several people, although no one has said who is seen when.

Faces are not identified for this: only their positions and the cuts between them decide.
"""

from collections.abc import Collection, Mapping
from typing import Final

import polars as pl

from facetally.study.csv_file import LONGEST_VALUE
from facetally.study.names import counted, first, shown

SHOTS: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "video": pl.String(),
        "shot": pl.Int64(),
        "start": pl.Float64(),
        "end": pl.Float64(),
        "frames": pl.Int64(),
    }
)
"""The columns of results/shots.csv."""

SEVERAL_PEOPLE: Final = pl.Schema(
    {
        "video": pl.String(),
        "cuts": pl.Int64(),
        "several_faces": pl.Float64(),
        "given": pl.Boolean(),
        "several": pl.Boolean(),
        "dataset": pl.String(),
    }
)

SAME_FACE: Final = 0.75
"""The intersection over union from which two faces have the same position and size. At the cuts of
a debate whose two speakers fill the picture alike, it was 0.04 to 0.69; in 95 of 100 other pairs
of sampled frames, a third of a second apart, it was 0.76 or more."""

MANY: Final = 0.5
"""The fraction of frames with several faces from which they are evidence."""

SOME: Final = 0.25
"""The fraction of cuts followed by another face from which they are evidence. Between two speakers
who fill the picture alike, it was a half or more; next to slides, a face hardly moves."""

NAMED: Final = 5
"""How many videos are named."""

BOX: Final = ("x", "y", "width", "height")


def several_people(
    dataset: str,
    frames: pl.DataFrame,
    shots: pl.DataFrame,
    counts: Mapping[str, pl.DataFrame],
    given: Collection[str],
    tracked: bool = False,
) -> pl.DataFrame:
    """Find videos that seem to show several people, although no one has said who is seen when.

    A video of a single person filmed by one camera is not among them. If several cameras filmed
    the person, or parts of the recording were cut out, it may be: faces are not identified.

    Args:
        dataset: its name.
        frames: the table of :func:`facetally.measure.expressions.expressions`, of the dataset.
        shots: the columns of SHOTS, of the dataset.
        counts: the table of :func:`facetally.measure.counts.count_labels` by detector.
        given: the videos for which a file of people says who is seen.
        tracked: whether one person's face counts; several faces in a frame are then not evidence.

    Returns:
        The columns of SEVERAL_PEOPLE, one row per video, sorted by name. ``cuts`` is the number of
        cuts after which the next face that counts overlaps the last one before by less than
        SAME_FACE, from the detector that finds most; it is 0 if they are fewer than SOME of all
        cuts. ``several_faces`` is the fraction of the sampled frames with more than one face, from
        the detector that finds least. ``several`` is true if a video is not ``given`` and has such
        cuts, or several faces in MANY of its frames.
    """
    every = pl.concat(list(counts.values()))
    crowded = every.group_by(pl.col("filename").alias("video")).agg(
        several_faces=(pl.col("several_faces") / pl.col("frames")).fill_nan(0).min()
    )
    evidence = pl.col("cuts") > 0
    if not tracked:
        evidence |= pl.col("several_faces") >= MANY
    return (
        crowded.join(_cuts(frames, shots), on="video", how="left")
        .with_columns(
            pl.col("cuts").fill_null(0),
            given=pl.col("video").is_in(list(given)),
            dataset=pl.lit(dataset),
        )
        .with_columns(several=~pl.col("given") & evidence)
        .sort("video")
        .select(pl.col(name).cast(kind) for name, kind in SEVERAL_PEOPLE.items())
    )


def _cuts(frames: pl.DataFrame, shots: pl.DataFrame) -> pl.DataFrame:
    """Count the cuts followed by another face: ``video, cuts``."""
    faces = (
        frames.drop_nulls("width")
        .sort("time", maintain_order=True)
        .join_asof(
            shots.select("video", "shot", pl.col("start").alias("time")).sort("time"),
            on="time",
            by="video",
            strategy="backward",
            check_sortedness=False,
        )
    )
    before = {name: pl.col(name).shift(1).over("video", "detector") for name in ("shot", *BOX)}
    with_last = faces.with_columns(own.alias(f"last_{name}") for name, own in before.items())
    return (
        with_last.filter(pl.col("shot") != pl.col("last_shot"))
        .with_columns(other=_overlap() < SAME_FACE)
        .group_by("video", "detector")
        .agg(cuts=pl.col("other").sum(), some=pl.col("other").mean() >= SOME)
        .group_by("video")
        .agg(cuts=(pl.col("cuts") * pl.col("some")).max())
    )


def _overlap() -> pl.Expr:
    """Return the intersection over union of a face and the last one before it."""

    def end(before: str, start: str, length: str) -> pl.Expr:
        return pl.col(before + start) + pl.col(before + length)

    sides = [
        (
            pl.min_horizontal(end("", start, length), end("last_", start, length))
            - pl.max_horizontal(start, f"last_{start}")
        ).clip(lower_bound=0)
        for start, length in (("x", "width"), ("y", "height"))
    ]
    both = sides[0] * sides[1]
    areas = [pl.col(f"{before}width") * pl.col(f"{before}height") for before in ("", "last_")]
    return both / (areas[0] + areas[1] - both)


def in_words(videos: pl.DataFrame) -> str:
    """Say in one line which videos of a dataset may show several people; empty if none do.

    Args:
        videos: the columns of SEVERAL_PEOPLE, of one dataset.
    """
    found = videos.filter("several").sort("cuts", descending=True, maintain_order=True)
    if found.is_empty():
        return ""

    def named(row: dict[str, object]) -> str:
        why = f"{row['several_faces']:.0%} of its frames have several faces"
        if row["cuts"]:
            why = counted(int(str(row["cuts"])), "cut")
        return f"{shown(str(row['video']), LONGEST_VALUE)} ({why})"

    names = first(list(found.iter_rows(named=True)), NAMED, named)
    return (
        f"{found['dataset'][0]}: {found.height:,} of {counted(videos.height, 'video')} may show "
        f"several people, yet each counts as one person: {names}; to say who is seen when, set "
        "people in config.yaml: see docs/people.md"
    )

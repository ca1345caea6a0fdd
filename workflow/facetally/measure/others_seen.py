"""Where someone other than the person whose turn it is seems to be seen."""

from typing import Final

import polars as pl

from facetally.study.identities import UNKNOWN

OTHERS_SEEN: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "detector": pl.String(),
        "video": pl.String(),
        "turn": pl.Int64(),
        "person": pl.String(),
        "seen": pl.String(),
        "frames": pl.Int64(),
        "of": pl.Int64(),
    }
)


def others_seen(expressions: pl.DataFrame, faces: pl.DataFrame) -> pl.DataFrame:
    """Find where the faces contradict the file of people, the labels or the videos' names.

    Args:
        expressions: the table of :func:`facetally.measure.expressions.expressions`, for one
            dataset and detector.
        faces: the tidy table of the same dataset and detector.

    Returns:
        The columns of OTHERS_SEEN, one row per turn and person seen in it instead of ``person``,
        most frames first. ``seen`` is someone else or nobody in the study; ``frames`` are those in
        which ``seen`` is certainly seen and ``person`` is not, out of the ``of`` frames in which
        anybody is seen.
    """
    turn = ["dataset", "detector", "video", "turn", "person"]
    frame = ["video", "frame"]
    expected = expressions.drop_nulls("person").select(*turn, "frame").unique(maintain_order=True)
    known = faces.filter(pl.col("person").is_not_null() & ~pl.col("doubtful"))
    seen = known.select(*frame, seen="person").unique(maintain_order=True)
    is_there = (pl.col("seen") == pl.col("person")).any()
    return (
        expected.join(seen, frame, maintain_order="left")
        .with_columns(
            there=is_there.over(*turn, "frame"), of=pl.col("frame").n_unique().over(turn)
        )
        .filter(~pl.col("there"))
        .group_by(*turn, "seen", maintain_order=True)
        .agg(frames=pl.len(), of=pl.col("of").first())
        .sort("frames", "video", "turn", descending=[True, False, False], maintain_order=True)
        .select(pl.col(name).cast(kind) for name, kind in OTHERS_SEEN.items())
    )


def without_pictures(table: pl.DataFrame, known: list[str]) -> pl.DataFrame:
    """Leave out people without pictures, who cannot be distinguished from strangers.

    Args:
        table: the columns of OTHERS_SEEN.
        known: the people with pictures.
    """
    stranger = (pl.col("seen") == UNKNOWN) & ~pl.col("person").is_in(known)
    return table.filter(~stranger)

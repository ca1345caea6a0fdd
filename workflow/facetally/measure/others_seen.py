"""Where others seem to be seen than those whose turn it is."""

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
    """Find where a file of people, labels or names of videos say other than the faces do.

    Args:
        expressions: what :func:`facetally.measure.expressions.expressions` returns, of one
            dataset and detector.
        faces: the tidy table of the same.

    Returns:
        The columns of OTHERS_SEEN, a row for each turn and person seen in it in place of
        ``person``: ``frames`` in which ``seen``, someone else or nobody of the study, is seen
        beyond doubt and ``person`` is not, of all the ``of`` in which anybody is. Most first.
    """
    turn = ["dataset", "detector", "video", "turn", "person"]
    frame = ["video", "frame"]
    told = expressions.drop_nulls("person").select(*turn, "frame").unique(maintain_order=True)
    known = faces.filter(pl.col("person").is_not_null() & ~pl.col("doubtful"))
    seen = known.select(*frame, seen="person").unique(maintain_order=True)
    is_there = (pl.col("seen") == pl.col("person")).any()
    return (
        told.join(seen, frame, maintain_order="left")
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
    """Leave out who cannot be told from a stranger: turns of people without pictures.

    Args:
        table: the columns of OTHERS_SEEN.
        known: the people of whom there are pictures.
    """
    stranger = (pl.col("seen") == UNKNOWN) & ~pl.col("person").is_in(known)
    return table.filter(~stranger)

"""Where the faces that count seem to be of others than those whose turn it is."""

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

FACE: Final = ("video", "frame", "x", "y", "width", "height")


def others_seen(expressions: pl.DataFrame, faces: pl.DataFrame) -> pl.DataFrame:
    """Find where a file of people, labels or names of videos say other than the faces do.

    Args:
        expressions: what :func:`facetally.measure.expressions.expressions` returns, of one
            dataset and detector.
        faces: the tidy table of the same.

    Returns:
        The columns of OTHERS_SEEN, a row for each turn and person: in ``frames`` of the ``of``
        frames of ``person`` in which a face counts it is, beyond doubt, that of ``seen``, who is
        someone else or nobody of the study. Most frames first.
    """
    seen = faces.filter("chosen", ~pl.col("doubtful")).select(*FACE, seen="person")
    told = expressions.filter(pl.col("person").is_not_null() & pl.col("width").is_not_null())
    turn = ["dataset", "detector", "video", "turn", "person"]
    return (
        told.with_columns(of=pl.len().over(turn))
        .join(seen, list(FACE))
        .filter(pl.col("seen") != pl.col("person"))
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

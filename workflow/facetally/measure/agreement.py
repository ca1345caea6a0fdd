"""Two detectors on the same videos: who is right where, and where they disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import polars as pl

from facetally.emotions import EMOTIONS
from facetally.faces.table import NO_FACE
from facetally.measure.accuracy import is_right, labelled_videos
from facetally.measure.counts import counted_faces, top_emotion

OUTCOMES: Final = (*EMOTIONS, NO_FACE)
"""What a detector makes of a frame: the top emotion of the face that counts, or no face."""

ONLY_FIRST: Final = "only_first"
ONLY_SECOND: Final = "only_second"
OTHER_EMOTION: Final = "other_emotion"
KINDS: Final = (ONLY_FIRST, ONLY_SECOND, OTHER_EMOTION)
"""How two detectors disagree on a frame: only one finds a face, or the emotions differ."""


@dataclass(frozen=True)
class PairedResult:
    """Labelled videos by which of two detectors predicts them right.

    Attributes:
        both: videos both predict right.
        only_first: videos only the first predicts right.
        only_second: videos only the second predicts right.
        neither: videos neither predicts right.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def labelled(self) -> int:
        """All labelled videos."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def table(self) -> pl.DataFrame:
        """Videos by whether the ``first`` and the ``second`` predict them right, ``videos``."""
        numbers = (self.both, self.only_first, self.only_second, self.neither)
        first, second = (True, True, False, False), (True, False, True, False)
        return pl.DataFrame({"first_right": first, "second_right": second, "videos": numbers})

    @property
    def p_value(self) -> float:
        """Chance of a difference this large if neither were better.

        McNemar's test (Psychometrika 12, 1947) in its exact form: of the videos that only one
        predicts right, each would fall to either with probability 1/2. Two-sided.
        """
        from scipy.stats import binomtest

        differing = self.only_first + self.only_second
        return float(binomtest(self.only_first, differing).pvalue) if differing else 1.0


def paired_result(first: pl.DataFrame, second: pl.DataFrame) -> PairedResult:
    """Compare the predictions for labelled videos.

    Args:
        first: the table of :func:`facetally.measure.counts.count_labels` of one detector.
        second: that of another, of the same videos.
    """
    columns = ["filename", is_right().alias("right")]
    pairs = (
        labelled_videos(first)
        .select(columns)
        .join(second.select(columns), "filename", suffix="_second")
    )
    a, b = pairs["right"], pairs["right_second"]
    return PairedResult(
        both=int((a & b).sum()),
        only_first=int((a & ~b).sum()),
        only_second=int((~a & b).sum()),
        neither=int((~a & ~b).sum()),
    )


def paired_frames(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Put side by side what two detectors make of each sampled frame.

    Args:
        first: the table of :func:`facetally.faces.table.face_table` of one detector.
        second: that of another, of the same videos.

    Returns:
        ``video, frame, time``, then of the first detector ``outcome`` (of OUTCOMES), ``score``
        of the top emotion, ``x, y, width, height`` (px) of the face that counts, and of the
        second the same with ``_second``.
    """
    return _outcomes(first).join(
        _outcomes(second).drop("time"), ["video", "frame"], suffix="_second", maintain_order="left"
    )


def _outcomes(faces: pl.DataFrame) -> pl.DataFrame:
    return (
        counted_faces(faces)
        .select(
            *("video", "frame", "time", "x", "y", "width", "height"),
            outcome=top_emotion().fill_null(NO_FACE),
            score=pl.max_horizontal(EMOTIONS),
        )
        .sort("video", "frame")
    )


def crossed_outcomes(frames: pl.DataFrame) -> pl.DataFrame:
    """Count frames by what each detector makes of them.

    Args:
        frames: the table of :func:`paired_frames`.

    Returns:
        ``first, second, frames``: all pairs of OUTCOMES, in their order.
    """
    found = frames.group_by(first="outcome", second="outcome_second").agg(
        pl.len().cast(pl.Int64).alias("frames")
    )
    return all_pairs("first", OUTCOMES, "second", OUTCOMES, found)


def all_pairs(
    first: str, firsts: Sequence[str], second: str, seconds: Sequence[str], found: pl.DataFrame
) -> pl.DataFrame:
    """Complete a table of counts of pairs with those that do not occur, in the given order.

    Args:
        first: the column of the first of each pair.
        firsts: what is in it.
        second: the column of the second of each pair.
        seconds: what is in it.
        found: the table.
    """
    pairs = pl.DataFrame(
        list(product(firsts, seconds)), {first: pl.String, second: pl.String}, orient="row"
    )
    return pairs.join(found, [first, second], "left", maintain_order="left").fill_null(0)


def disagreements(frames: pl.DataFrame, each: int) -> pl.DataFrame:
    """Choose frames that show how two detectors disagree.

    Of each kind the clearest: the highest score of the surer detector if only one finds a face,
    of the less sure one if the emotions differ. Not two of a kind come from one video while
    there are others.

    Args:
        frames: the table of :func:`paired_frames`.
        each: the largest number of frames of a kind.

    Returns:
        The columns of ``frames`` and ``kind`` (of KINDS), sorted by kind and clearness.
    """
    found, found_second = pl.col("outcome") != NO_FACE, pl.col("outcome_second") != NO_FACE
    kind = (
        pl.when(found & ~found_second)
        .then(pl.lit(ONLY_FIRST))
        .when(~found & found_second)
        .then(pl.lit(ONLY_SECOND))
        .when(pl.col("outcome") != pl.col("outcome_second"))
        .then(pl.lit(OTHER_EMOTION))
    )
    clearness = (
        pl.when(pl.col("kind") == OTHER_EMOTION)
        .then(pl.min_horizontal("score", "score_second"))
        .otherwise(pl.max_horizontal("score", "score_second"))
    )
    chosen = (
        frames.with_columns(kind=kind)
        .filter(pl.col("kind").is_not_null())
        .with_columns(clearness=clearness)
        .sort("clearness", "video", "frame", descending=[True, False, False])
        .with_columns(turn=pl.int_range(pl.len()).over("kind", "video"))
        .sort("turn", "clearness", "video", descending=[False, True, False])
    )
    return pl.concat(
        chosen.filter(pl.col("kind") == name).head(each).drop("clearness", "turn")
        for name in KINDS
    )

"""Two detectors on the same videos: which one is right, and where they disagree."""

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
    """Labelled videos, counted by which of two detectors predicts them right.

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
        """The counts as ``first_right, second_right, videos``."""
        numbers = (self.both, self.only_first, self.only_second, self.neither)
        first, second = (True, True, False, False), (True, False, True, False)
        return pl.DataFrame({"first_right": first, "second_right": second, "videos": numbers})

    @property
    def p_value(self) -> float:
        """Chance of a difference this large if neither were better.

        McNemar's test (Psychometrika 12, 1947) in its exact form: each video that only one
        detector predicts right would go to either with probability 1/2. Two-sided.
        """
        from scipy.stats import binomtest

        differing = self.only_first + self.only_second
        return float(binomtest(self.only_first, differing).pvalue) if differing else 1.0


def paired_result(first: pl.DataFrame, second: pl.DataFrame) -> PairedResult:
    """Compare two detectors' predictions for the labelled videos.

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
        ``video, frame, time``, then for the first detector ``outcome`` (one of OUTCOMES),
        ``score`` of the top emotion and ``x, y, width, height`` (px) of the face that counts, and
        for the second detector the same columns with the suffix ``_second``.
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
        ``first, second, frames``: all pairs of OUTCOMES, in order.
    """
    found = frames.group_by(first="outcome", second="outcome_second").agg(
        pl.len().cast(pl.Int64).alias("frames")
    )
    return all_pairs("first", OUTCOMES, "second", OUTCOMES, found)


def all_pairs(
    first: str, firsts: Sequence[str], second: str, seconds: Sequence[str], found: pl.DataFrame
) -> pl.DataFrame:
    """Add the pairs that do not occur to a table of pair counts, in the given order.

    Args:
        first: the column with the first item of each pair.
        firsts: its values, in order.
        second: the column with the second item of each pair.
        seconds: its values, in order.
        found: the table.
    """
    pairs = pl.DataFrame(
        list(product(firsts, seconds)), {first: pl.String, second: pl.String}, orient="row"
    )
    return pairs.join(found, [first, second], "left", maintain_order="left").fill_null(0)


def disagreements(frames: pl.DataFrame, each: int) -> pl.DataFrame:
    """Choose frames that show how two detectors disagree.

    The clearest cases of each kind are chosen: by the score of the detector that found the face if
    only one did, and by the lower of the two scores if the emotions differ. No video supplies two
    frames of a kind while other videos remain.

    Args:
        frames: the table of :func:`paired_frames`.
        each: the maximum number of frames per kind.

    Returns:
        The columns of ``frames`` plus ``kind`` (one of KINDS), sorted by kind and clearness.
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

"""Two detectors on the same videos."""

from pathlib import Path

import polars as pl
import pytest
from facetally.measure.agreement import (
    ONLY_FIRST,
    ONLY_SECOND,
    OTHER_EMOTION,
    OUTCOMES,
    PairedResult,
    crossed_outcomes,
    disagreements,
    paired_frames,
    paired_result,
)
from facetally.measure.counts import count_labels
from support.raw_files import scores
from support.tables import ANGRY, HAPPY, NOBODY, SAD, faces_of

GOLDEN = {"a": "Pos", "b": "Pos", "c": "Neg", "d": "Neg"}


@pytest.fixture
def first(tmp_path: Path) -> pl.DataFrame:
    return faces_of(
        tmp_path / "first",
        {
            "a": [[HAPPY]],
            "b": [[HAPPY], NOBODY],
            "c": [[ANGRY, HAPPY]],
            "d": [NOBODY],
            "e": [[SAD]],
        },
    )


@pytest.fixture
def second(tmp_path: Path) -> pl.DataFrame:
    return faces_of(
        tmp_path / "second",
        {"a": [[HAPPY]], "b": [[ANGRY], [ANGRY]], "c": [[ANGRY]], "d": [[ANGRY]], "e": [NOBODY]},
    )


def test_labelled_videos_are_counted_by_who_is_right(
    first: pl.DataFrame, second: pl.DataFrame
) -> None:
    result = paired_result(count_labels(first, GOLDEN), count_labels(second, GOLDEN))
    assert result == PairedResult(both=2, only_first=1, only_second=1, neither=0)
    assert result.labelled == 4
    assert result.table.rows() == [
        (True, True, 2), (True, False, 1), (False, True, 1), (False, False, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(0, 0, 1.0), (1, 1, 1.0), (0, 5, 2 / 2**5), (10, 2, 2 * (1 + 12 + 66) / 2**12)],
)
def test_mcnemar_is_the_two_sided_binomial_test(
    only_first: int, only_second: int, p: float
) -> None:
    assert PairedResult(7, only_first, only_second, 3).p_value == pytest.approx(p)


def test_frames_are_crossed_by_top_emotion_of_the_first_face(
    first: pl.DataFrame, second: pl.DataFrame
) -> None:
    crossed = crossed_outcomes(paired_frames(first, second))
    assert crossed.height == len(OUTCOMES) ** 2
    assert set(crossed.filter(pl.col("frames") > 0).rows()) == {
        ("happy", "happy", 1),
        ("happy", "angry", 1),
        ("no_face", "angry", 2),
        ("angry", "angry", 1),
        ("sad", "no_face", 1),
    }


def test_disagreements_of_each_kind_come_from_different_videos_first(tmp_path: Path) -> None:
    sure, unsure = scores(happy=0.95, sad=0.05), scores(happy=0.6, sad=0.4)
    one = faces_of(
        tmp_path / "one", {"a": [[sure], [sure], [unsure]], "b": [[unsure]], "c": [[HAPPY]]}
    )
    other = faces_of(
        tmp_path / "other", {"a": [NOBODY, NOBODY, NOBODY], "b": [NOBODY], "c": [[HAPPY]]}
    )
    frames = paired_frames(one, other)
    chosen = disagreements(frames, 3)
    assert chosen.select("kind", "video", "frame").rows() == [
        (ONLY_FIRST, "a", 0),
        (ONLY_FIRST, "b", 0),
        (ONLY_FIRST, "a", 20),
    ]
    assert disagreements(frames, 1)["video"].to_list() == ["a"]


def test_the_clearest_other_emotion_is_that_of_which_both_are_sure(tmp_path: Path) -> None:
    sure, unsure = scores(angry=0.9, sad=0.1), scores(angry=0.5, sad=0.4, fear=0.1)
    one = faces_of(tmp_path / "one", {"a": [[HAPPY]], "b": [[HAPPY]], "c": [NOBODY]})
    other = faces_of(tmp_path / "other", {"a": [[unsure]], "b": [[sure]], "c": [[sure]]})
    chosen = disagreements(paired_frames(one, other), 4)
    assert chosen.select("kind", "video", "score", "score_second").rows() == [
        (ONLY_SECOND, "c", None, 0.9),
        (OTHER_EMOTION, "b", 0.9, 0.9),
        (OTHER_EMOTION, "a", 0.9, 0.5),
    ]
    assert chosen.row(0, named=True)["width_second"] == 30
    assert chosen.row(0, named=True)["x"] is None

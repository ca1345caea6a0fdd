"""How far raters agree, against numbers worked out by hand."""

from fractions import Fraction

import polars as pl
import pytest
from facetally.measure.raters import (
    AGREEMENT,
    RATINGS,
    agreement,
    judgements,
    rater_pairs,
    ratings,
    unresolved,
)
from facetally.measure.summary import SUMMARY, human
from facetally.study.golden import Labelled, golden_of

CLIPS = ["PPP", "PPP", "PPU", "UUU", "UUU", "UUG", "GGG", "GGG", "GUG", "PUG", "UUC", "PP-"]
"""Twelve clips by three raters: Positive, neUtral, neGative, Cannot tell; one value is missing."""

MEANT = {"P": "Pos", "U": "Neut", "G": "Neg", "C": "cannot tell"}
RATERS = ("anna", "ben", "cleo")


def labelled(clips: list[str], raters: tuple[str, ...] = RATERS) -> dict[str, Labelled]:
    found = {}
    for number, answers in enumerate(clips):
        given = {
            rater: MEANT[letter]
            for rater, letter in zip(raters, answers, strict=False)
            if letter != "-"
        }
        found[f"clip{number + 1:02}"] = Labelled(given, *golden_of(given), "", "")
    return found


def given(clips: list[str]) -> pl.DataFrame:
    videos = labelled(clips)
    return ratings("d", videos, {video: video for video in videos})


def measured(clips: list[str]) -> dict[str, object]:
    return agreement("d", given(clips)).row(0, named=True)


def test_three_raters_by_hand() -> None:
    row = measured(CLIPS)
    assert (row["dataset"], row["raters"], row["videos"], row["unresolved"]) == ("d", 3, 12, 1)
    # All agree on clips 1, 2, 4, 5, 7, 8 and 12.
    assert row["agreement"] == pytest.approx(Fraction(7, 12))
    # Fleiss, of the 11 clips with three answers: pairs of raters agree in (6 + 4/3) / 11 = 2/3;
    # of 33 answers 9 are P, 13 U, 10 G and 1 C, so that chance makes 351/1089 = 39/121.
    observed, chance = Fraction(2, 3), Fraction(39, 121)
    assert (row["kappa_of"], row["kappa_videos"]) == ("Fleiss", 11)
    assert row["kappa"] == pytest.approx((observed - chance) / (1 - chance)) == 125 / 246
    # Krippendorff, of all 35 answers (11 P, 13 U, 10 G, 1 C): observed disagreement
    # (4 x 2 + 3) / 35, expected (35^2 - 11^2 - 13^2 - 10^2 - 1) / (35 x 34).
    assert row["alpha"] == pytest.approx(1 - Fraction(11, 35) / Fraction(834, 1190))


def test_two_raters_by_hand() -> None:
    row = measured([clip[:2] for clip in CLIPS])
    # They agree on 10 of 12; anna says 5 P, 4 U, 3 G, ben 4 P, 6 U, 2 G.
    observed, chance = Fraction(10, 12), Fraction(5 * 4 + 4 * 6 + 3 * 2, 144)
    assert (row["kappa_of"], row["kappa_videos"], row["raters"]) == ("Cohen", 12, 2)
    assert row["kappa"] == pytest.approx((observed - chance) / (1 - chance))
    assert row["agreement"] == pytest.approx(observed)


def test_intervals_hold_the_estimate_narrow_with_clips_and_stay_the_same() -> None:
    few, many = measured(CLIPS), measured(CLIPS * 8)
    assert few == measured(CLIPS)
    for name in ("agreement", "kappa", "alpha"):
        assert few[f"{name}_low"] < few[name] < few[f"{name}_high"]
        widths = [row[f"{name}_high"] - row[f"{name}_low"] for row in (many, few)]
        assert widths == sorted(widths)


def test_the_others_majority_by_hand() -> None:
    judged = judgements(given(CLIPS))
    # All three labels of clips 1, 2, 4, 5, 7 and 8; of 3, 6, 9 and 11 the odd one out; two of 12.
    assert judged.height == 24
    right = judged.filter(pl.col("predict") == pl.col("golden"))
    assert right.height == 20
    (row,) = human("d", given(CLIPS), 15)
    assert row.keys() == dict(SUMMARY).keys()
    assert (row["method"], row["detector"], row["count"]) == ("human", "human", 15)
    assert row["accuracy"] == pytest.approx(20 / 24)
    assert (row["labelled"], row["correct"]) == (24, 20)
    assert row["accuracy_low"] < 20 / 24 < row["accuracy_high"]


def test_unresolved_and_pairs() -> None:
    assert unresolved("d", labelled(CLIPS)).rows() == [
        ("d", "clip10", "tie", "anna: Pos, ben: Neut, cleo: Neg")
    ]
    table = rater_pairs("d", given(CLIPS))
    both = table.group_by("first", "second", maintain_order=True).agg(pl.col("videos").sum())
    assert both.rows() == [("anna", "ben", 12), ("anna", "cleo", 11), ("ben", "cleo", 11)]
    assert table.height == 3 * 4 * 4
    crossed = {row[1:5]: row[5] for row in table.rows()}
    assert crossed["anna", "ben", "Neg", "Neut"] == 1
    assert crossed["anna", "cleo", "Neut", "cannot tell"] == 1
    assert crossed["ben", "cleo", "Neut", "Neg"] == 3


def test_where_all_say_one_thing_chance_does_too() -> None:
    for clips in (["PP", "PP"], ["PPP", "PPP"]):
        row = measured(clips)
        assert row["agreement"] == 1
        assert row["kappa"] is row["kappa_low"] is row["alpha"] is row["alpha_high"] is None


def test_one_clip_has_no_interval() -> None:
    row = measured(["PUG"])
    assert (row["agreement"], row["agreement_low"]) == (0, None)
    assert row["alpha"] is not None


def test_without_a_clip_in_common_there_is_no_agreement() -> None:
    apart = given(["P-", "-U"])
    assert agreement("d", apart).equals(AGREEMENT.to_frame())
    assert rater_pairs("d", apart).is_empty()
    assert human("d", apart, 2) == []
    assert given([]).schema == RATINGS


def test_fleiss_takes_the_commonest_number_of_raters() -> None:
    # Five raters, of whom three label each clip; of the last two only two do.
    clips = ["PPP--", "--UUG", "G-G-G", "-PU-P", "PP---", "---UU"]
    videos = labelled(clips, ("a", "b", "c", "d", "e"))
    row = agreement("d", ratings("d", videos, dict.fromkeys(videos, "g"))).row(0, named=True)
    assert (row["raters"], row["videos"], row["kappa_videos"]) == (5, 6, 4)

"""A head on emotion profiles: it learns what there is to learn, and otherwise nothing."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from facetally.emotions import CLASSES, EMOTIONS
from facetally.measure.calibration import PROFILE, calibrated, profiles
from facetally.measure.counts import SCORES
from facetally.study.folds import fold_of, groups_of
from support.tables import ANGRY, HAPPY, NOBODY, faces_of

PEOPLE = 30
CLIPS = 6


def made_up(seed: int = 0) -> tuple[pl.DataFrame, dict[str, str]]:
    """Profiles of clips of many people, whose fear means Negative, which the mapping denies."""
    rng = np.random.default_rng(seed)
    rows, golden = [], {}
    for person in range(PEOPLE):
        # Each person's peculiarities are in all of that person's clips.
        own = rng.dirichlet(np.ones(7)) * 0.3
        for clip in range(CLIPS):
            label = CLASSES[clip % 3]
            shown = {"Pos": "happy", "Neg": "fear", "Neut": "neutral"}[label]
            means = own + rng.dirichlet(np.ones(7)) * 0.4
            means[EMOTIONS.index(shown)] += 0.3
            means /= means.sum()
            top = np.eye(7)[means.argmax()]
            rows.append((f"p{person}_{clip}", *means, *top))
            golden[f"p{person}_{clip}"] = label
    return pl.DataFrame(rows, schema=["video", *PROFILE], orient="row"), golden


def accuracy(profile: pl.DataFrame, golden: dict[str, str]) -> float:
    folds = fold_of(golden, groups_of(dict.fromkeys(golden, "")))
    table = calibrated(profile, golden, folds)
    return float(
        np.mean([golden[video] == said for video, said in table.select("video", "predict").rows()])
    )


def test_profiles_are_of_the_frames_with_a_face(tmp_path: Path) -> None:
    table = profiles(faces_of(tmp_path, {"a": [[HAPPY, ANGRY], [ANGRY], NOBODY], "b": [NOBODY]}))
    (row,) = table.to_dicts()
    assert row["video"] == "a"
    assert (row["mean_happy"], row["mean_angry"]) == pytest.approx((0.45, 0.4))
    assert (row["top_happy"], row["top_angry"], row["top_sad"]) == (0.5, 0.5, 0.0)


def test_it_learns_what_the_mapping_gets_wrong() -> None:
    assert accuracy(*made_up()) > 0.8


def test_shuffled_labels_give_chance() -> None:
    rng = np.random.default_rng(0)
    reached = []
    for seed in range(10):
        profile, golden = made_up(seed)
        shuffled = dict(zip(golden, rng.permutation(list(golden.values())), strict=True))
        reached.append(accuracy(profile, shuffled))
    # 10 times 180 videos: the standard error of a third is 0.011.
    assert np.mean(reached) == pytest.approx(1 / 3, abs=0.035)


def test_what_is_a_persons_own_is_not_recognised() -> None:
    # Every clip of a person has the same label, by chance: who knows the person knows the label.
    profile, golden = made_up()
    rng = np.random.default_rng(1)
    by_person = rng.permutation([CLASSES[person % 3] for person in range(PEOPLE)])
    golden = {video: str(by_person[int(video[1:].split("_")[0])]) for video in golden}
    assert accuracy(profile, golden) < 1 / 3 + 3 * (2 / 9 / PEOPLE) ** 0.5


def test_a_video_is_predicted_without_its_own_label() -> None:
    profile, golden = made_up()
    folds = fold_of(golden, groups_of(dict.fromkeys(golden, "")))
    before = calibrated(profile, golden, folds)
    held_out = [video for video, fold in folds.items() if fold == 0]
    turned = golden | dict.fromkeys(held_out, "Neg")
    after = calibrated(profile, turned, folds)
    of_fold = pl.col("fold") == 0
    assert after.filter(of_fold).equals(before.filter(of_fold))
    assert not after.filter(~of_fold).equals(before.filter(~of_fold))


def test_videos_without_a_label_are_predicted_from_all() -> None:
    profile, golden = made_up()
    known = {video: label for video, label in golden.items() if not video.startswith("p0_")}
    table = calibrated(profile, known, fold_of(known, groups_of(dict.fromkeys(known, ""))))
    unknown = table.filter(pl.col("video").str.starts_with("p0_"))
    assert unknown["fold"].null_count() == CLIPS
    assert unknown["predict"].null_count() == 0
    assert table.select(pl.sum_horizontal(SCORES)).to_series().to_list() == pytest.approx(
        [1] * table.height
    )


def test_one_class_in_training_is_what_is_said() -> None:
    profile, _ = made_up()
    pair = profile.head(1).vstack(profile.tail(1))
    golden = dict(zip(pair["video"], ["Pos", "Neg"], strict=True))
    table = calibrated(pair, golden, {pair["video"][0]: 0, pair["video"][1]: 1})
    assert table["predict"].to_list() == ["Neg", "Pos"]


def test_the_classes_weigh_the_same_whatever_their_numbers() -> None:
    rng = np.random.default_rng(0)
    # Nine in ten are Neutral, and the profiles say little.
    means = rng.dirichlet(np.ones(7), 400)
    labels = ["Neut"] * 360 + ["Pos"] * 40
    means[360:, EMOTIONS.index("happy")] += 0.3
    table = pl.DataFrame(
        [(f"v{number}", *row, *np.eye(7)[row.argmax()]) for number, row in enumerate(means)],
        schema=["video", *PROFILE], orient="row",
    )  # fmt: skip
    golden = {f"v{number}": label for number, label in enumerate(labels)}
    said = calibrated(table, golden, fold_of(golden, {video: video for video in golden}))
    right = dict(said.select("video", "predict").iter_rows())
    recall = np.mean([right[f"v{number}"] == "Pos" for number in range(360, 400)])
    assert recall > 0.6

"""What surrounds a network that is finetuned: crops, folds, weights, the model card."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from facetally.detect.crops import face_crops
from facetally.detect.face import Face
from facetally.errors import FinetuningError, FoldError
from facetally.faces.pictures import face_pictures
from facetally.learn.crop_files import (
    crops_of,
    evenly_spaced,
    read_crops,
    write_crops,
)
from facetally.learn.model_card import Measure, better_than, measures, model_card
from facetally.learn.training import (
    Labelled,
    learn_from_all,
    out_of_fold,
    prediction_table,
    training_crops,
    validation_videos,
)
from facetally.study.finetuning import Finetuning, memory_mb
from facetally.study.folds import check_can_learn
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import sample_frames
from support.clips import noise, write_clip
from support.raw_files import scores


def test_groups_that_alone_have_a_class_are_not_held_out_to_stop_training() -> None:
    places = {video: np.arange(1) for video in "abc"}
    one_each = Labelled(
        {"a": "Pos", "b": "Neg", "c": "Neut"}, {name: name for name in "abc"}, places
    )
    assert validation_videos(one_each) == set()
    one_group = replace(one_each, groups=dict.fromkeys("abc", "x"))
    assert validation_videos(one_group) == set()


def test_classes_weigh_the_same_and_in_a_class_all_videos() -> None:
    golden = {"a": "Pos", "b": "Pos", "c": "Neg", "d": "Neut"}
    places = {"a": np.arange(4), "b": np.arange(4, 5), "c": np.arange(5, 8), "d": np.arange(0)}
    crops, classes, weights = training_crops(
        Labelled(golden, {name: name for name in golden}, places)
    )
    assert crops.tolist() == list(range(8))
    assert classes.tolist() == [0] * 5 + [1] * 3
    assert weights.mean() == pytest.approx(1)
    of_video = [weights[:4].sum(), weights[4:5].sum(), weights[5:].sum()]
    assert of_video == pytest.approx([2, 2, 4])
    assert weights[:4] == pytest.approx([0.5] * 4)


class NeverTrained:
    """A learner that must not be asked."""

    def learn(self, *_: object) -> list[dict[str, object]]:
        raise AssertionError

    def probabilities(self, _: object) -> npt.NDArray[np.float32]:
        raise AssertionError


def test_of_one_class_alone_that_class_is_predicted() -> None:
    golden = {"a": "Pos", "b": "Neg"}
    labelled = Labelled(golden, {"a": "a", "b": "b"}, {"a": np.arange(2), "b": np.arange(2, 3)})
    folds = {"a": 0, "b": 1}
    predicted, history = out_of_fold(NeverTrained(), labelled, folds)
    table = prediction_table(predicted, labelled, folds)
    assert table.rows() == [
        ("a", "Pos", "a", 0, 0.0, 1.0, 0.0, "Neg"),
        ("b", "Neg", "b", 1, 1.0, 0.0, 0.0, "Pos"),
    ]
    assert history == []


def test_a_video_without_a_face_has_no_prediction() -> None:
    golden = {"a": "Pos", "b": "Neg", "c": "Neut"}
    places = {"a": np.arange(2), "b": np.arange(0), "c": np.arange(2, 3)}
    labelled = Labelled(golden, {name: name for name in golden}, places)
    folds = {"a": 0, "b": 1, "c": 2}
    predicted, _ = out_of_fold(NeverTrained(), labelled, folds)
    table = prediction_table(predicted, labelled, folds)
    assert table.row(1) == ("b", "Neg", "b", 1, None, None, None, None)
    assert table["predict"].to_list() == ["Neut", None, "Pos"]


def test_a_tie_goes_to_neutral() -> None:
    labelled = Labelled({"a": "Pos"}, {"a": "a"}, {"a": np.arange(1)})
    tied = {"a": np.asarray([0.4, 0.4, 0.2], np.float32)}
    assert prediction_table(tied, labelled, {"a": 0})["predict"].item() == "Neut"


@pytest.mark.parametrize(
    ("golden", "groups", "message"),
    [
        ({}, {}, "its label file labels no video; add labels"),
        ({"a": "Pos", "b": "Pos"}, {"a": "a", "b": "b"}, "all its labels are Pos; add videos of another class"),
        ({"a": "Pos", "b": "Neg"}, {"a": "x", "b": "x"}, "its labelled videos are all of one group, so none can be held out; add the column group to its label file"),
    ],
)  # fmt: skip
def test_labels_that_teach_nothing_are_refused(
    golden: dict[str, str], groups: dict[str, str], message: str
) -> None:
    with pytest.raises(FoldError) as error:
        check_can_learn("2019", golden, groups)
    assert str(error.value) == f"dataset 2019: nothing can be learned: {message}"


@pytest.mark.parametrize(
    ("crops", "where"), [((0, 0), "in no labelled video"), ((2, 0), "only in videos labelled Pos")]
)
def test_faces_that_teach_nothing_are_refused(crops: tuple[int, int], where: str) -> None:
    places = {video: np.arange(number) for video, number in zip("ab", crops, strict=True)}
    labelled = Labelled({"a": "Pos", "b": "Neg"}, {"a": "a", "b": "b"}, places)
    with pytest.raises(FinetuningError, match=f"dataset d: .*faces were found {where}; use"):
        learn_from_all(NeverTrained(), labelled, "d")


def test_intervals_come_from_drawing_groups_anew() -> None:
    rows = [
        {"group": f"g{number // 5}", "golden": "Pos" if number < 60 else "Neg", "predict": "Pos"}
        for number in range(100)
    ]
    found = measures(pl.DataFrame(rows))
    assert (found["accuracy"].value, found["balanced_accuracy"].value) == (0.6, 0.5)
    assert (found["gain"].value, found["gain"].low, found["gain"].high) == (0, 0, 0)
    # As wide as 20 independent draws make it, not 100: sqrt(.6 * .4 / 20) = .11 on each side.
    assert 0.35 < found["accuracy"].low < 0.42
    assert 0.78 < found["accuracy"].high < 0.85


JUDGED = pl.DataFrame(
    {
        "filename": ["a", "b", "c"],
        "golden": ["Pos", "Pos", "Neg"],
        "group": ["x", "x", "y"],
        "predict": ["Pos", None, "Pos"],
    }
)
HAS_CROPS = {"a": 3, "b": 0, "c": 2}


def test_the_card_tells_data_settings_and_doubt() -> None:
    history: list[dict[str, object]] = [
        {"fold": fold, "stage": stage, "c": c}
        for fold in ("0", "all")
        for stage, c in (("search", 0.001), ("search", 0.01), ("final", 0.01))
    ]
    versions = {"scikit-learn": "1.9"}
    card = model_card("2019", "haar", JUDGED, HAS_CROPS, Finetuning(0, 9, 7), history, versions)
    for line in (
        "# Finetuned emotion network: 2019, haar",
        "The labels are those of the dataset 2019, the faces those that haar found.",
        "| Pos | 2 | 1 | 3 | 1 |",
        "| Neut | 0 | 0 | 0 | 0 |",
        "| all | 3 | 2 | 5 | 2 |",
        "- C: 0.01 for `model.onnx`, of 0.001, 0.01, by the loss on groups held out; then fitted"
        " on all.",
        "- Seed: 7. `history.csv` has the losses of everything tried.",
        "- Packages: scikit-learn 1.9.",
    ):
        assert line in card.splitlines()
    assert "| accuracy (no face counts as wrong) | 33.3 % |" in card
    assert "| always guessing the commonest label | 66.7 % |" in card
    assert "not been shown to do better" in card
    assert "personal data" in card
    assert "pochs" not in card and "unfreeze" not in card

    unchosen = model_card("d", "haar", JUDGED, HAS_CROPS, Finetuning(), history[-1:], {})
    assert (
        "- C: 0.01 for `model.onnx`, the default: there were too few groups or classes" in unchosen
    )


def test_a_network_of_trained_blocks_stands_beside_the_linear_head() -> None:
    history: list[dict[str, object]] = [
        {"fold": "all", "stage": stage, "epoch": epoch}
        for stage, epochs in (("early_stopping", 6), ("final", 4))
        for epoch in range(epochs)
    ]
    settings = Finetuning(1, 9, 7)
    card = model_card(
        "2019",
        "haar",
        JUDGED,
        HAS_CROPS,
        settings,
        history,
        {"keras": "3.0"},
        JUDGED.with_columns(predict=pl.Series(["Neg", None, "Pos"])),
    )
    assert "Epochs: 4 for `model.onnx`, 9 at most, chosen by the loss on groups" in card
    assert "- Unfrozen blocks of fer's network: 1 of 4" in card
    assert "an accuracy of 0.0 % (0.0 to 0.0 %). The network above differs by +33.3 points" in card
    assert "has not been shown to be better**: unfreeze none." in card


def test_trained_blocks_are_better_where_every_group_says_so() -> None:
    rows = [
        {"filename": str(number), "group": f"g{number // 4}", "golden": "Pos", "predict": "Pos"}
        for number in range(40)
    ]
    table = pl.DataFrame(rows)
    worse = table.with_columns(
        predict=pl.when(pl.col("filename").str.ends_with("0"))
        .then(pl.lit("Neg"))
        .otherwise("predict")
    )
    gain = better_than(table, worse)
    assert gain.value == pytest.approx(0.1)
    assert gain.low > 0
    assert better_than(worse, table).value == pytest.approx(-0.1)
    assert better_than(table, table) == Measure(0, 0, 0)


def test_memory_is_that_of_crops_and_features() -> None:
    # 3000 videos of 32 crops: 96,000 of 4 KB, 135 float32 of each, five times, for the head; for
    # Keras also 192,000 vectors of 128 float32, and maps.
    head = 393 + 5 * 52
    assert memory_mb(3000, 0) == pytest.approx(head, abs=1)
    assert memory_mb(3000, 1) == pytest.approx(head + 98 + 192_000 * 16_384 / 1e6, abs=1)
    assert memory_mb(3000, 2) == pytest.approx(head + 98 + 192_000 * 28_800 / 1e6, abs=1)


@pytest.mark.parametrize("number", [0, 1, 5, 32, 33, 64, 1000])
def test_frames_are_chosen_evenly(number: int) -> None:
    frames = [20 * place for place in range(number)]
    faces = evenly_spaced([(frame, (1, 2, 3, 4)) for frame in frames], 32)
    chosen = [frame for frame, _ in faces]
    assert len(chosen) == min(number, 32)
    assert chosen == sorted(set(chosen)) and set(chosen) <= set(frames)
    if number > 32:
        steps = np.diff(chosen) / 20
        assert steps.max() - steps.min() <= 1
        assert chosen[0] / 20 + 1 == pytest.approx(number - chosen[-1] / 20, abs=1)


def test_crops_are_kept_and_read(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", noise(50))
    face, outside = Face((0, 20, 30, 40), scores(sad=1)), Face((-999, 0, 9, 9), scores(sad=1))
    frames = list(sample_frames(clip, EveryNthFrame(20)))
    pictures = [face_pictures(frame, [face])[0] for frame in frames[1:]]
    pictures += face_pictures(frames[0], [outside])
    write_crops(tmp_path / "crops.npz", crops_of(pictures, 3))
    read = read_crops(tmp_path / "crops.npz")
    assert (read.frames.tolist(), read.sampled) == ([20, 40], 3)
    assert (read.frames.dtype, read.crops.dtype, read.crops.shape) == (
        np.int64,
        np.uint8,
        (2, 64, 64),
    )
    own = [face_crops(frame.bgr, [face.box])[0] for frame in frames[1:]]
    assert np.array_equal(read.crops, own)
    assert not np.array_equal(read.crops[0], read.crops[1])


def test_bad_files_of_crops_are_named(tmp_path: Path) -> None:
    path = tmp_path / "crops.npz"
    path.write_bytes(b"PK\x03\x04 no")
    with pytest.raises(FinetuningError, match=r"crops\.npz: is cut off, or .*; delete it"):
        read_crops(path)
    np.savez(path, frames=np.arange(2), crops=np.zeros((2, 48, 48), np.uint8), sampled=2)
    with pytest.raises(FinetuningError, match=r"holds crops of uint8 \(2, 48, 48\); delete it"):
        read_crops(path)

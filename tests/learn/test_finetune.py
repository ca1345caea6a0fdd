"""fer's network finetuned on labels: what it learns, and that it is judged on what it has not seen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import polars as pl
import pytest
from facetally.detect.crops import network_input
from facetally.detect.export import save_network
from facetally.detect.onnx_runtime import onnxruntime
from facetally.emotions import CLASS_OF, CLASSES, EMOTIONS
from facetally.errors import FinetuningError, FoldError, RawFormatError
from facetally.faces.raw import read_raw
from facetally.learn.crop_files import (
    VideoCrops,
    counted_boxes,
    cut_crops,
    evenly_spaced,
    read_crops,
    write_crops,
)
from facetally.learn.model_card import measures, model_card
from facetally.learn.network import Network
from facetally.learn.training import (
    Labelled,
    labelled_crops,
    out_of_fold,
    prediction_table,
    train,
    train_on_all,
    training_crops,
    validation_videos,
)
from facetally.study.finetuning import MOST_CROPS, Finetuning, memory_mb
from facetally.study.folds import check_can_learn, fold_of
from facetally.video.frames import sample_frames
from facetally.video.seek import each_frame_at
from scipy.stats import binomtest
from skimage.data import astronaut, lfw_subset
from support.clips import noise, write_clip
from support.raw_files import raw_file, scores
from support.reference import published
from support.snakemake_runs import GPU, jobs, snakemake
from support.studies import write_config

PERSONS = 30
CROPS = 4
QUICK = Finetuning(epochs=15)

Degrade = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]


def _blurred(crop: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), 3), np.uint8)


def _noisy(crop: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    grain = np.random.default_rng(int(crop.sum())).normal(0, 25, crop.shape)
    return np.clip(crop + grain, 0, 255).astype(np.uint8)


LOOKS: dict[str, Degrade] = {"Pos": _blurred, "Neg": _noisy, "Neut": lambda crop: crop}
"""What tells the classes of the synthetic videos apart: nothing that fer's emotions know of."""


@pytest.fixture(scope="module")
def videos() -> tuple[npt.NDArray[np.uint8], Labelled]:
    """Of each person a video in each look, of a few crops that differ a little."""
    random = np.random.default_rng(1)
    crops: dict[str, VideoCrops] = {}
    golden: dict[str, str] = {}
    for person, face in enumerate(lfw_subset()[:PERSONS]):
        large = np.asarray(cv2.resize(face.astype(np.float32) * 255, (72, 72)), np.uint8)
        for label, look in LOOKS.items():
            video = f"p{person:02}_{label}"
            corners = random.integers(0, 9, (CROPS, 2))
            cut = np.stack([look(large[y : y + 64, x : x + 64].copy()) for y, x in corners])
            crops[video] = VideoCrops(np.arange(CROPS), cut, CROPS)
            golden[video] = label
    groups = {video: video.split("_")[0] for video in golden}
    return labelled_crops(crops, golden, groups)


@pytest.fixture(scope="module")
def network(videos: tuple[npt.NDArray[np.uint8], Labelled]) -> Network:
    return Network(videos[0], QUICK)


@pytest.fixture(scope="module")
def predictions(
    network: Network, videos: tuple[npt.NDArray[np.uint8], Labelled]
) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """The table of out-of-fold predictions, and the history."""
    labelled = videos[1]
    folds = fold_of(labelled.golden, labelled.groups)
    predicted, history = out_of_fold(network, labelled, folds, QUICK.epochs)
    return prediction_table(predicted, labelled, folds), history


def by_fers_mapping(crops: npt.NDArray[np.uint8], labelled: Labelled) -> list[str]:
    """The class with the most crops of each video, sorted, by fer's emotions as published."""
    tops = published()[0]._model_cache(network_input(list(crops)), training=False)
    classes = [CLASS_OF[EMOTIONS[top]] for top in np.asarray(tops).argmax(axis=1)]
    votes = [
        [classes[place] for place in labelled.places[video]] for video in sorted(labelled.golden)
    ]
    return [max(CLASSES, key=vote.count) for vote in votes]


def test_it_beats_fers_own_mapping_on_people_it_has_not_seen(
    videos: tuple[npt.NDArray[np.uint8], Labelled],
    predictions: tuple[pl.DataFrame, list[dict[str, object]]],
) -> None:
    table = predictions[0].with_columns(fer=pl.Series(by_fers_mapping(*videos)))
    gain = table.group_by("group", maintain_order=True).agg(
        (pl.col("predict") == pl.col("golden")).mean() - (pl.col("fer") == pl.col("golden")).mean()
    )["predict"]
    assert gain.mean() > 0.3
    drawn = np.random.default_rng(1).choice(gain.to_numpy(), (2000, len(gain))).mean(axis=1)
    assert np.percentile(drawn, 0.5) > 0.2
    found = measures(table)
    assert found["accuracy"].low > found["baseline"].high
    assert found["gain"].low > 0


def test_without_anything_to_learn_it_is_at_chance(
    network: Network, videos: tuple[npt.NDArray[np.uint8], Labelled]
) -> None:
    labelled = videos[1]
    correct = 0
    for seed in range(3):
        random = np.random.default_rng(seed)
        shuffled: dict[str, str] = {}
        for person in sorted(set(labelled.groups.values())):
            own = [video for video in labelled.golden if labelled.groups[video] == person]
            shuffled |= zip(
                own, random.permutation([labelled.golden[one] for one in own]), strict=True
            )
        golden = {video: str(label) for video, label in shuffled.items()}
        other = replace(labelled, golden=golden)
        folds = fold_of(golden, labelled.groups)
        table = prediction_table(out_of_fold(network, other, folds, 8)[0], other, folds)
        found = measures(table)
        assert found["accuracy"].low <= found["baseline"].value
        correct += int((table["predict"] == table["golden"]).sum())
    assert binomtest(correct, 3 * PERSONS * 3, 1 / 3).pvalue > 0.01


def test_a_fold_learns_nothing_from_its_own_labels_and_faces(
    network: Network, videos: tuple[npt.NDArray[np.uint8], Labelled]
) -> None:
    labelled = videos[1]
    folds = fold_of(labelled.golden, labelled.groups)
    before, history = out_of_fold(network, labelled, folds, 3)
    own = sorted(video for video in folds if folds[video] == 0)
    turned = {"Pos": "Neg", "Neg": "Neut", "Neut": "Pos"}
    golden = {
        video: turned[label] if video in own else label for video, label in labelled.golden.items()
    }
    after, _ = out_of_fold(network, replace(labelled, golden=golden), folds, 3)
    assert all(np.array_equal(before[video], after[video]) for video in own)
    # The other folds learn from these labels.
    assert not any(np.array_equal(before[video], after[video]) for video in set(folds) - set(own))

    places = np.concatenate([labelled.places[video] for video in own])
    kept = network._features[:, places].copy()
    network._features[:, places] = np.nan
    try:
        _, blind = out_of_fold(network, labelled, folds, 3)
    finally:
        network._features[:, places] = kept
    assert [row for row in blind if row["fold"] == "0"] == [
        row for row in history if row["fold"] == "0"
    ]
    assert any(np.isnan(row["loss"]) for row in blind if row["fold"] == "1")


def test_training_is_stopped_by_groups_that_are_not_trained_on(
    videos: tuple[npt.NDArray[np.uint8], Labelled],
    predictions: tuple[pl.DataFrame, list[dict[str, object]]],
) -> None:
    labelled = videos[1]
    held_out = validation_videos(labelled)
    rest = set(labelled.golden) - held_out
    assert held_out and rest
    assert not {labelled.groups[one] for one in held_out} & {labelled.groups[one] for one in rest}
    history = pl.DataFrame(predictions[1])
    for _, fold in history.group_by("fold"):
        search = fold.filter(pl.col("stage") == "early_stopping")
        best = int(search["val_loss"].arg_min() or 0) + 1
        assert fold.filter(pl.col("stage") == "final").height == best


def test_groups_that_alone_have_a_class_are_not_held_out_to_stop_training() -> None:
    places = {video: np.arange(1) for video in "abc"}
    one_each = Labelled(
        {"a": "Pos", "b": "Neg", "c": "Neut"}, {name: name for name in "abc"}, places
    )
    assert validation_videos(one_each) == set()
    one_group = replace(one_each, groups=dict.fromkeys("abc", "x"))
    assert validation_videos(one_group) == set()


def test_the_same_seed_gives_the_same_network_and_another_another(
    videos: tuple[npt.NDArray[np.uint8], Labelled], network: Network, tmp_path: Path
) -> None:
    crops, labelled = videos
    networks = {"first": network, "again": Network(crops, QUICK)}
    networks["other"] = Network(crops, replace(QUICK, seed=2))
    files = {}
    scored = {}
    for name, one in networks.items():
        train(one, labelled, 3, "all")
        scored[name] = one.probabilities(np.arange(len(crops)))
        (tmp_path / name).mkdir()
        save_network(one.export(), tmp_path / name / "model.onnx")
        files[name] = (tmp_path / name / "model.onnx").read_bytes()
    assert np.array_equal(scored["first"], scored["again"])
    assert files["first"] == files["again"]
    assert not np.array_equal(scored["first"], scored["other"])


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_the_file_computes_what_keras_computes(
    videos: tuple[npt.NDArray[np.uint8], Labelled], blocks: int, tmp_path: Path
) -> None:
    crops, labelled = videos
    some = labelled.part(video for video in labelled.golden if video < "p04")
    network = Network(crops[:60], Finetuning(unfreeze_blocks=blocks))
    network.fit(*training_crops(some), 2)
    save_network(network.export(), tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(
        str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    (given,) = session.get_inputs()
    pictures = network_input(list(crops[:60]))
    (ours,) = session.run(None, {given.name: pictures})
    assert (ours.dtype, ours.shape) == (np.float32, (60, 3))
    assert ours == pytest.approx(network.whole().predict(pictures, verbose=0), abs=1e-5)
    # What was trained saw features, this pictures: both are the same network.
    assert ours == pytest.approx(network.probabilities(np.arange(60)), abs=1e-5)
    metadata = onnx.load(tmp_path / "model.onnx").metadata_props
    assert {entry.key: entry.value for entry in metadata} == {
        "made_by": "facetally",
        "classes": "Pos,Neg,Neut",
    }


def test_only_the_unfrozen_blocks_change_and_their_statistics_do_not(
    videos: tuple[npt.NDArray[np.uint8], Labelled],
) -> None:
    crops, labelled = videos
    fer = published()[0]._model_cache
    before = {layer.name: layer.get_weights() for layer in fer.layers}
    some = labelled.part(video for video in labelled.golden if video < "p04")
    network = Network(crops[:60], Finetuning(unfreeze_blocks=1))
    network.fit(*training_crops(some), 2)
    blocks = next(layer for layer in network._trained.layers if hasattr(layer, "layers"))
    changed = {
        layer.name
        for layer in blocks.layers
        if any(
            not np.array_equal(new, old)
            for new, old in zip(layer.get_weights(), before.get(layer.name, ()), strict=False)
        )
    }
    assert changed == {"separable_conv2d_7", "separable_conv2d_8", "conv2d_6"}
    for layer in fer.layers:
        for new, old in zip(layer.get_weights(), before[layer.name], strict=True):
            assert np.array_equal(new, old)


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
    """A network that must not be asked."""

    def fit(self, *_: object) -> list[dict[str, float]]:
        raise AssertionError

    def probabilities(self, _: object) -> npt.NDArray[np.float32]:
        raise AssertionError


def test_of_one_class_alone_that_class_is_predicted() -> None:
    golden = {"a": "Pos", "b": "Neg"}
    labelled = Labelled(golden, {"a": "a", "b": "b"}, {"a": np.arange(2), "b": np.arange(2, 3)})
    folds = {"a": 0, "b": 1}
    predicted, history = out_of_fold(NeverTrained(), labelled, folds, 3)
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
    predicted, _ = out_of_fold(NeverTrained(), labelled, folds, 3)
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
        train_on_all(NeverTrained(), labelled, 3, "d")


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


def test_the_card_tells_data_settings_and_doubt() -> None:
    table = pl.DataFrame(
        {
            "filename": ["a", "b", "c"],
            "golden": ["Pos", "Pos", "Neg"],
            "group": ["x", "x", "y"],
            "predict": ["Pos", None, "Pos"],
        }
    )
    card = model_card(
        "2019",
        "haar",
        table,
        {"a": 3, "b": 0, "c": 2},
        Finetuning(1, 9, 7),
        4,
        True,
        {"keras": "3.0"},
    )
    for line in (
        "# Finetuned emotion network: 2019, haar",
        "| Pos | 2 | 1 | 3 | 1 |",
        "| Neut | 0 | 0 | 0 | 0 |",
        "| all | 3 | 2 | 5 | 2 |",
        "- Seed: 7. `history.csv` has the losses of every epoch.",
        "- Packages: keras 3.0.",
    ):
        assert line in card.splitlines()
    assert "Epochs: 4 for `model.onnx`, 9 at most, chosen by the loss on groups" in card
    assert "| accuracy (no face counts as wrong) | 33.3 % |" in card
    assert "| always the commonest label | 66.7 % |" in card
    assert "not been shown to do better" in card
    assert "personal data" in card


def test_memory_is_that_of_crops_and_features() -> None:
    # 3000 videos of 32 crops: 96,000 of 4 KB, and 192,000 vectors of 128 float32, and maps.
    assert memory_mb(3000, 0) == pytest.approx(393 + 2 * 98, abs=1)
    assert memory_mb(3000, 1) == pytest.approx(393 + 98 + 192_000 * 16_384 / 1e6, abs=1)
    assert memory_mb(3000, 2) == pytest.approx(393 + 98 + 192_000 * 28_800 / 1e6, abs=1)


@pytest.mark.parametrize("number", [0, 1, 5, 32, 33, 64, 1000])
def test_frames_are_chosen_evenly(number: int) -> None:
    frames = [20 * place for place in range(number)]
    chosen = evenly_spaced(frames, 32)
    assert len(chosen) == min(number, 32)
    assert chosen == sorted(set(chosen)) and set(chosen) <= set(frames)
    if number > 32:
        steps = np.diff(chosen) / 20
        assert steps.max() - steps.min() <= 1
        assert chosen[0] / 20 + 1 == pytest.approx(number - chosen[-1] / 20, abs=1)


def test_crops_are_kept_and_read(tmp_path: Path) -> None:
    frames = [[], [scores(happy=1)], [scores(sad=1), scores(happy=1)]]
    found, sampled = counted_boxes(raw_file(tmp_path / "clip.json", frames))
    assert (found, sampled) == ({20: (0.8, (0, 20, 30, 40)), 40: (1.6, (0, 20, 30, 40))}, 3)
    clip = write_clip(tmp_path / "clip.mp4", noise(50))
    boxes = {index: box for index, (_, box) in found.items()}
    one_by_one = each_frame_at(clip, {40: 1.6, 20: 0.8})
    crops = cut_crops(one_by_one, boxes, sampled)
    every = {frame.index: frame for frame in sample_frames(clip, 1)}
    again = cut_crops([every[40], every[20]], boxes, sampled)
    write_crops(tmp_path / "crops.npz", crops)
    read = read_crops(tmp_path / "crops.npz")
    assert (read.frames.tolist(), read.sampled) == ([20, 40], 3)
    assert (read.frames.dtype, read.crops.dtype, read.crops.shape) == (
        np.int64,
        np.uint8,
        (2, 64, 64),
    )
    assert np.array_equal(read.crops, again.crops)
    assert not np.array_equal(read.crops[0], read.crops[1])


def test_bad_files_of_crops_and_raw_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "crops.npz"
    path.write_bytes(b"PK\x03\x04 no")
    with pytest.raises(FinetuningError, match=r"crops\.npz: cannot be read .*; delete it"):
        read_crops(path)
    np.savez(path, frames=np.arange(2), crops=np.zeros((2, 48, 48), np.uint8), sampled=2)
    with pytest.raises(FinetuningError, match=r"holds crops of uint8 \(2, 48, 48\); delete it"):
        read_crops(path)
    raw = tmp_path / "clip.json"
    raw.write_text('[{"frame": 0, "time": 0.0, "box0": [1, 2, 3, 4]}]')
    with pytest.raises(RawFormatError, match=r"clip\.json: incomplete face \('angry0'\)"):
        counted_boxes(raw)


def clip_of_a_face(path: Path, frames: int, brightness: float = 1.0) -> Path:
    """A moving portrait with one face."""
    portrait = cv2.cvtColor(astronaut()[:256, 96:352], cv2.COLOR_RGB2BGR)
    portrait = np.clip(portrait * brightness, 0, 255).astype(np.uint8)
    moved = (np.roll(portrait, number % 7, axis=1) for number in range(frames))
    return write_clip(path, moved)


@pytest.mark.workflow
def test_the_workflow_finetunes_on_request(tmp_path: Path) -> None:
    for number, brightness in enumerate((1.0, 0.9, 0.6, 0.5)):
        clip_of_a_face(tmp_path / "clips" / f"p{number}_x.mp4", 90, brightness)
    write_clip(tmp_path / "clips" / "p4_x.mp4", noise(20))
    clip_of_a_face(tmp_path / "clips" / "unlabelled.mp4", 10)
    labels = "filename,label\np0_x,Pos\np1_x,Pos\np2_x,Neg\np3_x,Neg\np4_x,Neut\n"
    (tmp_path / "labels.csv").write_text(labels)
    config = {
        "datasets": {
            "d": {"videos": "clips", "labels": "labels.csv"},
            "without_labels": {"videos": "clips"},
        },
        "detectors": ["haar"],
        "sampling": {"every_nth_frame": 2},
        "finetuning": {"epochs": 2},
    }
    write_config(tmp_path, **config)
    process = snakemake(tmp_path, "finetuned", *GPU)
    assert process.returncode == 0, process.stdout
    ran = jobs(process.stdout)
    assert (ran["face_crops"], ran["finetune"], ran["detect_emotions"]) == (5, 1, 5)
    (told,) = [
        line for line in process.stdout.splitlines() if line.startswith("d/haar: finetuned")
    ]
    assert "finetuned on 128 crops of 5 videos in " in told

    results = tmp_path / "results"
    table = pl.read_csv(results / "finetuned" / "d" / "haar" / "predictions.csv")
    assert table.columns == [
        "filename",
        "golden",
        "group",
        "fold",
        "pos",
        "neg",
        "neut",
        "predict",
    ]
    assert table["group"].to_list() == ["p0", "p1", "p2", "p3", "p4"]
    assert table.row(4)[4:] == (None, None, None, None)
    assert table["predict"].null_count() == 1
    card = (results / "finetuned" / "d" / "haar" / "model_card.md").read_text()
    assert "| Neut | 1 | 0 | 0 | 1 |" in card
    history = pl.read_csv(results / "finetuned" / "d" / "haar" / "history.csv")
    # All but the fold of the video without a face.
    assert set(history["fold"].cast(pl.String)) == {
        "all",
        *(str(fold) for fold in table["fold"][:4]),
    }

    # A crop is what fer's network saw when the frame was analysed.
    crops = read_crops(results / "crops" / "d" / "haar" / "p0_x.npz")
    assert len(crops.frames) == MOST_CROPS and crops.sampled == 45
    session = onnxruntime.InferenceSession(str(results / "models" / "emotion.onnx"))
    (given,) = session.get_inputs()
    (scored,) = session.run(None, {given.name: network_input(list(crops.crops))})
    records = {
        record["frame"]: record
        for record in read_raw(results / "raw" / "d" / "haar" / "p0_x.json")
    }
    for frame, ours in zip(crops.frames.tolist(), scored, strict=True):
        assert [records[frame][f"{emotion}0"] for emotion in EMOTIONS] == pytest.approx(
            ours.tolist(), abs=1e-4
        )

    assert jobs(snakemake(tmp_path, "finetuned", *GPU, "--dry-run").stdout) == {}
    (tmp_path / "labels.csv").write_text(labels.replace("p3_x,Neg", "p3_x,Neut"))
    again = jobs(snakemake(tmp_path, "finetuned", *GPU, "--dry-run").stdout)
    assert again == {"finetune": 1, "finetuned": 1}


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "config.yaml: no dataset has labels, so nothing can be finetuned; name a label file as datasets.NAME.labels"),
        ("one_a,Pos\none_b,Pos\n", "dataset d: nothing can be learned: all its labels are Pos; add videos of another class"),
    ],
)  # fmt: skip
def test_a_study_that_teaches_nothing_is_refused_before_any_job(
    tmp_path: Path, labels: str | None, message: str
) -> None:
    (tmp_path / "clips").mkdir()
    for name in ("one_a", "one_b"):
        (tmp_path / "clips" / f"{name}.mp4").touch()
    dataset = {"videos": "clips"}
    if labels:
        (tmp_path / "labels.csv").write_text(f"filename,label\n{labels}")
        dataset["labels"] = "labels.csv"
    write_config(tmp_path, datasets={"d": dataset})
    process = snakemake(tmp_path, "finetuned", *GPU)
    assert process.returncode == 1
    (told,) = [line for line in process.stdout.splitlines() if "facetally" in line]
    assert told == f"facetally: {message}"
    assert "Traceback" not in process.stdout
    assert not list((tmp_path / "results").rglob("*.json"))

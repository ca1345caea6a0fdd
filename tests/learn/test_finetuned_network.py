"""fer's network finetuned on labels: what it learns, and that it is judged on what it has not seen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import numpy.typing as npt
import onnx
import polars as pl
import pytest
from facetally.detect.crops import network_input
from facetally.detect.export import save_network
from facetally.detect.networks import Networks, as_function
from facetally.detect.onnx_runtime import onnxruntime
from facetally.emotions import CLASS_OF, CLASSES, EMOTIONS
from facetally.learn.crop_files import (
    VideoCrops,
)
from facetally.learn.features import features_of
from facetally.learn.head import LinearHead
from facetally.learn.model_card import measures
from facetally.learn.network import Network
from facetally.learn.training import (
    Floats,
    Labelled,
    Learner,
    labelled_crops,
    out_of_fold,
    prediction_table,
    training_crops,
    validation_videos,
)
from facetally.study.finetuning import Finetuning
from facetally.study.folds import fold_of
from scipy.stats import binomtest
from skimage.data import lfw_subset
from support.reference import published

pytestmark = pytest.mark.tensorflow


PERSONS = 30


CROPS = 4


QUICK = Finetuning(unfreeze_blocks=1, epochs=8)


PEOPLE_AT_FIRST = 5


Degrade = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]


def _blurred(crop: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), 3), np.uint8)


def _noisy(crop: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    grain = np.random.default_rng(int(crop.sum())).normal(0, 25, crop.shape)
    return np.clip(crop + grain, 0, 255).astype(np.uint8)


LOOKS: dict[str, Degrade] = {"Pos": _blurred, "Neg": _noisy, "Neut": lambda crop: crop}
"""What distinguishes the classes of the synthetic videos: nothing that fer's emotions capture."""


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


Learned = tuple[pl.DataFrame, list[dict[str, object]]]
"""The table of out-of-fold predictions, and the history."""


@pytest.fixture(scope="module")
def network(videos: tuple[npt.NDArray[np.uint8], Labelled]) -> Network:
    return Network(videos[0], QUICK)


@pytest.fixture(scope="module")
def features(videos: tuple[npt.NDArray[np.uint8], Labelled], models: Path) -> Floats:
    return features_of(videos[0], Networks(models, "cpu")("features"), 2)


def learned(learner: Learner, labelled: Labelled) -> Learned:
    folds = fold_of(labelled.golden, labelled.groups)
    predicted, history = out_of_fold(learner, labelled, folds)
    return prediction_table(predicted, labelled, folds), history


@pytest.fixture(scope="module")
def by_blocks(network: Network, videos: tuple[npt.NDArray[np.uint8], Labelled]) -> Learned:
    return learned(network, videos[1])


@pytest.fixture(scope="module")
def by_head(features: Floats, videos: tuple[npt.NDArray[np.uint8], Labelled]) -> Learned:
    return learned(LinearHead(features, 1), videos[1])


def first_persons(labelled: Labelled) -> list[str]:
    """The videos of few persons, whose crops are the first."""
    return [video for video in labelled.golden if video < f"p{PEOPLE_AT_FIRST:02}"]


def by_fers_mapping(crops: npt.NDArray[np.uint8], labelled: Labelled) -> list[str]:
    """The class with the most crops of each video, sorted, by fer's emotions as published."""
    tops = published()[0]._model_cache(network_input(list(crops)), training=False)
    classes = [CLASS_OF[EMOTIONS[top]] for top in np.asarray(tops).argmax(axis=1)]
    votes = [
        [classes[place] for place in labelled.places[video]] for video in sorted(labelled.golden)
    ]
    return [max(CLASSES, key=vote.count) for vote in votes]


@pytest.mark.parametrize("way", ["by_head", "by_blocks"])
def test_it_beats_fers_own_mapping_on_people_it_has_not_seen(
    way: str, videos: tuple[npt.NDArray[np.uint8], Labelled], request: pytest.FixtureRequest
) -> None:
    predictions, _ = request.getfixturevalue(way)
    table = predictions.with_columns(fer=pl.Series(by_fers_mapping(*videos)))
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
    features: Floats, videos: tuple[npt.NDArray[np.uint8], Labelled]
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
        table, _ = learned(LinearHead(features, 1), replace(labelled, golden=golden))
        found = measures(table)
        assert found["accuracy"].low <= found["baseline"].value
        correct += int((table["predict"] == table["golden"]).sum())
    assert binomtest(correct, 3 * PERSONS * 3, 1 / 3).pvalue > 0.01


def test_features_are_those_of_kerass_last_block_and_the_logs_of_its_scores(
    features: Floats, videos: tuple[npt.NDArray[np.uint8], Labelled]
) -> None:
    fer = published()[0]._model_cache
    last = [layer.output for layer in fer.layers if isinstance(layer, keras.layers.Add)][-1]
    both = keras.Model(fer.input, [keras.layers.GlobalAveragePooling2D()(last), fer.outputs[0]])
    pooled, scores = both(network_input(list(videos[0])), training=False)
    assert features.shape == (len(videos[0]), 128 + len(EMOTIONS))
    assert features[:, :128] == pytest.approx(np.asarray(pooled), abs=1e-4)
    lowest = np.maximum(np.asarray(scores), 1e-6)
    assert np.exp(features[:, 128:]) == pytest.approx(lowest, abs=1e-5)


def test_the_head_in_the_file_computes_what_was_measured(
    features: Floats,
    videos: tuple[npt.NDArray[np.uint8], Labelled],
    models: Path,
    tmp_path: Path,
) -> None:
    crops, labelled = videos
    head = LinearHead(features, 1)
    head.learn(labelled, "all")
    body = onnx.load(models / "features.onnx")
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        save_network(head.export(body), tmp_path / name / "model.onnx")
    model = (tmp_path / "first" / "model.onnx").read_bytes()
    assert model == (tmp_path / "again" / "model.onnx").read_bytes()
    ours = features_of(crops, as_function(onnxruntime.InferenceSession(model)), 1)
    assert (ours.dtype, ours.shape) == (np.float32, (len(crops), 3))
    assert ours == pytest.approx(head.probabilities(np.arange(len(crops))), abs=1e-5)
    metadata = {entry.key: entry.value for entry in onnx.load_from_string(model).metadata_props}
    assert metadata == {"made_by": "facetally", "classes": "Pos,Neg,Neut"}


def test_a_fold_learns_nothing_from_its_own_labels_and_faces(
    videos: tuple[npt.NDArray[np.uint8], Labelled],
) -> None:
    crops, every = videos
    labelled = every.part(first_persons(every))
    network = Network(crops[: PEOPLE_AT_FIRST * 3 * CROPS], replace(QUICK, epochs=2))
    folds = fold_of(labelled.golden, labelled.groups)
    before, history = out_of_fold(network, labelled, folds)
    own = sorted(video for video in folds if folds[video] == 0)
    turned = {"Pos": "Neg", "Neg": "Neut", "Neut": "Pos"}
    golden = {
        video: turned[label] if video in own else label for video, label in labelled.golden.items()
    }
    after, _ = out_of_fold(network, replace(labelled, golden=golden), folds)
    assert all(np.array_equal(before[video], after[video]) for video in own)
    # The other folds learn from these labels.
    assert not any(np.array_equal(before[video], after[video]) for video in set(folds) - set(own))

    places = np.concatenate([labelled.places[video] for video in own])
    network._features[:, places] = np.nan
    _, blind = out_of_fold(network, labelled, folds)
    assert [row for row in blind if row["fold"] == "0"] == [
        row for row in history if row["fold"] == "0"
    ]
    assert any(np.isnan(row["loss"]) for row in blind if row["fold"] == "1")


def test_training_is_stopped_by_groups_that_are_not_trained_on(
    videos: tuple[npt.NDArray[np.uint8], Labelled], by_blocks: Learned
) -> None:
    labelled = videos[1]
    held_out = validation_videos(labelled)
    rest = set(labelled.golden) - held_out
    assert held_out and rest
    assert not {labelled.groups[one] for one in held_out} & {labelled.groups[one] for one in rest}
    history = pl.DataFrame(by_blocks[1])
    for _, fold in history.group_by("fold"):
        search = fold.filter(pl.col("stage") == "early_stopping")
        best = int(search["val_loss"].arg_min() or 0) + 1
        assert fold.filter(pl.col("stage") == "final").height == best


def test_the_same_seed_gives_the_same_network_and_another_another(
    videos: tuple[npt.NDArray[np.uint8], Labelled], tmp_path: Path
) -> None:
    crops, labelled = videos[0][:60], videos[1].part(first_persons(videos[1]))
    quick = replace(QUICK, epochs=2)
    networks = {name: Network(crops, quick) for name in ("first", "again")}
    networks["other"] = Network(crops, replace(quick, seed=2))
    files = {}
    scored = {}
    for name, one in networks.items():
        one.learn(labelled, "all")
        scored[name] = one.probabilities(np.arange(len(crops)))
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        save_network(networks[name].export(), tmp_path / name / "model.onnx")
        files[name] = (tmp_path / name / "model.onnx").read_bytes()
    assert np.array_equal(scored["first"], scored["again"])
    assert files["first"] == files["again"]
    assert not np.array_equal(scored["first"], scored["other"])


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_file_computes_what_keras_computes(
    videos: tuple[npt.NDArray[np.uint8], Labelled], blocks: int, tmp_path: Path
) -> None:
    crops, labelled = videos
    some = labelled.part(first_persons(labelled))
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
    # The trained part saw features, this one sees pictures: both are the same network.
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
    some = labelled.part(first_persons(labelled))
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

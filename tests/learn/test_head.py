"""A linear head: what it learns, and that it is judged on what it has not seen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import polars as pl
import pytest
from facetally.detect.export import save_network
from facetally.detect.onnx_runtime import onnxruntime
from facetally.detect.recognizer import check_recognizer
from facetally.emotions import CLASSES
from facetally.learn.head import CHOICES_OF_C, USUAL_C, LinearHead
from facetally.learn.model_card import RECOGNIZER_CARD
from facetally.learn.training import (
    Floats,
    Labelled,
    learn_from_all,
    out_of_fold,
    prediction_table,
    training_crops,
)
from facetally.study.cards import read_card
from facetally.study.folds import fold_of
from onnx import TensorProto, helper
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

PERSONS = 40
CROPS = 3
FEATURES = 12


def videos(seed: int = 0, signal: float = 1.5, own: float = 1.0) -> tuple[Floats, Labelled]:
    """Of each person a video of each class: features of the class, the person, and chance."""
    random = np.random.default_rng(seed)
    of_class = random.normal(0, signal, (len(CLASSES), FEATURES))
    features, golden, places = [], {}, {}
    for person in range(PERSONS):
        of_person = random.normal(0, own, FEATURES)
        for place, label in enumerate(CLASSES):
            video = f"p{person:02}_{label}"
            golden[video] = label
            places[video] = np.arange(CROPS) + len(features)
            features += list(of_class[place] + of_person + random.normal(0, 1, (CROPS, FEATURES)))
    groups = {video: video.split("_")[0] for video in golden}
    # On scales and with means of their own, as the network's are.
    scaled = np.asarray(features) * np.logspace(-2, 2, FEATURES) + np.arange(FEATURES)
    return scaled.astype(np.float32), Labelled(golden, groups, places)


def judged(features: Floats, labelled: Labelled, seed: int = 1) -> pl.DataFrame:
    folds = fold_of(labelled.golden, labelled.groups)
    predicted, _ = out_of_fold(LinearHead(features, seed), labelled, folds)
    return prediction_table(predicted, labelled, folds)


def accuracy(table: pl.DataFrame) -> float:
    return float((table["predict"] == table["golden"]).mean())  # type: ignore[arg-type]


def test_it_learns_what_people_share() -> None:
    assert accuracy(judged(*videos())) > 0.9


def test_shuffled_labels_give_chance() -> None:
    features, labelled = videos()
    correct = 0
    for seed in range(4):
        labels = np.random.default_rng(seed).permutation(list(labelled.golden.values()))
        golden = dict(zip(labelled.golden, map(str, labels), strict=True))
        table = judged(features, replace(labelled, golden=golden))
        correct += int((table["predict"] == table["golden"]).sum())
    assert binomtest(correct, 4 * PERSONS * len(CLASSES), 1 / 3).pvalue > 0.01


def test_what_is_a_persons_own_is_not_recognised() -> None:
    """If a label belongs to a person, a head that had seen the person would know it."""
    features, labelled = videos(own=5.0)
    random = np.random.default_rng(4)
    persons = sorted(set(labelled.groups.values()))
    of_person = {person: str(random.choice(CLASSES)) for person in persons}
    golden = {video: of_person[labelled.groups[video]] for video in labelled.golden}
    own = replace(labelled, golden=golden)
    folds = fold_of(golden, labelled.groups)
    head = LinearHead(features, 1)
    predicted, history = out_of_fold(head, own, folds)
    table = prediction_table(predicted, own, folds)
    assert accuracy(table) < 0.5
    # C is not chosen on people who have been seen either: no choice does well on held-out groups,
    # while the head knows those it was fitted on.
    rows = pl.DataFrame(history)
    of_choices = rows.filter(stage="search").group_by("c").agg(pl.col("val_accuracy").mean())
    assert of_choices["val_accuracy"].max() < 0.5  # type: ignore[operator]
    assert rows.filter(stage="final")["accuracy"].min() > 0.55  # type: ignore[operator]


def test_a_fold_learns_nothing_from_its_own_labels_and_faces() -> None:
    features, labelled = videos(signal=0.7)
    folds = fold_of(labelled.golden, labelled.groups)
    before, history = out_of_fold(LinearHead(features, 1), labelled, folds)
    own = sorted(video for video in folds if folds[video] == 0)
    turned = {"Pos": "Neg", "Neg": "Neut", "Neut": "Pos"}
    golden = {
        video: turned[label] if video in own else label for video, label in labelled.golden.items()
    }
    relabelled = replace(labelled, golden=golden)
    after, _ = out_of_fold(LinearHead(features, 1), relabelled, folds)
    assert all(np.array_equal(before[video], after[video]) for video in own)
    # The other folds learn from these labels.
    assert not any(np.array_equal(before[video], after[video]) for video in set(folds) - set(own))

    unseen = features.copy()
    unseen[np.concatenate([labelled.places[video] for video in own])] = 1e3
    _, blind = out_of_fold(LinearHead(unseen, 1), labelled, folds)
    assert [row for row in blind if row["fold"] == "0"] == [
        row for row in history if row["fold"] == "0"
    ]
    assert [row for row in blind if row["fold"] == "1"] != [
        row for row in history if row["fold"] == "1"
    ]


def test_c_is_the_one_with_the_lowest_loss_on_held_out_groups() -> None:
    chosen = set()
    for signal in (0.0, 3.0):
        features, labelled = videos(signal=signal)
        rows = pl.DataFrame(LinearHead(features, 1).learn(labelled, "all"))
        search = rows.filter(stage="search").sort("val_loss")
        assert sorted(search["c"]) == list(CHOICES_OF_C)
        (c,) = rows.filter(stage="final")["c"]
        assert c == search["c"][0]
        chosen.add(c)
    assert len(chosen) == 2


def test_it_is_scikit_learns_regression_on_standardised_features() -> None:
    features, labelled = videos()
    head = LinearHead(features, 1)
    (row,) = (row for row in head.learn(labelled, "all") if row["stage"] == "final")
    crops, classes, weights = training_crops(labelled)
    weights = weights * len(labelled.golden) / len(crops)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=row["c"], max_iter=1000))
    model.fit(
        features[crops],
        classes,
        standardscaler__sample_weight=weights,
        logisticregression__sample_weight=weights,
    )
    ours = head.probabilities(np.arange(len(features)))
    assert (ours.dtype, ours.shape) == (np.float32, (len(features), 3))
    assert ours == pytest.approx(model.predict_proba(features), abs=1e-3)


def test_a_video_weighs_the_same_however_many_crops_it_has() -> None:
    features, labelled = videos()
    once = LinearHead(features, 1)
    rows = once.learn(labelled, "all")
    longer = "p03_Pos"
    places = dict(labelled.places) | {longer: np.tile(labelled.places[longer], 10)}
    often = LinearHead(features, 1)
    again = often.learn(replace(labelled, places=places), "all")
    assert [row["c"] for row in again] == [row["c"] for row in rows]
    asked = np.arange(len(features))
    assert often.probabilities(asked) == pytest.approx(once.probabilities(asked), abs=0.01)


def test_the_same_seed_gives_the_same_head() -> None:
    features, labelled = videos(signal=0.3)
    scored, losses = [], []
    for seed in (1, 1, 2):
        head = LinearHead(features, seed)
        losses.append([row.get("val_loss") for row in head.learn(labelled, "all")])
        scored.append(head.probabilities(np.arange(len(features))))
    assert np.array_equal(scored[0], scored[1])
    assert losses[0] == losses[1] != losses[2]


def test_of_two_classes_the_third_is_never_said() -> None:
    features, labelled = videos()
    two = labelled.part(video for video in labelled.golden if not video.endswith("Neg"))
    head = LinearHead(features, 1)
    head.learn(two, "all")
    asked = np.concatenate([two.places[video] for video in two.golden])
    probabilities = head.probabilities(asked)
    assert (probabilities[:, CLASSES.index("Neg")] == 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(1)
    known = np.repeat([CLASSES.index(label) for label in two.golden.values()], CROPS)
    assert (probabilities.argmax(axis=1) == known).mean() > 0.9


@pytest.mark.parametrize("alone", [("p00",), ("p00", "p01")])
def test_a_class_of_few_people_is_learned_too(alone: tuple[str, ...]) -> None:
    features, labelled = videos()
    some = labelled.part(
        video
        for video in labelled.golden
        if not video.endswith("Neg") or video.split("_")[0] in alone
    )
    head = LinearHead(features, 1)
    rows = head.learn(some, "all")
    assert [row["stage"] for row in rows] == ["search"] * len(CHOICES_OF_C) + ["final"]
    assert all(np.isfinite(float(str(row["val_loss"]))) for row in rows[:-1])
    asked = labelled.places["p00_Neg"]
    assert (head.probabilities(asked).argmax(axis=1) == CLASSES.index("Neg")).all()


def test_of_one_group_the_usual_c_is_taken() -> None:
    features, labelled = videos()
    some = labelled.part(video for video in labelled.golden if video.startswith("p00"))
    (row,) = LinearHead(features, 1).learn(some, "all")
    assert (row["stage"], row["c"]) == ("final", USUAL_C)


def test_videos_without_a_label_are_predicted_by_all_that_have_one() -> None:
    features, labelled = videos()
    without = [video for video in labelled.golden if video.startswith("p39")]
    golden = {
        video: label for video, label in labelled.golden.items() if not video.startswith("p39")
    }
    some = replace(labelled, golden=golden)
    folds = fold_of(golden, labelled.groups)
    head = LinearHead(features, 1)
    predicted, _ = out_of_fold(head, some, folds)
    rest, _ = learn_from_all(head, some, "d")
    assert sorted(rest) == sorted(without)
    table = prediction_table(predicted | rest, some, folds)
    assert table["filename"].to_list() == sorted(labelled.golden)
    own = table.filter(pl.col("golden").is_null())
    assert own["filename"].to_list() == sorted(without)
    assert own["fold"].null_count() == own.height
    wanted = [head.probabilities(labelled.places[video]).mean(axis=0) for video in sorted(without)]
    assert own.select("pos", "neg", "neut").to_numpy() == pytest.approx(np.stack(wanted), abs=1e-6)


def test_the_file_computes_what_was_measured(tmp_path: Path) -> None:
    """With a body that gives the first pixels as features; fer's is tried with TensorFlow."""
    features, labelled = videos()
    head = LinearHead(features, 1)
    head.learn(labelled, "all")
    body = first_pixels()
    before = body.SerializeToString()
    save_network(head.export(body), tmp_path / "model.onnx")
    assert body.SerializeToString() == before
    pictures = np.zeros((len(features), 64, 64, 1), np.float32)
    pictures.reshape(len(features), -1)[:, :FEATURES] = features
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    (ours,) = session.run(None, {session.get_inputs()[0].name: pictures})
    assert ours == pytest.approx(head.probabilities(np.arange(len(features))), abs=1e-5)
    (tmp_path / "model.yaml").write_text(RECOGNIZER_CARD)
    check_recognizer(read_card(tmp_path / "model.yaml"))


def first_pixels() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("Slice", ["flat", "start", "end", "axis"], ["features"]),
    ]
    constants = [
        helper.make_tensor(name, TensorProto.INT64, [1], [value])
        for name, value in (("start", 0), ("end", FEATURES), ("axis", 1))
    ]
    shapes = {"image": [None, 64, 64, 1], "features": [None, FEATURES]}
    image, output = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    )
    graph = helper.make_graph(nodes, "body", [image], [output], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])

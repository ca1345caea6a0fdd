"""Cards of networks: the ones that ship, what they say, and what is refused."""

import re
from dataclasses import asdict, replace
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from facetally.emotions import CLASSES, EMOTIONS
from facetally.errors import ConfigError
from facetally.learn.model_card import RECOGNIZER_CARD
from facetally.study.cards import read_card
from facetally.study.recognizer import FER, Card, card_of
from support.recognizers import CARDS, shipped, write_card

SHIPPED = sorted(path.stem for path in CARDS.glob("*.yaml"))


def read(folder: Path, card: dict[str, Any]) -> Card:
    return read_card(write_card(folder / "card.yaml", card))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_that_ships_can_be_read(name: str) -> None:
    card = read_card(CARDS / f"{name}.yaml")
    assert card.network.parent == CARDS
    assert card.settings.emotions.keys() == set(EMOTIONS) or card.settings.classes.keys() == set(
        CLASSES
    )
    meant = [place for group in card.settings.groups() for place in group]
    assert len(meant) == len(set(meant))


def test_what_the_cards_of_the_two_families_say() -> None:
    assert {"enet_b0_8_best_vgaf", "enet_b2_7", "emotion_ferplus_8", "finetuned"} <= set(SHIPPED)
    b2 = read_card(CARDS / "enet_b2_7.yaml").settings
    assert (b2.pictures, len(b2.labels), b2.crop) == ([3, 260, 260], 7, "box")
    assert (b2.mean, b2.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    b0 = read_card(CARDS / "enet_b0_8_best_vgaf.yaml").settings
    assert (b0.pictures, len(b0.labels)) == ([3, 224, 224], 8)
    # Anger, Contempt, Disgust, Fear, Happiness, Neutral, Sadness, Surprise.
    assert b0.groups() == [[0], [2, 1], [3], [4], [6], [7], [5]]
    plus = read_card(CARDS / "emotion_ferplus_8.yaml").settings
    assert (plus.pictures, plus.scale, plus.mean, plus.std) == ([1, 64, 64], 1, (0,), (1,))
    assert plus.groups() == [[4], [5, 7], [6], [1], [3], [2], [0]]


def test_a_finetuned_network_is_given_what_fers_is() -> None:
    assert (CARDS / "finetuned.yaml").read_text("utf-8") == RECOGNIZER_CARD
    card = read_card(CARDS / "finetuned.yaml")
    ours, fers = card.meaning(), read_meaning()
    same = set(ours) - {"labels", "emotions", "classes"}
    assert {key: ours[key] for key in same} == {key: fers[key] for key in same}
    assert card.settings.groups() == [[0], [1], [2]]


def read_meaning() -> dict[str, Any]:
    return Card(Path(), Path(), None, FER).meaning()


def changed(name: str, part: str, **values: Any) -> dict[str, Any]:
    card = shipped(name)
    card[part] = {**card[part], **values}
    return card


def without(name: str, part: str, key: str) -> dict[str, Any]:
    card = shipped(name)
    del card[part][key]
    return card


B0 = "enet_b0_8_best_vgaf"
PLUS = "emotion_ferplus_8"
EMOTIONS_OF_B0 = shipped(B0)["output"]["emotions"]
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt key": (shipped(B0) | {"lisence": "MIT"}, "unknown key 'lisence'; did you mean 'licence'? (known: network, title, source, licence, sha256, input, output)"),
    "no network": ({key: value for key, value in shipped(B0).items() if key != "network"}, "key 'network' is missing"),
    "a network with a pattern in its name": (shipped(B0) | {"network": "a{b}.onnx"}, "network: {folder}/a{b}.onnx has { } or < > in its name, which Snakemake takes for a pattern; rename it"),
    "a sum that is none": (shipped(B0) | {"sha256": "abc"}, "sha256: 'abc' cannot be read; write it like e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, in quotes"),
    "no size": (without(B0, "input", "size"), "input: key 'size' is missing"),
    "a huge size": (changed(B0, "input", size=5000), "input.size: 5000 is too large; it must be 1024 or less"),
    "an unknown colour": (changed(B0, "input", colour="cmyk"), "input.colour: 'cmyk' is unknown (known: grey, rgb, bgr)"),
    "an unknown layout": (changed(B0, "input", layout="chw"), "input.layout: 'chw' is unknown (known: nchw, nhwc)"),
    "two means": (changed(B0, "input", mean=[0.1, 0.2]), "input.mean: has 2 numbers, but rgb has 3 channels; write one number or one per channel"),
    "three deviations of grey": (changed(PLUS, "input", std=[1, 1, 1]), "input.std: has 3 numbers, but grey has 1 channel; write one number or one per channel"),
    "a deviation of 0": (changed(PLUS, "input", std=0), "input.std: is 0, but pixels are divided by it; correct it"),
    "a margin in points": (changed(B0, "input", margin="10pt"), "input.margin: '10pt' cannot be read; write it like 10px, in quotes"),
    "a margin of ten faces": (changed(B0, "input", margin=10), "input.margin: 10 is too large; it must be 2 or less"),
    "unknown values": (changed(B0, "output", values="scores"), "output.values: 'scores' is unknown (known: logits, probabilities)"),
    "no meaning": (without(B0, "output", "emotions"), "output: needs either emotions, the labels of each of the seven, or classes, those of Positive, Negative and Neutral; write one of the two"),
    "emotions and classes": (changed(B0, "output", classes={"Positive": "Happiness", "Negative": "Anger", "Neutral": "Neutral"}), "output: needs either emotions, the labels of each of the seven, or classes, those of Positive, Negative and Neutral; write one of the two"),
    "an emotion less": (changed(B0, "output", emotions={key: value for key, value in EMOTIONS_OF_B0.items() if key != "fear"}), "output.emotions: has no fear; name the label of each of the seven (angry, disgust, fear, happy, sad, surprise, neutral)"),
    "an eighth emotion": (changed(B0, "output", emotions=EMOTIONS_OF_B0 | {"contempt": "Contempt"}), "output.emotions: unknown key 'contempt'"),
    "a label that is none": (changed(B0, "output", emotions=EMOTIONS_OF_B0 | {"fear": "Terror"}), "output: label 'Terror' is not one of labels (Anger, Contempt, Disgust, Fear, Happiness, Neutral, Sadness, Surprise); correct it"),
    "a label with two meanings": (changed(B0, "output", emotions=EMOTIONS_OF_B0 | {"fear": ["Fear", "Anger"]}), "output: label 'Anger' is used twice; give it one meaning"),
    "a label without a meaning": (changed(B0, "output", emotions=EMOTIONS_OF_B0 | {"disgust": "Disgust"}), "output: label 'Contempt' has no meaning; name it under one of the emotions or classes, or in ignored"),
    "a label twice": (changed(B0, "output", labels=["Anger", "Anger"]), "output.labels: ['Anger', 'Anger'] lists an item twice; remove one"),
    "a class less": (changed("finetuned", "output", classes={"pos": "Pos", "neg": "Neg"}), "output.classes: has no Neut; name the label of each"),
    "a class that YAML reads as true": (changed("finetuned", "output", classes={True: "Pos"}), "output.classes: 'True' is unknown"),
    "an unknown class": (changed("finetuned", "output", classes={"good": "Pos"}), "output.classes: 'good' is unknown (known: Positive, Negative, Neutral)"),
    "a class twice": (changed("finetuned", "output", classes={"pos": "Pos", "Positive": "Neg", "neut": "Neut"}), "output.classes: 'Positive' is given twice"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_card_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    card, told = WRONG[case]
    with pytest.raises(ConfigError) as error:
        read(tmp_path, card)
    said = str(error.value)
    assert said.startswith(f"{tmp_path}/card.yaml: {told.replace('{folder}', str(tmp_path))}")
    assert "\n" not in said


def test_a_card_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    for text, told in (
        ("", "is empty; docs/recognizers.md describes what goes into a card"),
        ("- network", "has no keys; begin it with 'network:'"),
        ("network: [", "is not YAML"),
    ):
        (tmp_path / "card.yaml").write_text(text)
        with pytest.raises(ConfigError, match=re.escape(told)):
            read_card(tmp_path / "card.yaml")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_job_is_told_what_the_card_says(name: str) -> None:
    card = read_card(CARDS / f"{name}.yaml")
    told = card_of(card.network, card.as_text())
    assert (told.network, told.sha256) == (card.network, card.sha256)
    assert told.settings.groups() == card.settings.groups()
    ours, theirs = (
        asdict(replace(each.settings, emotions={}, classes={})) for each in (told, card)
    )
    assert ours == theirs


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_without_a_value_are_refused(tmp_path: Path, number: float) -> None:
    # The schema says how large a margin may be.
    for key in ("scale", "mean", "std", *(["margin"] if isnan(number) else [])):
        with pytest.raises(ConfigError, match=rf"input\.{key}: {number} is not a finite number"):
            read(tmp_path, changed(B0, "input", **{key: number}))
    with pytest.raises(ConfigError, match=rf"input\.mean\.1: {number} is not a finite number"):
        read(tmp_path, changed(B0, "input", mean=[0.1, number, 0.2]))


def test_a_sum_may_be_in_capitals(tmp_path: Path) -> None:
    assert read(tmp_path, shipped(B0) | {"sha256": "AB" * 32}).sha256 == "ab" * 32


def test_words_for_people_change_no_meaning(tmp_path: Path) -> None:
    card = read(tmp_path, shipped(B0))
    assert read(tmp_path, shipped(B0) | {"licence": "?", "title": "?"}).meaning() == card.meaning()
    assert read(tmp_path, changed(B0, "input", margin=0.1)).meaning() != card.meaning()

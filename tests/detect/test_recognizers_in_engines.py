"""A card's network scores the faces of each engine, instead of fer's or along with it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from facetally.detect.engine import open_engine
from facetally.detect.face import Face
from facetally.detect.networks import Networks
from facetally.detect.recognizer import open_recognizer
from facetally.study.cards import read_card
from facetally.study.recognizer import Card
from facetally.video.frames import Frame
from skimage.data import astronaut
from support.recognizers import finetuned, model, shipped, write_card
from support.reference import published

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def frames() -> list[Frame]:
    face = np.ascontiguousarray(astronaut()[:256, 96:352, ::-1])
    shown = ((0, np.zeros_like(face)), (20, face), (40, face // 2))
    return [Frame(at, at, Fraction(1, 25), bgr) for at, bgr in shown]


def found(engine: str, models: Path, frames: list[Frame], card: Card | None) -> list[list[Face]]:
    assert published()  # TensorFlow is set up as the engine wants it.
    opened = open_engine(engine, "haar", models, "cpu", 1, card)
    return [faces for _, faces in opened.faces(iter(frames))]


@pytest.mark.parametrize("engine", ["onnx", "fer"])
def test_classes_stand_beside_fers_emotions(
    tmp_path: Path, models: Path, frames: list[Frame], engine: str
) -> None:
    card = read_card(finetuned(tmp_path))
    given, without = (found(engine, models, frames, each) for each in (card, None))
    assert [len(faces) for faces in given] == [0, 1, 1]
    recognizer = open_recognizer(card, Networks(Path(), "cpu"))
    for frame, ours, theirs in zip(frames, given, without, strict=True):
        for face, plain in zip(ours, theirs, strict=True):
            assert (face.scores, plain.classes) == (plain.scores, None)
            ((expected,),) = recognizer.score([frame.bgr], [[face.box]])
            assert face.classes == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("engine", ["onnx", "fer"])
def test_emotions_stand_in_place_of_fers(
    tmp_path: Path, models: Path, frames: list[Frame], engine: str
) -> None:
    slopes = (0.3, -0.2, 0.1, 0.0, 0.4, -0.1, 0.2, -0.3)
    model(tmp_path / "n.onnx", slopes, ("n", 3, 224, 224), activation="Identity")
    described = shipped("enet_b0_8_best_vgaf") | {"network": "n.onnx"}
    card = read_card(write_card(tmp_path / "card.yaml", described))
    given, without = (found(engine, models, frames, each) for each in (card, None))
    assert [[face.box for face in faces] for faces in given] == [
        [face.box for face in faces] for faces in without
    ]
    recognizer = open_recognizer(card, Networks(Path(), "cpu"))
    for frame, faces in zip(frames, given, strict=True):
        for face in faces:
            ((expected,),) = recognizer.score([frame.bgr], [[face.box]])
            assert face.scores == pytest.approx(expected, abs=1e-6)
            assert face.classes is None
            assert sum(face.scores) == pytest.approx(1, abs=1e-6)
    assert given[1][0].scores != pytest.approx(without[1][0].scores, abs=0.05)

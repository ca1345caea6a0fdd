"""Networks that cards describe: what is refused, and whether faces get the right scores."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from facetally.detect.face import Face
from facetally.detect.networks import CPU, CUDA, Networks
from facetally.detect.recognizer import (
    NetworkRecognizer,
    check_recognizer,
    fault_of_scores,
    open_recognizer,
)
from facetally.emotions import EMOTIONS
from facetally.errors import RecognizerError
from facetally.files import file_digest
from facetally.study.cards import read_card
from facetally.study.recognizer import FER, Card
from support.recognizers import finetuned, model, shipped, write_card

B0 = "enet_b0_8_best_vgaf"
B2 = "enet_b2_7"
VA = "enet_b0_8_va_mtl"
PLUS = "emotion_ferplus_8"
SLOPES = (0.3, -0.2, 0.1, 0.0, 0.4, -0.1, 0.2, -0.3)


def card_of(
    folder: Path, name: str, changes: dict[str, Any] | None = None, **network: Any
) -> Card:
    """A card that ships, beside a network of the shape that it is for."""
    card = shipped(name) | {"network": "network.onnx"} | (changes or {})
    path = write_card(folder / "card.yaml", card)
    settings = read_card(path).settings
    shape: dict[str, Any] = {
        "slopes": (*SLOPES, 9.0, -9.0)[: len(settings.labels)],
        "size": ("n", *settings.pictures),
        "activation": "Identity" if settings.values == "logits" else "Softmax",
    }
    model(folder / "network.onnx", **shape | network)
    return read_card(path)


def expected(card: Card, pixels: np.ndarray, slopes: tuple[float, ...]) -> list[float]:
    """What a network of :func:`model` must make of a face of these pixels, blue first."""
    settings = card.settings
    grey = pixels @ (0.114, 0.587, 0.299)
    seen = {"grey": np.round(grey)[..., np.newaxis], "rgb": pixels[..., ::-1], "bgr": pixels}
    values = (seen[settings.colour] / settings.scale - settings.mean) / settings.std
    logits = dict(zip(settings.labels, 5 * np.asarray(slopes) * values.mean(), strict=True))
    groups = (settings.emotions or settings.classes).values()
    odds = {label: np.exp(logits[label]) for labels in groups for label in labels}
    return [sum(odds[label] for label in labels) / sum(odds.values()) for labels in groups]


@pytest.mark.parametrize("name", [B0, B2, VA, PLUS, "mbf_va_mtl", "finetuned"])
@pytest.mark.parametrize("batch", ["n", 1])
def test_faces_get_the_scores_that_they_must(tmp_path: Path, name: str, batch: str | int) -> None:
    size = ["batch", *read_card(write_card(tmp_path / "c.yaml", shipped(name))).settings.pictures]
    card = card_of(tmp_path, name, size=[batch, *size[1:]])
    check_recognizer(card)
    recognizer = open_recognizer(card, Networks(Path(), "cpu"))
    # Two faces of one colour each, and one that lies outside of the frame and its border.
    frame = np.zeros((200, 300, 3), np.uint8)
    colours = np.asarray([(40, 90, 160), (200, 30, 60)], np.uint8)
    frame[:, :150], frame[:, 150:] = colours
    boxes = [(40, 60, 50, 70), (900, 900, 50, 50), (200, 60, 60, 40)]
    (first, none, second), nobody = recognizer.score([frame, frame], [boxes, []])
    assert nobody == []
    assert none is None
    slopes = (*SLOPES, 9.0, -9.0)[: len(card.settings.labels)]
    for found, colour in ((first, colours[0]), (second, colours[1])):
        assert found == pytest.approx(expected(card, colour[np.newaxis], slopes), abs=1e-4)
        assert sum(found) == pytest.approx(1, abs=1e-5)


class OnGpu:
    """A session that claims to be on a GPU and records the shapes of its inputs."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.get_inputs = session.get_inputs
        self.shapes: list[tuple[int, ...]] = []

    def get_providers(self) -> list[str]:
        return [CUDA, CPU]

    def run(self, outputs: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.shapes += [given.shape for given in inputs.values()]
        found: list[np.ndarray] = self._session.run(outputs, inputs)
        return found


@pytest.mark.parametrize("faces", [0, 1, 31, 32, 33, 100])
def test_a_gpu_is_given_the_same_number_of_faces_each_time(tmp_path: Path, faces: int) -> None:
    network = model(tmp_path / "network.onnx", SLOPES[:7])
    session = Networks(Path(), "cpu").session(network.read_bytes())
    on_gpu = OnGpu(session)
    frame = np.random.default_rng(faces).integers(0, 256, (300, 400, 3), np.uint8)
    boxes = [(3 * number, 2 * number, 40 + number, 50) for number in range(faces)]
    (expected,) = NetworkRecognizer(session, FER).score([frame], [boxes])
    (found,) = NetworkRecognizer(on_gpu, FER).score([frame], [boxes])
    assert on_gpu.shapes == [(32, 64, 64, 1)] * -(-faces // 32)
    assert len(found) == len(expected) == faces
    assert np.abs(np.subtract(found, expected)).max(initial=0) <= 1e-6


def test_a_network_of_one_face_at_a_time_is_so_on_a_gpu_too(tmp_path: Path) -> None:
    network = model(tmp_path / "network.onnx", SLOPES[:7], size=(1, 64, 64, 1))
    on_gpu = OnGpu(Networks(Path(), "cpu").session(network.read_bytes()))
    frame = np.zeros((90, 90, 3), np.uint8)
    (found,) = NetworkRecognizer(on_gpu, FER).score([frame], [[(9, 9, 40, 40)] * 3])
    assert on_gpu.shapes == [(1, 64, 64, 1)] * 3
    assert len(found) == 3


def refusal(card: Card) -> str:
    with pytest.raises(RecognizerError) as error:
        check_recognizer(card)
    said = str(error.value)
    assert "\n" not in said
    start = f"{card.path}: {card.network} "
    assert said.startswith(start)
    return said.removeprefix(start)


WAY_OUT = "; correct the card, or name another file"


@pytest.mark.parametrize(
    ("name", "network", "told"),
    [
        (B0, {"size": ("n", 3, 260, 260)}, "takes tensor(float) [n, 3, 260, 260], but the card says tensor(float) [n, 3, 224, 224] (size 224, rgb, nchw)"),
        (B0, {"size": ("n", 224, 224, 3)}, "takes tensor(float) [n, 224, 224, 3], but the card says tensor(float) [n, 3, 224, 224] (size 224, rgb, nchw)"),
        (B0, {"size": (2, 3, 224, 224)}, "takes tensor(float) [2, 3, 224, 224], but the card says"),
        (PLUS, {"size": ("n", 3, 64, 64)}, "takes tensor(float) [n, 3, 64, 64], but the card says tensor(float) [n, 1, 64, 64] (size 64, grey, nchw)"),
        (B0, {"slopes": SLOPES[:7]}, "gives [2, 7] for 2 faces, but the card has 8 labels"),
        (B2, {"slopes": SLOPES}, "gives [2, 8] for 2 faces, but the card has 7 labels"),
        (B0, {"outputs": 2}, "has 2 outputs (labels, logits), not one"),
        ("finetuned", {"activation": "Identity", "slopes": (1, 1, 1)}, "gives numbers that are not probabilities, but the card says that they are"),
        (B0, {"slopes": (float("nan"), *SLOPES[1:])}, "gives nan for a black picture, which is no number"),
        ("finetuned", {"classes": "Neg,Neut,Pos"}, "names the labels Neg,Neut,Pos itself, but the card has others"),
        (B0, {"activation": "Softmax"}, "gives probabilities, but the card says that they are logits"),
        (VA, {"activation": "Softmax"}, "gives probabilities, but the card says that they are logits"),
    ],
)  # fmt: skip
def test_a_network_that_is_not_as_its_card_says_is_refused(
    tmp_path: Path, name: str, network: dict[str, Any], told: str
) -> None:
    said = refusal(card_of(tmp_path, name, **network))
    assert said.startswith(told)
    assert said.endswith(WAY_OUT)


def test_sides_that_a_network_leaves_open_are_the_cards(tmp_path: Path) -> None:
    check_recognizer(card_of(tmp_path, B0, size=("n", 3, "h", "w")))


def test_what_others_write_into_a_network_is_theirs(tmp_path: Path) -> None:
    card = card_of(tmp_path, B0)
    network = onnx.load(card.network)
    onnx.helper.set_model_props(network, {"classes": "7", "made_by": "another"})
    onnx.save(network, card.network)
    check_recognizer(card)


def elsewhere(tensor: onnx.TensorProto) -> onnx.TensorProto:
    """Put the numbers of a tensor into a file beside the process."""
    Path("weights").write_bytes(tensor.raw_data)
    onnx.external_data_helper.set_external_data(tensor, "weights")
    tensor.ClearField("raw_data")
    return tensor


def initializer(network: onnx.ModelProto) -> None:
    elsewhere(network.graph.initializer[1])


def constant(network: onnx.ModelProto) -> None:
    kernel = network.graph.initializer.pop(1)
    node = onnx.helper.make_node("Constant", [], ["kernel"], value=elsewhere(kernel))
    network.graph.node.insert(0, node)


def branch(network: onnx.ModelProto) -> None:
    kernel = elsewhere(network.graph.initializer.pop(1))
    result = onnx.helper.make_tensor_value_info("in_branch", 1, list(kernel.dims))
    node = onnx.helper.make_node("Constant", [], ["in_branch"], value=kernel)
    graph = onnx.helper.make_graph([node], "branch", [], [result])
    yes = onnx.numpy_helper.from_array(np.asarray(True), "yes")
    network.graph.initializer.append(yes)
    either = {"then_branch": graph, "else_branch": graph}
    network.graph.node.insert(0, onnx.helper.make_node("If", ["yes"], ["kernel"], **either))


def function(network: onnx.ModelProto) -> None:
    kernel = elsewhere(network.graph.initializer.pop(1))
    node = onnx.helper.make_node("Constant", [], ["out"], value=kernel)
    opset = onnx.helper.make_opsetid("", 17)
    own = onnx.helper.make_function("own", "kernel_of", [], ["out"], [node], [opset])
    network.functions.append(own)
    network.opset_import.append(onnx.helper.make_opsetid("own", 1))
    call = onnx.helper.make_node("kernel_of", [], ["kernel"], domain="own")
    network.graph.node.insert(0, call)


def sparse(network: onnx.ModelProto) -> None:
    values = onnx.numpy_helper.from_array(np.ones(2, np.float32), "sparse")
    places = onnx.numpy_helper.from_array(np.asarray([0, 1], np.int64), "places")
    whole = onnx.helper.make_sparse_tensor(elsewhere(values), places, [2])
    network.graph.sparse_initializer.append(whole)


@pytest.mark.parametrize("put", [initializer, constant, branch, function, sparse])
def test_weights_in_another_file_which_nobody_would_see_change_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: Callable[[onnx.ModelProto], None]
) -> None:
    # The file lies where ONNX Runtime looks for it.
    monkeypatch.chdir(tmp_path)
    card = card_of(tmp_path, B0)
    network = onnx.load(card.network)
    put(network)
    card.network.write_bytes(network.SerializeToString())
    refused = (
        "keeps weights in another file (weights), whose changes nobody would notice; put them "
        "into it with Python: onnx.save(onnx.load(FILE), FILE, save_as_external_data=False), with "
        "FILE beside its weights"
    )
    assert refusal(card) == refused
    with pytest.raises(RecognizerError):
        open_recognizer(card, Networks(Path(), "cpu"))
    if put is initializer:
        # The way out works.
        path = str(card.network)
        onnx.save(onnx.load(path), path, save_as_external_data=False)
        check_recognizer(card)


def test_a_network_that_only_speaks_of_a_location_is_taken(tmp_path: Path) -> None:
    card = card_of(tmp_path, B0)
    network = onnx.load(card.network)
    network.doc_string = "location"
    onnx.save(network, card.network)
    check_recognizer(card)


@pytest.mark.parametrize(
    ("name", "gives", "fault"),
    [
        (B0, [float("nan"), *[0.0] * 7], "angry of face 0 is nan, which is not from 0 to 1"),
        (B0, [float("inf"), *[0.0] * 7], "angry of face 0 is nan, which is not from 0 to 1"),
        (B0, [-float("inf"), *[0.0] * 7], None),
        (B0, [9.0, *[0.0] * 7], None),
        ("finetuned", [float("nan"), 0.5, 0.5], "pos of face 0 is nan, which is not from 0 to 1"),
        ("finetuned", [-0.5, 0.75, 0.75], "pos of face 0 is -0.5, which is not from 0 to 1"),
        ("finetuned", [0.2, 0.2, 0.2], "the scores of face 0 sum to 0.6, not to 1"),
        ("finetuned", [0.3333, 0.3333, 0.3333], None),
    ],
)
def test_scores_that_no_network_can_mean(
    tmp_path: Path, name: str, gives: list[float], fault: str | None
) -> None:
    card = card_of(tmp_path, name)
    recognizer = NetworkRecognizer(
        Networks(Path(), "cpu").session(card.network.read_bytes()), card.settings
    )
    recognizer._network = lambda pictures: [np.asarray([gives] * len(pictures), np.float32)]
    ((scores,),) = recognizer.score([np.zeros((60, 60, 3), np.uint8)], [[(10, 10, 20, 20)]])
    assert scores is not None
    emotions = scores if card.settings.emotions else [1.0, *[0.0] * 6]
    classes = None if card.settings.emotions else scores
    found = fault_of_scores([Face((0, 0, 1, 1), emotions, classes=classes)])
    assert found == (fault and fault.replace("angry", EMOTIONS[0]))


@pytest.mark.parametrize("gives", [float("nan"), -3.0, 7.0])
def test_ignored_labels_hide_no_fault(tmp_path: Path, gives: float) -> None:
    card = card_of(tmp_path, VA)
    settings = replace(card.settings, values="probabilities")
    recognizer = NetworkRecognizer(
        Networks(Path(), "cpu").session(card.network.read_bytes()), settings
    )
    numbers = np.full((1, 10), gives, np.float32)
    recognizer._network = lambda pictures: [numbers.repeat(len(pictures), 0)]
    ((scores,),) = recognizer.score([np.zeros((60, 60, 3), np.uint8)], [[(10, 10, 20, 20)]])
    assert scores is not None
    assert fault_of_scores([Face((0, 0, 1, 1), scores)])


def test_labels_that_count_for_nothing_may_have_all_of_a_face(tmp_path: Path) -> None:
    card = card_of(tmp_path, VA)
    settings = replace(card.settings, values="probabilities")
    recognizer = NetworkRecognizer(
        Networks(Path(), "cpu").session(card.network.read_bytes()), settings
    )
    recognizer._network = lambda pictures: [np.eye(10, dtype=np.float32)[[9] * len(pictures)]]
    ((scores,),) = recognizer.score([np.zeros((60, 60, 3), np.uint8)], [[(10, 10, 20, 20)]])
    assert scores is not None
    assert sum(scores) == pytest.approx(1)


def test_another_file_than_the_card_means_is_refused(tmp_path: Path) -> None:
    card = card_of(tmp_path, B0, {"sha256": "0" * 64})
    digest = file_digest(card.network)
    assert refusal(card) == (
        f"has the sha256 {digest}, but the card says {'0' * 64}; "
        "get the file that the card describes, or correct the card"
    )
    check_recognizer(card_of(tmp_path, B0, {"sha256": digest}))


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    card = read_card(finetuned(tmp_path))
    check_recognizer(card)
    whole = card.network.read_bytes()
    for content in (b"", b"filename,label\na,Pos\n", whole[:200]):
        card.network.write_bytes(content)
        assert refusal(card).startswith("is not a usable ONNX file; get it again, or name ")
    card.network.unlink()
    assert refusal(card) == "does not exist; put the file there, or correct the card"

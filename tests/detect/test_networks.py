"""Networks on a GPU, which the tests lack: what ONNX Runtime is asked for, and how often."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from facetally.detect import networks
from facetally.detect.mtcnn import ONET_ON_GPU, ONET_SIZE, RNET_ON_GPU, RNET_SIZE, Cascade, Windows
from facetally.detect.networks import CPU, CUDA, Network, Networks, in_pieces
from facetally.errors import EnvironmentBrokenError


class Machine:
    """ONNX Runtime with CUDA, and a GPU or none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, gpu: bool) -> None:
        self.gpu = gpu
        self.asked: list[list[Any]] = []
        for name, stand_in in (
            ("get_available_providers", lambda: [CUDA, CPU]),
            ("preload_dlls", lambda: None),
            ("InferenceSession", self.session),
        ):
            monkeypatch.setattr(networks.onnxruntime, name, stand_in)

    def session(self, _: bytes, options: Any, providers: list[Any]) -> "Session":
        assert options.intra_op_num_threads == 1
        self.asked.append(providers)
        return Session([CUDA, CPU] if self.gpu and providers != [CPU] else [CPU])


class Session:
    """A network that runs on something."""

    def __init__(self, providers: list[str]) -> None:
        self._providers = providers

    def get_providers(self) -> list[str]:
        return self._providers


ON_GPU = [(CUDA, {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}), CPU]


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_gpu_is_used_without_tf32_and_without_trying_all_algorithms(
    monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    machine = Machine(monkeypatch, gpu=True)
    found = Networks(Path(), device)
    for _ in range(2):
        found.session(b"")
        assert found.on_gpu
    assert machine.asked == [ON_GPU, ON_GPU]


def test_a_gpu_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, gpu=True)
    found = Networks(Path(), "cpu")
    found.session(b"")
    assert not found.on_gpu
    assert machine.asked == [[CPU]]


def test_a_gpu_that_cannot_be_used_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, gpu=False)
    found = Networks(Path(), "auto")
    for _ in range(3):
        found.session(b"")
        assert not found.on_gpu
    assert machine.asked == [ON_GPU, [CPU], [CPU]]


def test_a_gpu_that_is_asked_for_and_cannot_be_used_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Machine(monkeypatch, gpu=False)
    with pytest.raises(EnvironmentBrokenError) as error:
        Networks(Path(), "cuda").session(b"")
    version = networks.onnxruntime.__version__
    assert str(error.value) == (
        f"device: cuda is asked for, but ONNX Runtime {version} finds no usable GPU or cannot load "
        "CUDA's libraries, see the job's log; install the GPU environment or set device: cpu in "
        "config.yaml"
    )


def recorded(network: Network, shapes: list[tuple[int, ...]]) -> Network:
    """A network that records the shapes of its inputs."""

    def run(batch: np.ndarray) -> list[np.ndarray]:
        assert batch.dtype == np.float32
        shapes.append(batch.shape)
        return network(batch)

    return run


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 100])
def test_pieces_are_of_one_size_and_give_what_the_whole_gives(count: int) -> None:
    batch = np.random.default_rng(count).uniform(-1, 1, (count, 5, 3)).astype(np.float32)
    shapes: list[tuple[int, ...]] = []

    def network(batch: np.ndarray) -> list[np.ndarray]:
        return [batch.sum(axis=2), batch[:, 0, 0] + 1]

    found = in_pieces(recorded(network, shapes), 32)(batch)
    assert shapes == [(32, 5, 3)] * -(-count // 32)
    for one, other in zip(found, network(batch), strict=True):
        assert np.array_equal(one, other)
        assert one.dtype == np.float32


def rnet(batch: np.ndarray) -> list[np.ndarray]:
    """Boxes moved, and probabilities, by the brightness of windows alone."""
    mean = batch.mean(axis=(1, 2, 3))
    return [np.stack([mean / 9] * 4, axis=1), np.stack([0.1 - mean, 0.9 + mean], axis=1)]


def onet(batch: np.ndarray) -> list[np.ndarray]:
    """The same with landmarks."""
    offsets, probabilities = rnet(batch)
    return [offsets, np.concatenate([offsets] * 3, axis=1)[:, :10], probabilities]


@pytest.mark.parametrize("windows", [(0, 0), (1, 0), (20, 11), (32, 0), (33, 31), (200, 157)])
@pytest.mark.parametrize(
    ("network", "size", "piece"),
    [(rnet, RNET_SIZE, RNET_ON_GPU), (onet, ONET_SIZE, ONET_ON_GPU)],
)
def test_windows_go_to_a_gpu_in_pieces_of_one_size(
    windows: tuple[int, ...], network: Network, size: int, piece: int
) -> None:
    rng = np.random.default_rng(sum(windows))
    images = [rng.integers(110, 146, (90, 120, 4), np.uint8) for _ in windows]
    corners = [rng.uniform(0, 50, (count, 2)) for count in windows]
    boxes = [np.concatenate([some, some + 30], axis=1) for some in corners]
    given = [Windows(some, np.ones(len(some), np.float32)) for some in boxes]
    shapes: list[tuple[int, ...]] = []
    found = []
    for on_gpu in (False, True):
        cascade = Cascade(network, network, network, on_gpu)
        if on_gpu:
            cascade = Cascade(*[recorded(network, shapes)] * 3, on_gpu)
        own = cascade._rnet if network is rnet else cascade._onet
        found.append(cascade._refine(images, given, own, size, 0.9))
    assert shapes == [(piece, size, size, 3)] * -(-sum(windows) // piece)
    assert sum(windows) < 30 or 0 < sum(len(some.scores) for some in found[0]) < sum(windows)
    for some, others in zip(*found, strict=True):
        assert some.scores == pytest.approx(others.scores, abs=1e-6)
        assert some.boxes == pytest.approx(others.boxes, abs=1e-4)

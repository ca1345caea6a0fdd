"""Networks as functions on arrays, run by ONNX Runtime on a processor or, with CUDA, on a GPU."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from facetally.detect.environment import no_cuda
from facetally.detect.onnx_runtime import onnxruntime
from facetally.study.detectors import EMOTION

CUDA: Final = "CUDAExecutionProvider"
CPU: Final = "CPUExecutionProvider"

CUDA_OPTIONS: Final = {
    # TF32 would round the factors of products to ten bits, and boxes would move.
    "use_tf32": "0",
    # By default, every algorithm is timed for every input shape. (DEFAULT, which times none,
    # was 60 times slower.)
    "cudnn_conv_algo_search": "HEURISTIC",
}

Network = Callable[[npt.NDArray[np.float32]], list[npt.NDArray[np.float32]]]
"""A network as a function from its one input, a batch, to its outputs."""


class Networks:
    """The networks that the workflow has exported, loaded on request.

    Args:
        folder: the folder that :func:`facetally.detect.export.export_models` has written.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where it is installed and works.

    Attributes:
        provider: what runs the network loaded last, in ONNX Runtime's words.
    """

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self._folder = folder
        self._device = device
        self.provider = CPU

    @property
    def on_gpu(self) -> bool:
        """Whether the network loaded last is on a GPU."""
        return self.provider == CUDA

    def __call__(self, name: str) -> Network:
        """Load one of :data:`facetally.study.detectors.NETWORKS`.

        Raises:
            EnvironmentBrokenError: if CUDA is asked for and cannot be used.
        """
        return as_function(self._exported(name))

    def fer(self) -> onnxruntime.InferenceSession:
        """Load fer's network.

        Raises:
            EnvironmentBrokenError: if CUDA is asked for and cannot be used.
        """
        return self._exported(EMOTION)

    def _exported(self, name: str) -> onnxruntime.InferenceSession:
        return self.session((self._folder / f"{name}.onnx").read_bytes())

    def session(self, network: bytes) -> onnxruntime.InferenceSession:
        """Load any network.

        Args:
            network: the content of an ONNX file with all its weights: ONNX Runtime would look for
                others in the working folder.

        Raises:
            EnvironmentBrokenError: if CUDA is asked for and cannot be used.
            Exception: ONNX Runtime's own, if the content is not a network.
        """
        providers: list[str | tuple[str, dict[str, str]]] = [CPU]
        available = CUDA in onnxruntime.get_available_providers()
        if self._device != "cpu" and available:
            onnxruntime.preload_dlls()
            providers.insert(0, (CUDA, CUDA_OPTIONS))
        options = onnxruntime.SessionOptions()
        # Batches run in parallel, so each keeps to one thread.
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(network, options, providers=providers)
        self.provider = session.get_providers()[0]
        if self._device == "cuda" and not self.on_gpu:
            lacks = (
                "finds no usable GPU or cannot load CUDA's libraries, see the job's log"
                if available
                else "is the build without CUDA"
            )
            raise no_cuda(f"ONNX Runtime {onnxruntime.__version__} {lacks}")
        if not self.on_gpu:
            # Every other network would fail the same way, with a block of errors in the log.
            self._device = "cpu"
        return session


def as_function(session: onnxruntime.InferenceSession) -> Network:
    """Wrap a network as a function from its one input to its outputs."""
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch})


def in_pieces(network: Network, size: int) -> Network:
    """Make a network take its batches in pieces of one fixed size, as a GPU needs.

    When the batch size changes, cuDNN prepares all convolutions again, which took 10 ms to 2 s
    with ONNX Runtime 1.31. So the last piece is filled up with zeros, and the outputs for them
    are dropped.

    Args:
        network: treats each item of a batch, (n, ...), independently.
        size: how many items a piece has.

    Returns:
        The network as a function from a batch, float32, (n, ...), n of at least 1, to its
        outputs, each (n, ...).
    """

    def run(batch: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        filled = np.pad(batch, [(0, -len(batch) % size), *[(0, 0)] * (batch.ndim - 1)])
        answers = [network(piece) for piece in np.split(filled, len(filled) // size)]
        return [np.concatenate(outputs)[: len(batch)] for outputs in zip(*answers, strict=True)]

    return run

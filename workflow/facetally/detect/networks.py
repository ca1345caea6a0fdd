"""Networks as functions on arrays: ONNX Runtime on a processor or, through CUDA, on a GPU."""

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

Network = Callable[[npt.NDArray[np.float32]], list[npt.NDArray[np.float32]]]
"""A network as a function from its one input, a batch, to its outputs."""


class Networks:
    """The networks that the workflow has exported, loaded as they are asked for.

    Args:
        folder: the folder that :func:`facetally.detect.export.export_models` has written.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where it is installed and works.

    Attributes:
        provider: what runs the network that was loaded last, in ONNX Runtime's words.
    """

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self._folder = folder
        self._device = device
        self.provider = CPU

    @property
    def on_gpu(self) -> bool:
        """Whether the network that was loaded last is on a GPU."""
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
            network: the content of an ONNX file. ONNX Runtime refuses one whose weights are in
                other files, which nobody would see change.

        Raises:
            EnvironmentBrokenError: if CUDA is asked for and cannot be used.
            Exception: ONNX Runtime's own, if it is none.
        """
        providers: list[str | tuple[str, dict[str, str]]] = [CPU]
        available = CUDA in onnxruntime.get_available_providers()
        if self._device != "cpu" and available:
            onnxruntime.preload_dlls()
            # TF32 would round the inputs of products to ten bits, and boxes would move.
            providers.insert(0, (CUDA, {"use_tf32": "0"}))
        options = onnxruntime.SessionOptions()
        # Batches run side by side, so each keeps to one thread and makes way when it is done.
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(network, options, providers=providers)
        self.provider = session.get_providers()[0]
        if self._device == "cuda" and not self.on_gpu:
            lacks = "finds no usable GPU" if available else "is the build without CUDA"
            raise no_cuda(f"ONNX Runtime {onnxruntime.__version__} {lacks}")
        return session


def as_function(session: onnxruntime.InferenceSession) -> Network:
    """Make a network a function from its one input to its outputs."""
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch})

"""What the engines have in common, and how one is chosen.

Nothing heavy is imported until an engine is opened.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from facetally.detect.environment import check_complete
from facetally.detect.face import Face
from facetally.video.frames import Frame


class Engine(Protocol):
    """An implementation that finds faces in frames and scores their emotions."""

    def faces(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        """Detect and score the faces of frames.

        Yields:
            Each frame, in order, and its faces in the detector's order. A face whose crop
            lies outside the frame is left out, as fer does.
        """


def open_engine(
    name: str,
    detector: str,
    models: Path,
    device: str = "auto",
    threads: int = 1,
    emotion_model: Path | None = None,
) -> Engine:
    """Load an engine.

    Args:
        name: ``onnx``, or ``fer`` for the packages fer and mtcnn as published.
        detector: ``haar`` or ``mtcnn``.
        models: the folder of :func:`facetally.detect.export.export_models`; not used by ``fer``.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where it can be used.
        threads: threads to keep busy.
        emotion_model: the file of a network that scores the three classes, beside fer's.

    Raises:
        EnvironmentBrokenError: if packages are missing or broken, or if CUDA is asked for
            and cannot be used.
        EmotionModelError: if ``emotion_model`` cannot be used.
    """
    if name == "fer":
        check_complete()  # TensorFlow answers a broken environment with a crash.
        from facetally.detect.fer_engine import FerEngine

        return FerEngine(detector, device, threads, emotion_model)
    try:
        from facetally.detect.onnx_engine import OnnxEngine
    except ImportError:
        check_complete()
        raise
    return OnnxEngine(detector, models, device, threads, emotion_model)

"""The fast engine: the same detectors and networks without TensorFlow, on all threads.

Haar is OpenCV's; MTCNN's networks and fer's run in ONNX Runtime, on a processor or, through
CUDA, on a GPU. Frames go through in batches, several batches at a time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice, repeat
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from facetally.detect.crops import face_crops, network_input
from facetally.detect.emotion_model import open_emotion_model
from facetally.detect.environment import no_cuda
from facetally.detect.face import Box, Face, whole_box
from facetally.detect.mtcnn_cascade import Cascade
from facetally.detect.networks import NETWORKS_WITH
from facetally.detect.onnx_runtime import onnxruntime
from facetally.video.ahead import map_ahead
from facetally.video.frames import Frame

CUDA: Final = "CUDAExecutionProvider"
CPU: Final = "CPUExecutionProvider"

BATCH: Final = {CPU: 4, CUDA: 16}
"""Frames a batch. On a processor, faces gain little from larger ones."""

HAAR_CASCADE: Final = Path(cv2.__file__).with_name("data") / "haarcascade_frontalface_default.xml"
HAAR_SCALE_FACTOR: Final = 1.1
HAAR_MIN_NEIGHBOURS: Final = 5
HAAR_MIN_SIZE: Final = 50
"""fer's parameters; the size is in pixels."""

Found = tuple[list[Box], Sequence[float | None]]
"""The boxes of one frame and the detector's confidences, in the detector's order."""


class OnnxEngine:
    """Find faces in frames and score their emotions.

    Args:
        detector: ``haar`` or ``mtcnn``.
        models: the folder that :func:`facetally.detect.export.export_models` has written.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where it is installed and works.
        threads: batches that are worked on at a time.
        emotion_model: the file of a network that scores the three classes, beside fer's.

    Attributes:
        provider: what runs the networks, in ONNX Runtime's words.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
        EmotionModelError: if ``emotion_model`` cannot be used.
    """

    def __init__(
        self,
        detector: str,
        models: Path,
        device: str = "auto",
        threads: int = 1,
        emotion_model: Path | None = None,
    ) -> None:
        self._threads = threads
        # NumPy's BLAS would add threads of its own to each of ours, and let them spin.
        threadpool_limits(1, user_api="blas")
        # Frames go side by side: threads within one would only wait for each other.
        cv2.setNumThreads(1)
        sessions = [_session(models / f"{name}.onnx", device) for name in NETWORKS_WITH[detector]]
        self.provider = sessions[0].get_providers()[0]
        *cascade, self._score = map(_function, sessions)
        self._score_classes = class_network(emotion_model, device) if emotion_model else None
        self._find: Callable[[Sequence[Frame], Sequence[npt.NDArray[np.uint8]]], list[Found]]
        if detector == "haar":
            self._haar = threading.local()
            self._find = self._find_haar
        else:
            pnet, rnet, onet = cascade
            self._cascade = Cascade(pnet, rnet, onet, in_one_piece=self.provider == CUDA)
            self._find = self._find_mtcnn

    def faces(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        """Detect and score the faces of frames, in order.

        Frames are read as they are needed, a bounded number ahead.
        """
        batches = (
            batch
            # All of a batch have one size.
            for _, alike in groupby(frames, key=lambda frame: frame.size)
            for batch in iter(lambda: list(islice(alike, BATCH[self.provider])), [])  # noqa: B023
        )
        for batch, faces in map_ahead(self._analyse, batches, self._threads):
            yield from zip(batch, faces, strict=True)

    def _analyse(self, batch: Sequence[Frame]) -> list[list[Face]]:
        """Return the faces of each frame of a batch."""
        greys = [
            np.asarray(cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY), np.uint8) for frame in batch
        ]
        found = self._find(batch, greys)
        cut = [face_crops(grey, boxes) for grey, (boxes, _) in zip(greys, found, strict=True)]
        crops = [crop for _, some in cut for crop in some]
        pictures = network_input(crops) if crops else None
        scores = iter(() if pictures is None else self._score(pictures)[0])
        classes: Iterator[Any] = (
            repeat(None)
            if pictures is None or self._score_classes is None
            else iter(self._score_classes(pictures)[0].tolist())
        )
        faces = []
        for (boxes, confidences), (kept, _) in zip(found, cut, strict=True):
            faces.append(
                [
                    Face(box, next(scores).tolist(), confidence, next(classes))
                    for box, confidence in zip(boxes, confidences, strict=True)
                    if box in kept
                ]
            )
        return faces

    def _find_haar(
        self, _: Sequence[Frame], greys: Sequence[npt.NDArray[np.uint8]]
    ) -> list[Found]:
        # A classifier keeps state while it works: each thread has its own.
        if not hasattr(self._haar, "classifier"):
            self._haar.classifier = cv2.CascadeClassifier(str(HAAR_CASCADE))
        found: list[Found] = []
        for grey in greys:
            boxes = self._haar.classifier.detectMultiScale(
                grey,
                scaleFactor=HAAR_SCALE_FACTOR,
                minNeighbors=HAAR_MIN_NEIGHBOURS,
                flags=cv2.CASCADE_SCALE_IMAGE,
                minSize=(HAAR_MIN_SIZE, HAAR_MIN_SIZE),
            )
            found.append(([whole_box(box) for box in boxes], [None] * len(boxes)))
        return found

    def _find_mtcnn(
        self, batch: Sequence[Frame], _: Sequence[npt.NDArray[np.uint8]]
    ) -> list[Found]:
        images = [
            np.asarray(cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2RGB), np.uint8) for frame in batch
        ]
        return [
            ([whole_box(box) for box in found.boxes], found.confidences.tolist())
            for found in self._cascade.detect(images)
        ]


def _session(path: Path, device: str) -> onnxruntime.InferenceSession:
    """Load a network onto a device.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
    """
    providers: list[str | tuple[str, dict[str, str]]] = [CPU]
    available = CUDA in onnxruntime.get_available_providers()
    if device != "cpu" and available:
        onnxruntime.preload_dlls()
        # TF32 would round the inputs of products to ten bits, and boxes would move.
        providers.insert(0, (CUDA, {"use_tf32": "0"}))
    options = onnxruntime.SessionOptions()
    # Batches run side by side, so each keeps to one thread and makes way when it is done.
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    if device == "cuda" and session.get_providers()[0] != CUDA:
        lacks = "finds no usable GPU" if available else "is the build without CUDA"
        raise no_cuda(f"ONNX Runtime {onnxruntime.__version__} {lacks}")
    return session


def class_network(
    path: Path, device: str
) -> Callable[[npt.NDArray[np.float32]], list[npt.NDArray[np.float32]]]:
    """Load the network that scores the three classes.

    Returns:
        A function from pictures of :func:`facetally.detect.crops.network_input` to its output in a
        list: probabilities, (n, 3), in the order of CLASSES.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
        EmotionModelError: if the file cannot be used.
    """
    return _function(open_emotion_model(path, lambda path: _session(path, device)))


def _function(
    session: onnxruntime.InferenceSession,
) -> Callable[[npt.NDArray[np.float32]], list[npt.NDArray[np.float32]]]:
    """Make a network a function from its one input to its outputs."""
    name = session.get_inputs()[0].name
    return lambda images: session.run(None, {name: images})

"""The reference engine: the packages fer and mtcnn as published.

Importing this module imports TensorFlow, which takes about ten seconds.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from facetally.detect.crops import face_crops, network_input
from facetally.detect.device import use_device
from facetally.detect.face import Box, Face, whole_box
from facetally.detect.onnx_engine import class_network
from facetally.video.frames import Frame

# Must be set before TensorFlow is loaded: its start-up notes are not about the study.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from fer.fer import FER
from mtcnn import MTCNN


class _ExactFER(FER):  # type: ignore[misc]
    """fer, keeping the scores that ``detect_emotions`` rounds to two decimals."""

    scores: npt.NDArray[np.float32]

    def _classify_emotions(self, gray_faces: npt.NDArray[np.float32]) -> Any:
        predictions = super()._classify_emotions(gray_faces)
        self.scores = np.asarray(predictions)
        return predictions


class FerEngine:
    """Find faces in a frame and score their emotions.

    Faces come from fer's own Haar cascade, or from the ``mtcnn`` package, which gets RGB as
    its networks were trained on (fer itself hands OpenCV's BGR to its MTCNN). The crops and
    the Keras network behind the scores are fer's own in both cases.

    Args:
        detector: ``haar`` or ``mtcnn``.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where TensorFlow finds a GPU.
        threads: threads that TensorFlow and OpenCV may use.
        emotion_model: the file of a network that scores the three classes, beside fer's. ONNX
            Runtime runs it on a processor.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
        EmotionModelError: if ``emotion_model`` cannot be used.
    """

    def __init__(
        self,
        detector: str,
        device: str = "auto",
        threads: int = 1,
        emotion_model: Path | None = None,
    ) -> None:
        cv2.setNumThreads(threads)
        self.device = use_device(device, threads)
        self._fer = _ExactFER(use_tflite=False)
        self._score_classes = class_network(emotion_model, "cpu") if emotion_model else None
        self._mtcnn = MTCNN(device=self.device) if detector == "mtcnn" else None

    def faces(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        """Detect and score the faces of frames, one by one and in order."""
        for frame in frames:
            yield frame, self.faces_of(frame.bgr)

    def faces_of(self, bgr: npt.NDArray[np.uint8]) -> list[Face]:
        """Detect and score the faces of one frame.

        Args:
            bgr: pixels, uint8, (height, width, 3), blue first.

        Returns:
            The faces in the detector's order. A face whose crop lies outside the frame is
            left out, as fer does.
        """
        if self._mtcnn is None:
            boxes, confidences = list(self._fer.find_faces(bgr)), None
        else:
            found = self._mtcnn.detect_faces(np.ascontiguousarray(bgr[:, :, ::-1]))
            boxes = [face["box"] for face in found]
            confidences = {id(face["box"]): float(face["confidence"]) for face in found}
        scored = self._fer.detect_emotions(bgr, face_rectangles=boxes) if boxes else []
        classes = self._classes(bgr, [whole_box(face["box"]) for face in scored])
        return [
            Face(
                box=whole_box(face["box"]),
                scores=scores.tolist(),
                confidence=confidences[id(face["box"])] if confidences is not None else None,
                classes=next(classes),
            )
            for face, scores in zip(scored, self._fer.scores if scored else (), strict=True)
        ]

    def _classes(self, bgr: npt.NDArray[np.uint8], boxes: list[Box]) -> Iterator[Any]:
        """Score the faces that fer has scored by the three classes, or give None for each."""
        if self._score_classes is None or not boxes:
            return repeat(None)
        grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
        _, crops = face_crops(grey, boxes)
        return iter(self._score_classes(network_input(crops))[0].tolist())

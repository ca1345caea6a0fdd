"""OpenCV's Haar cascade of frontal faces, as fer uses it."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2

from facetally.detect.detector import Detection, Image
from facetally.detect.face import whole_box
from facetally.detect.networks import Networks

CASCADE: Final = Path(cv2.__file__).with_name("data") / "haarcascade_frontalface_default.xml"
SCALE_FACTOR: Final = 1.1
MIN_NEIGHBOURS: Final = 5
MIN_SIZE: Final = 50
"""fer's parameters; the size is in pixels."""


class Detector:
    """Finds faces that look into the camera, without confidence or landmarks."""

    def __init__(self, _: Networks) -> None:
        self._own = threading.local()

    def find(self, images: Sequence[Image]) -> list[list[Detection]]:
        """Find the faces in images, in OpenCV's order."""
        # A classifier has state while it works, so each thread needs its own.
        if not hasattr(self._own, "classifier"):
            self._own.classifier = cv2.CascadeClassifier(str(CASCADE))
        found = []
        for image in images:
            boxes = self._own.classifier.detectMultiScale(
                cv2.cvtColor(image, cv2.COLOR_BGR2GRAY),
                scaleFactor=SCALE_FACTOR,
                minNeighbors=MIN_NEIGHBOURS,
                flags=cv2.CASCADE_SCALE_IMAGE,
                minSize=(MIN_SIZE, MIN_SIZE),
            )
            found.append([Detection(whole_box(box)) for box in boxes])
        return found

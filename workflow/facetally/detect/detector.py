"""What a detector is: frames in, boxes out."""

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from facetally.detect.face import Box, Landmarks
from facetally.detect.networks import Networks

Image = npt.NDArray[np.uint8]
"""Pixels, uint8, (height, width, 3), blue first."""


class Detection(NamedTuple):
    """A face found by a detector.

    Attributes:
        box: x, y, width, height in pixels.
        confidence: the detector's own, from 0 to 1, or None if it has none.
        landmarks: five points in pixels, or None if it finds none.
    """

    box: Box
    confidence: float | None = None
    landmarks: Landmarks | None = None


class Detector(Protocol):
    """Finds faces. Several threads use one object at a time."""

    def find(self, images: Sequence[Image]) -> list[list[Detection]]:
        """Find the faces in images of one size; those of each image in the detector's order."""


def open_detector(name: str, networks: Networks) -> Detector:
    """Load a detector: the class ``Detector`` of the module with its name.

    Args:
        name: one of :data:`facetally.study.detectors.NETWORKS_OF`.
        networks: loads its networks.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
    """
    module = import_module(f"facetally.detect.{name}")
    return cast(Detector, module.Detector(networks))

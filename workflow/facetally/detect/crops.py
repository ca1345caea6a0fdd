"""The pictures of faces that fer's network scores: grey, a little larger than the box."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facetally.detect.face import Box

SIZE: Final = 64
"""Side of the network's input in pixels."""

MARGIN: Final = 10
"""Pixels that a crop is larger than the box, on each side (fer's ``offsets``)."""

PADDING: Final = 40
"""Pixels around the frame that crops may reach into (fer's ``PADDING``)."""


def face_crops(
    grey: npt.NDArray[np.uint8], boxes: Iterable[Box]
) -> tuple[list[Box], list[npt.NDArray[np.uint8]]]:
    """Cut faces out of a frame as fer does.

    A box is made square and widened by MARGIN. Around the frame lies a border of PADDING
    pixels, grey as the mean of the frame's last two rows.

    Args:
        grey: the frame in grey, uint8, (height, width).
        boxes: x, y, width, height in pixels.

    Returns:
        The boxes that have a crop, and the crops, uint8, (SIZE, SIZE). A box that lies
        outside frame and border has none.
    """
    border = cv2.mean(grey[-2:])[0]
    padded = cv2.copyMakeBorder(
        grey, PADDING, PADDING, PADDING, PADDING, cv2.BORDER_CONSTANT, value=[border] * 3
    )
    cut: list[Box] = []
    crops: list[npt.NDArray[np.uint8]] = []
    for box in boxes:
        x, y, width, height = box
        side = max(width, height)
        left = x - (side - width) // 2 - MARGIN + PADDING
        top = y - (side - height) // 2 - MARGIN + PADDING
        end = side + 2 * MARGIN
        crop = padded[max(0, top) : top + end, max(0, left) : left + end]
        if crop.size and top + end > 0 and left + end > 0:
            cut.append(box)
            crops.append(np.asarray(cv2.resize(crop, (SIZE, SIZE)), np.uint8))
    return cut, crops


def network_input(crops: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
    """Stack crops for the network: float32, (n, SIZE, SIZE, 1), from -1 to 1."""
    stack = np.stack(crops).astype(np.float32)
    return np.asarray((stack / 255 - 0.5) * 2, np.float32)[..., np.newaxis]

"""The pictures of faces that networks score, cut out of a frame and turned into numbers."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from facetally.detect.face import Box
from facetally.study.recognizer import FER, GREY, NCHW, SQUARE, Settings

PADDING: Final = 40
"""Pixels around the frame that crops may reach into (fer's ``PADDING``)."""

Picture = npt.NDArray[np.uint8]


def face_crops(
    bgr: Picture, boxes: Iterable[Box], settings: Settings = FER
) -> list[Picture | None]:
    """Cut faces out of a frame as fer does.

    A box is made square, if the network wants that, and widened by a margin. The frame is
    surrounded by a border of PADDING pixels in the mean colour of its last two rows.

    Args:
        bgr: the frame, uint8, (height, width, 3), blue first.
        boxes: x, y, width, height in pixels.
        settings: what the network wants; by default, what fer's network wants.

    Returns:
        The crop of each box, uint8, (size, size) in grey, otherwise (size, size, 3), blue first;
        None for a box outside the frame and its border.
    """
    boxes = list(boxes)
    if not boxes:
        return []
    frame = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY) if settings.colour == GREY else bgr
    border = cv2.mean(frame[-2:])
    padded = cv2.copyMakeBorder(
        frame, PADDING, PADDING, PADDING, PADDING, cv2.BORDER_CONSTANT, value=border
    )
    return [_crop(padded, box, settings) for box in boxes]


def _crop(padded: npt.NDArray[Any], box: Box, settings: Settings) -> Picture | None:
    x, y, width, height = box
    side = max(width, height)
    if settings.crop == SQUARE:
        x, y, width, height = x - (side - width) // 2, y - (side - height) // 2, side, side
    margin = round(settings.margin if settings.margin_in_pixels else settings.margin * side)
    left, top = x - margin + PADDING, y - margin + PADDING
    right, bottom = left + width + 2 * margin, top + height + 2 * margin
    crop = padded[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if not crop.size:
        return None
    return np.asarray(cv2.resize(crop, (settings.size, settings.size)), np.uint8)


def network_input(crops: Sequence[Picture], settings: Settings = FER) -> npt.NDArray[np.float32]:
    """Stack crops of :func:`face_crops` for the network: float32, n times ``settings.pictures``.

    Pixels are divided by the scale, the mean is subtracted, and the result is divided by the
    standard deviation; for fer it ranges from -1 to 1.
    """
    stack = np.stack(crops).astype(np.float32)
    if settings.colour == GREY:
        stack = stack[..., np.newaxis]
    elif settings.colour == "rgb":
        stack = stack[..., ::-1]
    mean, std = (np.asarray(each, np.float32) for each in (settings.mean, settings.std))
    scaled = (stack / np.float32(settings.scale) - mean) / std
    return np.ascontiguousarray(
        scaled.transpose(0, 3, 1, 2) if settings.layout == NCHW else scaled
    )

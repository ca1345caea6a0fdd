"""Pictures of faces: for each emotion, the frame with the highest score."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from facetally.detect.face import Box
from facetally.emotions import EMOTIONS
from facetally.faces.counted import AnalysedFrame
from facetally.faces.pictures import FacePicture, Place, shifted

AROUND: Final = 1.6
"""Side of a picture as a multiple of the box's larger side, so that hair and chin are visible."""

ENLARGED: Final = 4
"""The maximum factor by which a picture is enlarged; beyond that, pixels hide the face."""

SIZE: Final = 144
"""Maximum side of a picture in pixels."""

JPEG_QUALITY: Final = 80

LINE: Final = (255, 255, 255)
"""Colour of the line around the box: white, since JPEG keeps brightness better than colour."""


@dataclass(frozen=True)
class TopFrame:
    """The frame of a video in which an emotion scores highest.

    Attributes:
        emotion: one of EMOTIONS.
        score: of the face that counts in the frame, from 0 to 1.
        frame: index in the decoded video.
        time: seconds.
        box: x, y, width, height of that face in pixels.
    """

    emotion: str
    score: float
    frame: int
    time: float
    box: Box


def top_frames(frames: Iterable[AnalysedFrame]) -> list[TopFrame]:
    """Find the frame in which each emotion scores highest; of equal scores, the earliest.

    Args:
        frames: the sampled frames of a video, in order.

    Returns:
        One per emotion, in the order of EMOTIONS; none if no face counts in any frame.
    """
    counted = [(frame, frame.face) for frame in frames if frame.face]
    tops: list[TopFrame] = []
    for number, emotion in enumerate(EMOTIONS if counted else ()):
        frame, face = max(counted, key=lambda pair: pair[1].scores[number])
        tops.append(TopFrame(emotion, face.scores[number], frame.index, frame.time, face.box))
    return tops


def face_picture(face: FacePicture, size: int) -> bytes:
    """Cut a face with some of its surroundings out of its kept picture, and draw its box.

    The square is AROUND times as large as the box and centred on it, but shifted to stay inside
    the frame. If the frame is smaller than the square, its outermost pixels are repeated. A small
    face is enlarged, up to ENLARGED times.

    Args:
        face: the face.
        size: maximum side of the picture in pixels.

    Returns:
        A square JPEG file.
    """
    bgr = face.bgr
    kept = bgr.shape[1] / face.around[2]
    x, y = ((face.box[axis] - face.around[axis]) * kept for axis in (0, 1))
    width, height = (length * kept for length in face.box[2:])
    side = max(1, round(AROUND * max(width, height)))
    left = shifted(x + width / 2 - side / 2, side, bgr.shape[1])
    top = shifted(y + height / 2 - side / 2, side, bgr.shape[0])
    rows = np.clip(np.arange(top, top + side), 0, bgr.shape[0] - 1)
    columns = np.clip(np.arange(left, left + side), 0, bgr.shape[1] - 1)
    pixels = min(size, max(1, round(ENLARGED * side / kept)))
    picture = cv2.resize(
        bgr[np.ix_(rows, columns)],
        (pixels, pixels),
        interpolation=cv2.INTER_AREA if pixels < side else cv2.INTER_CUBIC,
    )
    scale = pixels / side
    corner = round((x - left) * scale), round((y - top) * scale)
    opposite = round((x + width - left) * scale) - 1, round((y + height - top) * scale) - 1
    cv2.rectangle(picture, corner, opposite, LINE, thickness=1)
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(jpeg)


def thumbnail_records(
    tops: Iterable[TopFrame], pictures: Mapping[Place, FacePicture], size: int
) -> list[dict[str, Any]]:
    """Convert top frames and their pictures to the form in which they are saved.

    Args:
        tops: the frames.
        pictures: those of their faces.
        size: maximum side of a picture in pixels.

    Returns:
        Objects for JSON, the picture as ``jpeg`` in base64.
    """
    return [
        {
            "emotion": top.emotion,
            "score": top.score,
            "frame": top.frame,
            "time": top.time,
            "jpeg": b64encode(face_picture(pictures[top.frame, top.box], size)).decode(),
        }
        for top in tops
    ]

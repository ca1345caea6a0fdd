"""Crops of a video's faces that count, kept for training: which frames, and the file."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facetally.detect.crops import face_crops
from facetally.detect.face import Box
from facetally.errors import FinetuningError
from facetally.faces.counted import AnalysedFrame
from facetally.files import atomic_path
from facetally.study.recognizer import FER
from facetally.video.frames import Frame


@dataclass(frozen=True)
class VideoCrops:
    """The crops of one video.

    Attributes:
        frames: indices in the decoded video, int64, (n,), increasing.
        crops: grey pictures as fer's network gets them, uint8, (n, 64, 64).
        sampled: the number of sampled frames, with or without a face; 0 if the video cannot be
            analysed.
    """

    frames: npt.NDArray[np.int64]
    crops: npt.NDArray[np.uint8]
    sampled: int


def counted_boxes(frames: Iterable[AnalysedFrame]) -> dict[int, tuple[float, Box]]:
    """Return the time (s) and box (px) of the faces that count, by frame index, in order."""
    return {frame.index: (frame.time, frame.face.box) for frame in frames if frame.face}


def evenly_spaced(frames: Sequence[int], most: int) -> list[int]:
    """Choose at most ``most`` of some frames, evenly spread."""
    if len(frames) <= most:
        return list(frames)
    places = (np.arange(most) + 0.5) * len(frames) / most
    return [frames[int(place)] for place in places]


def cut_crops(frames: Iterable[Frame], boxes: Mapping[int, Box], sampled: int) -> VideoCrops:
    """Cut one face out of each frame as fer does, with one frame in memory at a time.

    Args:
        frames: in any order.
        boxes: the face's x, y, width, height in pixels by frame index.
        sampled: the number of sampled frames, passed through.

    Returns:
        The crops. A box outside the frame and its border has none.
    """
    found: dict[int, npt.NDArray[np.uint8]] = {}
    for frame in frames:
        (crop,) = face_crops(frame.bgr, [boxes[frame.index]])
        if crop is not None:
            found[frame.index] = crop
    order = sorted(found)
    pictures = np.zeros((len(order), FER.size, FER.size), np.uint8)
    for place, index in enumerate(order):
        pictures[place] = found[index]
    return VideoCrops(np.asarray(order, np.int64), pictures, sampled)


def write_crops(path: Path, crops: VideoCrops) -> None:
    """Write crops as NumPy's npz: ``frames``, ``crops`` and ``sampled``, an int64."""
    with atomic_path(path) as partial:
        np.savez_compressed(
            partial,
            frames=crops.frames,
            crops=crops.crops,
            sampled=np.int64(crops.sampled),
        )


def read_crops(path: Path) -> VideoCrops:
    """Read a file of :func:`write_crops`.

    Raises:
        FinetuningError: if it is not such a file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            frames, crops, sampled = file["frames"], file["crops"], int(file["sampled"])
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile):
        raise FinetuningError(
            f"{path}: is cut off, or no file of crops; delete it and run again"
        ) from None
    if crops.dtype != np.uint8 or crops.shape != (len(frames), FER.size, FER.size):
        raise FinetuningError(
            f"{path}: holds crops of {crops.dtype} {crops.shape}; delete it and run again"
        )
    return VideoCrops(frames, crops, sampled)

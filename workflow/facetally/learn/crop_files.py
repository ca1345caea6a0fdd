"""Crops of a video's faces that count, kept for training: which frames, and the file."""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facetally.errors import FinetuningError
from facetally.faces.pictures import FacePicture, Place
from facetally.files import atomic_path
from facetally.study.recognizer import FER


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


def evenly_spaced(faces: Sequence[Place], most: int) -> list[Place]:
    """Choose at most ``most`` of some faces, evenly spread."""
    if len(faces) <= most:
        return list(faces)
    places = (np.arange(most) + 0.5) * len(faces) / most
    return [faces[int(place)] for place in places]


def crops_of(pictures: Iterable[FacePicture], sampled: int) -> VideoCrops:
    """Return the crops of one face in each of some frames.

    Args:
        pictures: those of the faces, in the order of their frames; a box outside the frame and its
            border has no crop.
        sampled: the number of sampled frames, passed through.
    """
    found = {picture.frame: picture.grey for picture in pictures if picture.grey is not None}
    crops = np.array(list(found.values()), np.uint8).reshape(-1, FER.size, FER.size)
    return VideoCrops(np.array(list(found), np.int64), crops, sampled)


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

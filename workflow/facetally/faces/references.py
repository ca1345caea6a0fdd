"""Pictures of people, turned into vectors."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from facetally.detect.detector import Detection, Detector
from facetally.detect.embedding import Embedder, quality
from facetally.errors import PeopleError
from facetally.faces.identity_files import Vectors
from facetally.study.csv_file import title

LARGEST: Final = 1600
"""Larger pictures are scaled down to this longer side, in pixels, as their faces are large."""


def reference_vectors(
    pictures: Mapping[str, Sequence[Path]], detector: Detector, embedder: Embedder
) -> dict[str, Vectors]:
    """Return the vector of the largest face in each picture.

    Args:
        pictures: each person's pictures.
        detector: finds faces and their landmarks.
        embedder: makes vectors.

    Returns:
        Each person's vectors, float32, (n, 128), in the order of the pictures.

    Raises:
        PeopleError: if a picture cannot be read or shows no face.
    """
    return {
        person: np.concatenate([_vector(path, detector, embedder) for path in own])
        for person, own in pictures.items()
    }


def _vector(path: Path, detector: Detector, embedder: Embedder) -> Vectors:
    if _is_too_large(path):
        raise PeopleError(
            f"{title(path)}: has more pixels than are decoded; save a smaller copy, or remove it"
        )
    picture = _decoded(path)
    if picture is None:
        raise PeopleError(
            f"{title(path)}: cannot be read as a picture; save it as JPEG or PNG, or remove it"
        )
    factor = LARGEST / max(picture.shape[:2])
    # A strip that would be thinner than a pixel stays: it shows no face anyway.
    if factor < 1 <= factor * min(picture.shape[:2]):
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    bgr = np.ascontiguousarray(picture, np.uint8)
    (found,) = detector.find([bgr])
    if not found:
        raise PeopleError(
            f"{title(path)}: shows no face; take a picture in which one is large, or remove it"
        )
    face = max(found, key=_area)
    aligned = embedder.align(bgr, face.box, face.landmarks)
    if not quality(aligned):
        raise PeopleError(
            f"{title(path)}: shows a face from the side; take one that looks at the camera, or "
            "remove it"
        )
    return embedder.embed([aligned])


def _is_too_large(path: Path) -> bool:
    """Return whether Pillow takes a picture for an attack on memory, by its header."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            Image.open(path).close()
        except Image.DecompressionBombError:
            return True
        except Exception:
            return False  # OpenCV reads more kinds of pictures, and says if it cannot.
    return False


def _decoded(path: Path) -> npt.NDArray[Any] | None:
    """Decode a picture, blue first; return None if it cannot be decoded."""
    # Not imread, which prints its own warnings and only opens names in the system's encoding.
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        picture = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    except (OSError, cv2.error):
        return None
    return picture


def _area(face: Detection) -> int:
    return face.box[2] * face.box[3]

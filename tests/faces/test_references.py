"""Pictures of people that are no pictures, or show no face that can be used."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from facetally.detect.detector import Detection, Detector, open_detector
from facetally.detect.networks import Networks
from facetally.errors import PeopleError
from facetally.faces.references import reference_vectors


class Nobody:
    """A detector that finds no face."""

    def find(self, pictures: list[np.ndarray]) -> list[list[Detection]]:
        return [[] for _ in pictures]


def read(path: Path, detector: object = None) -> str:
    """Return what is said of a picture that cannot be used."""
    with pytest.raises(PeopleError) as refused:
        reference_vectors({"Anna": [path]}, detector or Nobody(), None)  # type: ignore[arg-type]
    assert str(refused.value).startswith(f"{path}: ") and "\n" not in str(refused.value)
    return str(refused.value).removeprefix(f"{path}: ")


def encoded(shape: tuple[int, ...], suffix: str = ".png") -> bytes:
    return cv2.imencode(suffix, np.full(shape, 128, np.uint8))[1].tobytes()


def png_of(width: int, height: int) -> bytes:
    """Return a small PNG that says that it is large."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    parts += [(b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"\xff\xd8\xff\xe0", b"\x00" * 1000, encoded((90, 90))[:60], b"GIF89a", b"BM"],
)
def test_what_is_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "1.jpg"
    path.write_bytes(content)
    assert read(path) == "cannot be read as a picture; save it as JPEG or PNG, or remove it"


def test_a_picture_that_is_too_large_is_not_decoded(tmp_path: Path) -> None:
    for width, height in ((60000, 60000), (2**31 - 1, 2**31 - 1), (2**30, 1)):
        path = tmp_path / "1.png"
        path.write_bytes(png_of(width, height))
        assert read(path) == "has more pixels than are decoded; save a smaller copy, or remove it"


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 20000), (20000, 1, 4), (90, 90)])
@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff"])
def test_pictures_of_any_size_and_kind_without_a_face(
    tmp_path: Path, models: Path, shape: tuple[int, ...], suffix: str
) -> None:
    path = tmp_path / f"ä 1{suffix}"
    path.write_bytes(encoded(shape, suffix))
    detector: Detector = open_detector("mtcnn", Networks(models, "cpu"))
    said = "shows no face; take a picture in which one is large, or remove it"
    assert read(path, detector) == said

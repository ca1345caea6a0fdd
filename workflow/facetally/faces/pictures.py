"""The pictures of a video's faces that are kept when they are detected.

Of each face there are two: its surroundings as a small JPEG file, for people to see and to
recognise it by, and exactly what fer's network gets, since scores of a scaled picture differ.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from facetally.detect.crops import face_crops
from facetally.detect.face import Box, Face
from facetally.errors import PicturesError
from facetally.study.names import counted
from facetally.study.recognizer import FER
from facetally.video.frames import Frame
from facetally.video.kept import Pixels, from_jpeg, rows_of, rows_to, scaled, to_jpeg

AROUND: Final = 2
"""Side of the surroundings as a multiple of the box's larger side."""

SIDE: Final = 256
"""The largest side of the picture of the surroundings, in pixels. A recognition network that turns
faces upright needs the face itself at about 100."""

SIDES: Final = ("x", "y", "width", "height")

PICTURES: Final = pl.Schema(
    {
        "frame": pl.Int64(),
        "face": pl.Int32(),
        **dict.fromkeys(SIDES, pl.Int32()),
        **{f"around_{side}": pl.Int32() for side in SIDES},
        "jpeg": pl.Binary(),
        "grey": pl.Binary(),
    }
)
"""The columns of a file of pictures: the index of the frame in the decoded video; the number of
the face in the frame; its box and the rectangle around it in pixels of the frame; the picture of
that rectangle as a JPEG file; and what fer's network gets, uint8, (64, 64), row by row, or null if
the box lies outside the frame, or the face was forgotten."""

Place = tuple[int, Box]
"""The index of a face's frame, and its box in pixels."""


@dataclass(frozen=True, slots=True)
class FacePicture:
    """A face and its surroundings.

    Attributes:
        frame: index in the decoded video.
        face: the number of the face in the frame.
        box: x, y, width, height in pixels of the frame.
        around: x, y, width, height of the surroundings in pixels of the frame, within it.
        jpeg: their picture.
        grey: what fer's network gets, uint8, (64, 64); None if the box lies outside the frame,
            or the face was forgotten.
    """

    frame: int
    face: int
    box: Box
    around: Box
    jpeg: bytes
    grey: npt.NDArray[np.uint8] | None

    @property
    def place(self) -> Place:
        """By what the face is found."""
        return self.frame, self.box

    @property
    def bgr(self) -> Pixels:
        """The pixels of the surroundings, at most SIDE in width and height."""
        return from_jpeg(self.jpeg)


def surroundings(box: Box, size: tuple[int, int]) -> Box:
    """Return the rectangle around a box of which a picture is kept.

    The square is AROUND times as large as the box and centred on it, but shifted to stay inside
    the frame, and cut off where the frame is smaller.

    Args:
        box: x, y, width, height in pixels; it may lie partly outside the frame.
        size: width and height of the frame in pixels.

    Returns:
        x, y, width, height in pixels, inside the frame; the sides are at least 1.
    """
    side = max(1, AROUND * max(box[2], box[3]))
    starts = [
        shifted(start + length / 2 - side / 2, side, whole)
        for start, length, whole in zip(box[:2], box[2:], size, strict=True)
    ]
    ends = [min(whole, start + side) for start, whole in zip(starts, size, strict=True)]
    x, y = (max(0, start) for start in starts)
    return x, y, ends[0] - x, ends[1] - y


def shifted(start: float, side: int, length: int) -> int:
    """Shift a stretch into a frame, or centre it on a smaller frame.

    Args:
        start: where the stretch starts, in pixels.
        side: its length.
        length: the frame's length.
    """
    return round(min(max(start, min(0, length - side)), max(0, length - side)))


def face_pictures(frame: Frame, faces: Sequence[Face]) -> list[FacePicture]:
    """Make the pictures of all faces of a frame, in order."""
    boxes = [face.box for face in faces]
    found = []
    for number, (box, grey) in enumerate(zip(boxes, face_crops(frame.bgr, boxes), strict=True)):
        x, y, width, height = around = surroundings(box, frame.size)
        jpeg = to_jpeg(scaled(frame.bgr[y : y + height, x : x + width], SIDE))
        found.append(FacePicture(frame.index, number, box, around, jpeg, grey))
    return found


@contextmanager
def pictures_to(path: Path) -> Iterator[Callable[[FacePicture], None]]:
    """Write pictures to a file; see :func:`facetally.video.kept.rows_to`.

    Yields:
        A function that takes a picture.
    """
    with rows_to(path, PICTURES) as add:
        yield lambda picture: add(_row(picture))


def _row(picture: FacePicture) -> dict[str, Any]:
    grey = None if picture.grey is None else picture.grey.tobytes()
    values = (picture.frame, picture.face, *picture.box, *picture.around, picture.jpeg, grey)
    return dict(zip(PICTURES, values, strict=True))


def each_picture(path: Path, frames: AbstractSet[int] | None = None) -> Iterator[FacePicture]:
    """Read the pictures of a video's faces in order, a few at a time.

    Args:
        path: the file.
        frames: the frames whose faces are wanted; None for all.

    Raises:
        PicturesError: if it is another file, or damaged.
    """
    for row in rows_of(path, PICTURES, frames):
        frame, face, *sides, jpeg, grey = row.values()
        box, around = tuple(sides[:4]), tuple(sides[4:])
        crop = None if grey is None else np.frombuffer(grey, np.uint8).reshape(FER.size, FER.size)
        yield FacePicture(frame, face, box, around, jpeg, crop)


def read_pictures(path: Path, faces: Iterable[Place]) -> dict[Place, FacePicture]:
    """Read the pictures of some of a video's faces.

    Args:
        path: the file.
        faces: the faces.

    Returns:
        A picture of each face.

    Raises:
        PicturesError: if it is another file, damaged, or lacks one of the faces.
    """
    wanted = set(faces)
    if not wanted:
        return {}
    frames = {frame for frame, _ in wanted}
    pictures = ((picture.place, picture) for picture in each_picture(path, frames))
    found = {place: picture for place, picture in pictures if place in wanted}
    if len(found) < len(wanted):
        raise lacks(path, len(wanted) - len(found))
    return found


def lacks(path: Path, faces: int) -> PicturesError:
    """Return the error about a file of pictures that lacks some of the faces."""
    return PicturesError(
        f"{path}: lacks {counted(faces, 'face')} of its raw FER JSON; delete it and run again"
    )

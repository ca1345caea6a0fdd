"""Pictures that are kept in Parquet files, and the previews of a video's sampled frames.

From sampling on, nothing has to open the video to show what it looks like. A file holds a table
with a row per picture, in row groups, so that it is written and read a few rows at a time. Each
page has a checksum, which is verified when it is read.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

from facetally.errors import PicturesError
from facetally.files import private_path
from facetally.video.frames import Frame

FOLDER: Final = "results/pictures"
"""Where these files are: only their owner may open it."""

Pixels = npt.NDArray[np.uint8]
"""Pixels in OpenCV's format, uint8, (height, width, 3), blue first."""

PREVIEW: Final = 480
"""The largest side of a preview, in pixels."""

JPEG_QUALITY: Final = 75

ROWS: Final = 256
"""Rows in a row group: 2 to 3 MB of pictures."""

PREVIEWS: Final = pl.Schema(
    {
        "frame": pl.Int64(),
        "time": pl.Float64(),
        "width": pl.Int32(),
        "height": pl.Int32(),
        "jpeg": pl.Binary(),
    }
)
"""The columns of a file of previews: the index of the frame in the decoded video, its time in
seconds, its width and height in pixels, and the preview as a JPEG file."""

AS_THEY_ARE: Final = ("jpeg",)
"""Columns that are compressed already."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A sampled frame, scaled down.

    Attributes:
        frame: index in the decoded video.
        time: seconds.
        width: of the frame, in pixels.
        height: of the frame, in pixels.
        jpeg: the picture.
    """

    frame: int
    time: float
    width: int
    height: int
    jpeg: bytes

    @property
    def bgr(self) -> Pixels:
        """The preview's pixels."""
        return from_jpeg(self.jpeg)


def preview(frame: Frame) -> Preview:
    """Scale a frame down to a preview; a smaller one keeps its size."""
    width, height = frame.size
    return Preview(frame.index, frame.time, width, height, to_jpeg(scaled(frame.bgr, PREVIEW)))


def scaled(bgr: Pixels, most: int) -> Pixels:
    """Scale a picture down so that its larger side has at most ``most`` pixels.

    It is halved first, as often as that goes: means of two by two pixels take OpenCV a fifth of
    the time of other means, and from a picture less than twice as large, it can interpolate.
    """
    height, width = bgr.shape[:2]
    scale = most / max(width, height)
    if scale >= 1:
        return bgr
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = bgr
    while max(small.shape[:2]) >= 2 * most and min(small.shape[:2]) > 1:
        half = small.shape[1] // 2, small.shape[0] // 2
        small = np.asarray(cv2.resize(small, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def to_jpeg(bgr: Pixels) -> bytes:
    """Compress a picture, JPEG_QUALITY per cent."""
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return jpeg.tobytes()


def from_jpeg(jpeg: bytes) -> Pixels:
    """Decompress a picture."""
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@contextmanager
def rows_to(path: Path, schema: pl.Schema) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Write rows to a file of pictures as they come; it appears when all are written.

    Args:
        path: the file, which only its owner may read.
        schema: its columns.

    Yields:
        A function that takes a row.

    Raises:
        WriteError: if the disk is full, or the folder cannot be written to.
    """
    compression = {name: "none" if name in AS_THEY_ARE else "zstd" for name in schema}
    waiting: list[dict[str, Any]] = []
    with (
        private_path(path, FOLDER) as partial,
        pq.ParquetWriter(
            partial,
            pl.DataFrame(schema=schema).to_arrow().schema,
            compression=compression,
            use_dictionary=False,
            write_statistics=["frame"],
            write_page_checksum=True,
        ) as file,
    ):

        def write() -> None:
            # By way of Polars: pyarrow would import pandas, in each job, to look at a list.
            file.write_table(pl.DataFrame(waiting, schema).to_arrow())
            waiting.clear()

        def add(row: dict[str, Any]) -> None:
            waiting.append(row)
            if len(waiting) == ROWS:
                write()

        yield add
        if waiting:
            write()


def rows_of(
    path: Path, schema: pl.Schema, frames: AbstractSet[int] | None = None
) -> Iterator[dict[str, Any]]:
    """Read the rows of a file of pictures, one row group at a time.

    Args:
        path: the file.
        schema: its columns.
        frames: the frames whose rows are wanted; None for all.

    Raises:
        PicturesError: if it is another file, or damaged.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if file.schema_arrow.names != schema.names():
                raise ValueError("it has other columns")
            for group in range(file.num_row_groups):
                if frames is None or not frames.isdisjoint(_rows(file, group, ["frame"])["frame"]):
                    rows = _rows(file, group)
                    wanted = rows if frames is None else rows.filter(pl.col("frame").is_in(frames))
                    yield from wanted.iter_rows(named=True)
    except (OSError, ValueError) as error:
        raise PicturesError(
            f"{path}: is cut off, or no file of pictures ({' '.join(str(error).split())}); delete "
            "it and run again"
        ) from None


def _rows(file: Any, group: int, columns: list[str] | None = None) -> pl.DataFrame:
    """Read a row group of a Parquet file, or some of its columns."""
    rows = pl.from_arrow(file.read_row_group(group, columns, use_threads=False))
    assert isinstance(rows, pl.DataFrame)  # noqa: S101
    return rows


@contextmanager
def previews_to(path: Path) -> Iterator[Callable[[Frame], None]]:
    """Write previews to a file; see :func:`rows_to`.

    Yields:
        A function that takes a sampled frame.
    """
    with rows_to(path, PREVIEWS) as add:

        def keep(frame: Frame) -> None:
            small = preview(frame)
            add({name: getattr(small, name) for name in PREVIEWS})

        yield keep


def read_previews(path: Path, frames: Iterable[int]) -> dict[int, Preview]:
    """Read the previews of some frames.

    Returns:
        The previews by the index of their frame.

    Raises:
        PicturesError: if it is another file, damaged, or lacks one of the frames.
    """
    wanted = set(frames)
    if not wanted:
        return {}
    found = {row["frame"]: Preview(**row) for row in rows_of(path, PREVIEWS, wanted)}
    if lacking := len(wanted - found.keys()):
        raise PicturesError(f"{path}: lacks {lacking} of the frames; delete it and run again")
    return found

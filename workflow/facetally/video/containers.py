"""Whether a video file is complete, by the length that its container states.

A truncated download often decodes without an error up to the cut. What gives it away is an element
of its container that reaches beyond the end of the file: a box in MP4 and MOV (ISO/IEC 14496-12,
4.2), the segment in Matroska and WebM (RFC 9559, 5.1), a chunk in AVI (RIFF).
"""

import struct
from pathlib import Path
from typing import BinaryIO, Final

BOXES: Final = frozenset(
    b"ftyp moov mdat free skip wide moof mfra sidx styp uuid meta udta emsg prft pnot".split()
)
"""Boxes at the top level of a file. Anything else is taken for something appended to the file."""

EBML: Final = b"\x1a\x45\xdf\xa3"
SEGMENT: Final = b"\x18\x53\x80\x67"


def is_video_container(path: Path) -> bool:
    """Return whether a file starts like MP4, MOV, Matroska, WebM or AVI."""
    with path.open("rb") as file:
        start = file.read(12)
    return start[4:8] in BOXES or start[:4] == EBML or (start[:4], start[8:]) == (b"RIFF", b"AVI ")


def missing_bytes(path: Path) -> int:
    """Return by how many bytes a file is shorter than its container says, or 0.

    Raises:
        OSError: if the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(12)
        file.seek(0)
        if start[4:8] in BOXES:
            end = _end_of_boxes(file, size)
        elif start[:4] == EBML:
            end = _end_of_segment(file, size)
        elif (start[:4], start[8:]) == (b"RIFF", b"AVI "):
            end = _end_of_chunks(file, size)
        else:
            end = size
    return max(0, end - size)


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            break  # Less than a header: something appended, or a header that is cut off.
        length, kind = struct.unpack(">I4s", header[:8])
        if kind not in BOXES or length == 0:
            break  # Length 0 means to the end of the file.
        if length == 1:
            if len(header) < 16:
                return at + 16
            (length,) = struct.unpack(">Q", header[8:])
        if length < 8:
            break
        at += length
    return at


def _end_of_segment(file: BinaryIO, size: int) -> int:
    file.seek(4)
    header = _vint(file)
    if header is None:
        return size
    file.seek(header, 1)
    if file.read(4) != SEGMENT:
        return size
    length = _vint(file)
    # The length may be unknown, as in live recordings.
    return size if length is None else file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    """Read a variable-size integer; return None if it is invalid or means an unknown length."""
    first = file.read(1)
    if not first or first == b"\0":
        return None
    width = 9 - first[0].bit_length()
    rest = file.read(width - 1)
    value = int.from_bytes(first + rest, "big") & ((1 << 7 * width) - 1)
    return None if len(rest) < width - 1 or value == (1 << 7 * width) - 1 else value


def _end_of_chunks(file: BinaryIO, size: int) -> int:
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(8)
        if len(header) < 8 or header[:4] != b"RIFF":
            break
        (length,) = struct.unpack("<I", header[4:])
        if length == 0:
            break  # The recorder was stopped before it wrote the length.
        at += 8 + length
        if at < size and length % 2:
            at += 1  # Chunks start at even positions.
    return at

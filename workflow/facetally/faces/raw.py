"""Raw FER JSON: what a detector and fer's network found in each sampled frame.

A file is a JSON array with one object per sampled frame, in order::

    {"frame": 20, "time": 0.667334, "box0": [216, 78, 135, 135], "angry0": 0.0012, ...,
     "neutral0": 0.0021, "confidence0": 0.9995, "box1": [...], ...}

``frame`` is the index in the decoded video, ``time`` is in seconds, ``boxK`` is
[x, y, width, height] of the K-th face in pixels, and the seven scores sum to 1. ``confidenceK`` is
the detector's own confidence, if it has one, and ``landmarksK`` are five points, if it finds them,
[x, y] in pixels: the eyes, the nose and the corners of the mouth, the picture's left one of a pair
first. If a network scores the three classes, its probabilities ``posK``, ``negK`` and ``neutK``,
which sum to 1, follow the seven scores. A frame with no face has only ``frame`` and ``time``. If
the frame size changes within a video, each frame has ``size``, [width, height] in pixels, to which
its boxes refer.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from facetally.detect.face import POINTS, Face
from facetally.emotions import CLASS_SCORES, EMOTIONS
from facetally.errors import RawFormatError
from facetally.files import atomic_path
from facetally.video.status import TIME_DECIMALS

SCORE_DECIMALS: Final = 4
POINT_DECIMALS: Final = 1
LARGEST_INDEX: Final = 2**62
LARGEST_SIDE: Final = 2**30
LARGEST_TIME: Final = 2**50
"""The largest frame index, box side and time in seconds that fit into the tables."""

WAY_OUT: Final = "delete it and run again"


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A sampled frame and the faces found in it.

    Attributes:
        index: position in the decoded video, from 0.
        time: in seconds.
        faces: in the detector's order.
        size: width and height in pixels, if the video's frames differ in size.
    """

    index: int
    time: float
    faces: tuple[Face, ...]
    size: tuple[int, int] | None = field(default=None, kw_only=True)


def frame_record(
    frame: int, time: float, faces: Iterable[Face], size: tuple[int, int] | None = None
) -> dict[str, Any]:
    """Convert the faces of one frame to the raw format.

    Args:
        frame: index in the decoded video.
        time: in seconds.
        faces: in the detector's order; the first becomes ``box0``.
        size: width and height of the frame in pixels, if the video's frames differ in size.
    """
    record: dict[str, Any] = {"frame": frame, "time": round(time, TIME_DECIMALS)}
    if size is not None:
        record["size"] = list(size)
    for number, face in enumerate(faces):
        record[f"box{number}"] = list(face.box)
        for emotion, score in zip(EMOTIONS, face.scores, strict=True):
            record[f"{emotion}{number}"] = round(float(score), SCORE_DECIMALS)
        if face.classes is not None:
            for name, score in zip(CLASS_SCORES, face.classes, strict=True):
                record[f"{name}{number}"] = round(float(score), SCORE_DECIMALS)
        if face.confidence is not None:
            record[f"confidence{number}"] = round(face.confidence, SCORE_DECIMALS)
        if face.landmarks is not None:
            record[f"landmarks{number}"] = [
                [round(side, POINT_DECIMALS) for side in point] for point in face.landmarks
            ]
    return record


def write_raw(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Write records as they come, one per line; the file appears when all are written."""
    with atomic_path(path) as partial, partial.open("w", encoding="utf-8") as file:
        separator = "[\n"
        for record in records:
            file.write(separator + json.dumps(record))
            separator = ",\n"
        file.write("[]\n" if separator == "[\n" else "\n]\n")


def read_raw(path: Path) -> list[RawFrame]:
    """Read and check a raw file.

    Raises:
        RawFormatError: if the file is not a JSON array of objects, each with an increasing
            ``frame``, a ``time``, and faces that are complete and within their ranges.
    """
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise RawFormatError(f"{path}: is not JSON{line}; {WAY_OUT}") from None
    if not isinstance(records, list):
        raise RawFormatError(f"{path}: is not a JSON array; {WAY_OUT}")
    frames: list[RawFrame] = []
    last = -1
    for number, record in enumerate(records):
        try:
            frames.append(_frame(record, last))
        except ValueError as error:
            raise RawFormatError(f"{path}, entry {number}: {error}; {WAY_OUT}") from None
        last = frames[-1].index
    return frames


def _frame(record: Any, last: int) -> RawFrame:
    """Check and convert one record.

    Args:
        record: an entry of the file.
        last: the frame index of the entry before it.

    Raises:
        ValueError: if it does not have the raw format.
    """
    if not isinstance(record, dict) or not {"frame", "time"} <= record.keys():
        raise ValueError("has no frame and time")
    index, time = record["frame"], record["time"]
    if type(index) is not int or not last < index <= LARGEST_INDEX:
        raise ValueError(f"frame {index!r} is not an index after {last}")
    # NaN fails this too.
    if type(time) not in (int, float) or not abs(time) <= LARGEST_TIME:
        raise ValueError(f"time {time!r} is not a number of seconds")
    try:
        return RawFrame(index, float(time), tuple(_faces(record)), size=_size(record))
    except KeyError as error:
        raise ValueError(f"incomplete face (no {error.args[0]})") from None
    except ValueError as error:
        raise ValueError(f"incomplete face ({error})") from None


def _size(record: dict[str, Any]) -> tuple[int, int] | None:
    if "size" not in record:
        return None
    sides = record["size"]
    if not _are_numbers(sides, 2) or not all(
        type(side) is int and 0 < side <= LARGEST_SIDE for side in sides
    ):
        raise ValueError(f"a size of {sides!r}")
    return sides[0], sides[1]


def _are_numbers(values: Any, number: int) -> bool:
    """Return whether something is a list of so many finite numbers."""
    return (
        isinstance(values, list)
        and len(values) == number
        and all(type(value) in (int, float) and abs(value) <= LARGEST_SIDE for value in values)
    )


def _faces(record: dict[str, Any]) -> Iterator[Face]:
    number = 0
    while (box := record.get(f"box{number}")) is not None:
        if not _are_numbers(box, 4) or not all(type(side) is int for side in box):
            raise ValueError(f"a box of {box!r}")
        x, y, width, height = box
        scores = _scores(record, EMOTIONS, number)
        classes = None
        if any(f"{name}{number}" in record for name in CLASS_SCORES):
            classes = _scores(record, CLASS_SCORES, number)
        confidence = None
        if record.get(f"confidence{number}") is not None:
            (confidence,) = _scores(record, ("confidence",), number)
        landmarks = _landmarks(record.get(f"landmarks{number}"))
        yield Face((x, y, width, height), scores, confidence, classes, landmarks)
        number += 1
    boxes = [key for key in record if key.startswith("box")]
    if len(boxes) != number:
        raise ValueError(f"{', '.join(boxes)}, but no box{number}")


def _landmarks(points: Any) -> list[tuple[float, float]] | None:
    if points is None:
        return None
    if (
        not isinstance(points, list)
        or len(points) != len(POINTS)
        or not all(_are_numbers(point, 2) for point in points)
    ):
        raise ValueError(f"landmarks of {points!r}")
    return [(x, y) for x, y in points]


def _scores(record: dict[str, Any], names: Iterable[str], number: int) -> list[float]:
    scores = []
    for name in names:
        score = record[f"{name}{number}"]
        # NaN fails this too.
        if type(score) not in (int, float) or not 0 <= score <= 1:
            raise ValueError(f"{name}{number} is {score!r}, not from 0 to 1")
        scores.append(score)
    return scores

"""Raw FER JSON: what a detector and fer's network found in each sampled frame.

A file is a JSON array with one object per sampled frame, in order::

    {"frame": 20, "time": 0.667334, "box0": [216, 78, 135, 135], "angry0": 0.0012, ...,
     "neutral0": 0.0021, "confidence0": 0.9995, "box1": [...], ...}

``frame`` is the index in the decoded video, ``time`` is in seconds, ``boxK`` is
[x, y, width, height] in pixels of the K-th face, the seven scores sum to 1, and
``confidenceK`` is the detector's own, where it has one. With an emotion model, ``posK``,
``negK`` and ``neutK`` follow the seven scores: its probabilities of the three classes, which sum
to 1. A frame with no face has only ``frame`` and ``time``.
"""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from facetally.detect.face import Face
from facetally.emotions import CLASS_SCORES, EMOTIONS
from facetally.errors import RawFormatError
from facetally.files import atomic_path
from facetally.video.frames import TIME_DECIMALS

SCORE_DECIMALS: Final = 4
LARGEST: Final = 2**62
LARGEST_SIDE: Final = 2**30
"""What indices and boxes may be at most, to fit into the tidy table."""


def frame_record(frame: int, time: float, faces: Iterable[Face]) -> dict[str, Any]:
    """Put the faces of one frame into the raw format.

    Args:
        frame: index in the decoded video.
        time: seconds.
        faces: in the detector's order; the first becomes ``box0``.
    """
    record: dict[str, Any] = {"frame": frame, "time": round(time, TIME_DECIMALS)}
    for number, face in enumerate(faces):
        record[f"box{number}"] = list(face.box)
        for emotion, score in zip(EMOTIONS, face.scores, strict=True):
            record[f"{emotion}{number}"] = round(float(score), SCORE_DECIMALS)
        if face.classes is not None:
            for name, score in zip(CLASS_SCORES, face.classes, strict=True):
                record[f"{name}{number}"] = round(float(score), SCORE_DECIMALS)
        if face.confidence is not None:
            record[f"confidence{number}"] = round(face.confidence, SCORE_DECIMALS)
    return record


def write_raw(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Write records as they come, one a line; the file appears when all are written."""
    with atomic_path(path) as partial, partial.open("w", encoding="utf-8") as file:
        separator = "[\n"
        for record in records:
            file.write(separator + json.dumps(record))
            separator = ",\n"
        file.write("[]\n" if separator == "[\n" else "\n]\n")


def read_raw(path: Path) -> list[dict[str, Any]]:
    """Read the records of a raw file.

    Raises:
        RawFormatError: if the file is not a JSON array of objects with ``frame``, which
            increases, and ``time``.
    """
    way_out = "delete it and run again"
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RawFormatError(f"{path}: is not JSON ({error}); {way_out}") from None
    if not isinstance(records, list):
        raise RawFormatError(f"{path}: is not a JSON array; {way_out}")
    last = -1
    for number, record in enumerate(records):
        if not isinstance(record, dict) or not {"frame", "time"} <= record.keys():
            raise RawFormatError(f"{path}, entry {number}: has no frame and time; {way_out}")
        frame, time = record["frame"], record["time"]
        if type(frame) is not int or not last < frame <= LARGEST:
            told = f"frame {frame!r} is no index after {last}"
            raise RawFormatError(f"{path}, entry {number}: {told}; {way_out}")
        if type(time) not in (int, float) or not math.isfinite(time):
            raise RawFormatError(f"{path}, entry {number}: time {time!r} is no number; {way_out}")
        last = frame
    return records


def faces_of(record: dict[str, Any]) -> list[Face]:
    """Give the faces of one record, in order.

    Raises:
        KeyError: if a face has a box but not all seven scores, or some of three, but not all.
        TypeError: if something measured on it is no number.
        ValueError: if a box has not four sides, or a number is not in its range.
    """
    faces: list[Face] = []
    while (box := record.get(f"box{len(faces)}")) is not None:
        number = len(faces)
        x, y, width, height = box
        scores = [record[f"{emotion}{number}"] for emotion in EMOTIONS]
        confidence = record.get(f"confidence{number}")
        classes = None
        if any(f"{name}{number}" in record for name in CLASS_SCORES):
            classes = [record[f"{name}{number}"] for name in CLASS_SCORES]
        for side in box:
            if type(side) is not int or not -LARGEST_SIDE <= side <= LARGEST_SIDE:
                raise ValueError(f"a box of {box!r}")
        for score in (*scores, *(classes or ()), *(() if confidence is None else (confidence,))):
            # NaN fails this too.
            if type(score) not in (int, float) or not 0 <= score <= 1:
                raise ValueError(f"a score of {score!r}")
        faces.append(Face((x, y, width, height), scores, confidence, classes))
    return faces

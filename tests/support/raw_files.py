"""Raw FER JSON, from the scores of each face."""

from collections.abc import Iterable
from pathlib import Path

from facetally.detect.face import Face
from facetally.faces.raw import frame_record, write_raw


def scores(**given: float) -> list[float]:
    """Return seven scores in the network's order; 0 for those not given."""
    order = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    return [given.get(emotion, 0.0) for emotion in order]


def raw_file(path: Path, frames: Iterable[list[list[float]]], step: int = 20) -> Path:
    """Write raw FER JSON from the scores of each face of each frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = (
        frame_record(
            number * step,
            number * step / 25,
            [Face((10 * face, 20, 30, 40), values, 0.9) for face, values in enumerate(faces)],
        )
        for number, faces in enumerate(frames)
    )
    write_raw(path, records)
    return path

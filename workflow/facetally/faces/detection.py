"""From sampled frames to raw FER JSON."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from facetally.detect.engine import Engine
from facetally.detect.face import Face
from facetally.faces.raw import frame_record, write_raw
from facetally.video.frames import has_several_sizes, read_frames


def detect_faces(
    engine: Engine,
    frames: Path,
    index: Path,
    raw: Path,
    seen: Callable[[int, list[Face]], object],
) -> None:
    """Find and score the faces in sampled frames, and write them.

    Args:
        engine: finds and scores the faces.
        frames: see :func:`facetally.video.frames.write_frames`.
        index: that of the frames.
        raw: the file to write.
        seen: is called with the index of each frame and its faces, before they are written.
    """
    several = has_several_sizes(index)

    def records() -> Iterator[dict[str, Any]]:
        for frame, faces in engine.faces(read_frames(frames, index)):
            seen(frame.index, faces)
            yield frame_record(frame.index, frame.time, faces, frame.size if several else None)

    write_raw(raw, records())

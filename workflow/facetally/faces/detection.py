"""From sampled frames to raw FER JSON and the pictures of faces."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from facetally.detect.engine import Engine
from facetally.detect.face import Face
from facetally.faces.pictures import face_pictures, pictures_to
from facetally.faces.raw import frame_record, write_raw
from facetally.video.ahead import map_ahead
from facetally.video.frames import has_several_sizes, read_frames


def detect_faces(
    engine: Engine,
    frames: Path,
    index: Path,
    raw: Path,
    pictures: Path,
    seen: Callable[[int, list[Face]], object],
    threads: int = 1,
) -> None:
    """Find and score the faces in sampled frames, and write them and their pictures.

    Args:
        engine: finds and scores the faces.
        frames: see :func:`facetally.video.frames.write_frames`.
        index: that of the frames.
        raw: the file of faces to write.
        pictures: the file of their pictures to write, see :mod:`facetally.faces.pictures`.
        seen: is called with the index of each frame and its faces, before they are written.
        threads: how many frames' pictures are made at a time.
    """
    several = has_several_sizes(index)

    def records() -> Generator[dict[str, Any]]:
        found = engine.faces(read_frames(frames, index))
        with pictures_to(pictures) as keep:
            for (frame, faces), own in map_ahead(
                lambda each: face_pictures(*each), found, threads
            ):
                seen(frame.index, faces)
                for picture in own:
                    keep(picture)
                yield frame_record(frame.index, frame.time, faces, frame.size if several else None)

    # The pictures are there before the raw file is: it is what shows that a job has ended.
    with closing(records()) as rows:
        write_raw(raw, rows)

"""Find the faces in sampled frames and score their emotions.

In: ``frames``, sampled frames.
Out: ``raw``, FER JSON: boxes in pixels, scores from 0 to 1, time in seconds.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facetally.environment import check_complete
from facetally.job import logged_job
from facetally.progress import Progress
from facetally.raw import frame_record, write_raw
from facetally.video import read_frames


def detect(
    frames: Path, detector: str, threads: int, progress: Progress
) -> Iterator[dict[str, Any]]:
    """Give the raw record of each sampled frame."""
    from facetally.fer_engine import FerEngine

    engine = FerEngine(detector, threads)
    for frame in read_frames(frames):
        faces = engine.faces(frame.bgr)
        progress.add(len(faces))
        yield frame_record(frame.index, frame.time, faces)


with logged_job(snakemake.log[0]) as terminal:
    check_complete()
    dataset, detector, video = (
        snakemake.wildcards[name] for name in ("dataset", "detector", "video")
    )
    progress = Progress(terminal, f"{dataset}/{detector}/{video}")
    records = detect(Path(snakemake.input.frames), detector, snakemake.threads, progress)
    write_raw(Path(snakemake.output.raw), records)
    progress.done()

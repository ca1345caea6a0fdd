"""Find the faces in sampled frames and score their emotions.

In: ``frames``, sampled frames.
Out: ``raw``, FER JSON: boxes in pixels, scores from 0 to 1, time in seconds.
"""

from pathlib import Path

from facetally.environment import check_complete
from facetally.job import logged_job
from facetally.progress import Progress
from facetally.raw import frame_record, write_raw
from facetally.video import read_frames

with logged_job(snakemake.log[0]) as terminal:
    check_complete()
    # Loads TensorFlow, which a broken environment would answer with a crash.
    from facetally.fer_engine import FerEngine

    wildcards = snakemake.wildcards
    engine = FerEngine(wildcards.detector, snakemake.threads)
    progress = Progress(terminal, f"{wildcards.dataset}/{wildcards.detector}/{wildcards.video}")
    write_raw(
        Path(snakemake.output.raw),
        (
            frame_record(frame.index, frame.time, progress.add(engine.faces(frame.bgr)))
            for frame in read_frames(Path(snakemake.input.frames))
        ),
    )
    progress.done()

"""Find the faces in sampled frames and score their emotions.

In: ``frames``, sampled frames; ``models``, the networks, unless the engine is fer.
Out: ``raw``, FER JSON: boxes in pixels, scores from 0 to 1, time in seconds.
"""

from pathlib import Path

from facetally.engine import open_engine
from facetally.job import logged_job
from facetally.progress import Progress
from facetally.raw import frame_record, write_raw
from facetally.video import read_frames

with logged_job(snakemake.log[0]) as terminal:
    wildcards = snakemake.wildcards
    engine = open_engine(
        snakemake.params.engine,
        wildcards.detector,
        Path(*snakemake.input.models[:1]).parent,
        snakemake.resources.device,
        snakemake.threads,
    )
    progress = Progress(terminal, f"{wildcards.dataset}/{wildcards.detector}/{wildcards.video}")
    write_raw(
        Path(snakemake.output.raw),
        (
            frame_record(frame.index, frame.time, progress.add(faces))
            for frame, faces in engine.faces(read_frames(Path(snakemake.input.frames)))
        ),
    )
    progress.done()

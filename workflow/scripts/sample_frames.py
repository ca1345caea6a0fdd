"""Decode a video once and keep every n-th frame.

In: ``video``, any file that FFmpeg can decode.
Out: ``frames``, the sampled frames with index and time, losslessly, in one file.
"""

from pathlib import Path

from facetally.ahead import ahead
from facetally.files import atomic_path
from facetally.job import logged_job
from facetally.video import sample_frames, write_frames

with logged_job(snakemake.log[0]):
    step = snakemake.params.every_nth_frame
    sampled = sample_frames(Path(snakemake.input.video), step, snakemake.threads)
    with atomic_path(Path(snakemake.output.frames)) as partial:
        write_frames(partial, ahead(sampled) if snakemake.threads > 1 else sampled, step)

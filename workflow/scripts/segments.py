"""Count the labels of each video's frames per time segment.

In: ``faces``, the tidy table; ``labels``, the label files;
``params.mapping``, the class of each emotion.
Out: ``segments``, CSV, one row per video and segment, times in seconds.
"""

import polars as pl
from facetally.faces.table import of_run
from facetally.files import write_whole
from facetally.measure.counts import count_segments
from facetally.run.job import logged_job
from facetally.study.golden import LabelFiles

with logged_job(snakemake.log[0]):
    faces = pl.read_parquet(snakemake.input.faces)
    labels = LabelFiles(snakemake.input.labels, *snakemake.params.golden)
    golden = labels.golden_labels(set(faces["video"]))
    segments = count_segments(
        faces,
        golden,
        snakemake.params.segment_frames,
        snakemake.params.mapping,
        snakemake.params.segment_seconds,
    )
    table = of_run(segments, snakemake.wildcards.dataset, snakemake.wildcards.detector)
    write_whole(snakemake.output.segments, table.write_csv)

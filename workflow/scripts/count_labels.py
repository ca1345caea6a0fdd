"""Count the labels of each video's frames and predict its label.

In: ``faces``, the tidy table; ``labels``, the label files; ``problems``,
what is wrong with videos; ``params.mapping``, the class of each emotion.
Out: ``counts``, CSV, one row per video.
"""

from pathlib import Path

import polars as pl
from facetally.faces.table import of_run
from facetally.files import write_whole
from facetally.measure.counts import count_labels
from facetally.run.job import logged_job
from facetally.study.golden import LabelFiles
from facetally.video.status import read_reasons

with logged_job(snakemake.log[0]):
    faces = pl.read_parquet(snakemake.input.faces)
    labels = LabelFiles(snakemake.input.labels, *snakemake.params.golden)
    golden = labels.golden_labels(set(faces["video"]))
    reasons = read_reasons(Path(snakemake.input.problems), snakemake.wildcards.dataset)
    counts = count_labels(faces, golden, reasons, snakemake.params.mapping)
    table = of_run(counts, snakemake.wildcards.dataset, snakemake.wildcards.detector)
    write_whole(snakemake.output.counts, table.write_csv)

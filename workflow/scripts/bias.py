"""Measure what each mapping from emotions to classes makes of each dataset and detector.

In: ``faces`` and ``counts``, a table for each of ``params.runs``; ``params.mappings``, the class
of each emotion by name of mapping; ``params.mapping``, the name of the one that decides.
Out: ``bias``, CSV, one row per dataset, detector and mapping.
"""

import polars as pl
from facetally.files import write_whole
from facetally.measure.bias import BIAS, bias_rows
from facetally.measure.summary import read_counts
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    inputs = zip(snakemake.params.runs, snakemake.input.faces, snakemake.input.counts, strict=True)
    rows = []
    # One table of faces at a time: they are the largest.
    for run, faces, counts in inputs:
        rows += bias_rows(
            *run,
            pl.read_parquet(faces),
            read_counts(counts),
            snakemake.params.mappings,
            snakemake.params.mapping,
        )
    write_whole(snakemake.output.bias, pl.DataFrame(rows, BIAS).write_csv)

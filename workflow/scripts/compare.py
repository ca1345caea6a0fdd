"""Compare every pair of methods on the labelled videos of each dataset.

In: ``predictions``, one CSV per dataset.
Out: ``comparisons``, CSV, one row per dataset and pair.
"""

import polars as pl
from facetally.files import write_whole
from facetally.measure.comparisons import compare
from facetally.measure.predictions import read_predictions
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    datasets = zip(snakemake.params.datasets, snakemake.input.predictions, strict=True)
    comparisons = pl.concat(compare(dataset, read_predictions(path)) for dataset, path in datasets)
    write_whole(snakemake.output.comparisons, comparisons.write_csv)

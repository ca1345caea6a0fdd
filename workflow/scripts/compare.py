"""Compare each two methods on the labelled videos of each dataset.

In: ``predictions``, one CSV a dataset.
Out: ``comparisons``, CSV, one row a dataset and pair.
"""

from pathlib import Path

import polars as pl
from facetally.files import atomic_path
from facetally.measure.comparisons import compare
from facetally.measure.summary import read_predictions
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    datasets = zip(snakemake.params.datasets, map(Path, snakemake.input.predictions), strict=True)
    with atomic_path(Path(snakemake.output.comparisons)) as partial:
        pl.concat(
            compare(dataset, read_predictions(path)) for dataset, path in datasets
        ).write_csv(partial)

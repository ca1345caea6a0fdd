"""Measure the accuracy of each dataset, method and detector.

In: ``predictions``, one CSV per dataset; ``ratings``, CSV, the labels of all raters, if a dataset
has several.
Out: ``table``, CSV with all measures; ``reliability``, CSV, how often predictions are right at
each confidence; ``least_certain``, CSV, the accuracy without the least certain ones; ``paper``,
Markdown, the paper's own table; ``plot``, CSV, the bars of DVC's plot.
"""

import polars as pl
from facetally.files import write_text, write_whole
from facetally.measure.predictions import read_predictions
from facetally.measure.raters import RATINGS
from facetally.measure.reliability import least_certain, reliability
from facetally.measure.summary import SUMMARY, human, paper_table, summarize
from facetally.report.dvc_plots import accuracies
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    paths = zip(snakemake.params.datasets, snakemake.input.predictions, strict=True)
    predicted = {dataset: read_predictions(path) for dataset, path in paths}
    tables = [pl.read_csv(path, schema=RATINGS) for path in snakemake.input.ratings]
    ratings = pl.concat([RATINGS.to_frame(), *tables])
    rows = []
    for dataset, table in predicted.items():
        rows += summarize(dataset, table)
        videos = table["filename"].n_unique()
        rows += human(dataset, ratings.filter(dataset=dataset), videos)
    summary = pl.DataFrame(rows, SUMMARY)
    write_whole(snakemake.output.table, summary.write_csv)
    bins = pl.concat(reliability(*each) for each in predicted.items())
    write_whole(snakemake.output.reliability, bins.write_csv)
    left_out = pl.concat(least_certain(*each) for each in predicted.items())
    write_whole(snakemake.output.least_certain, left_out.write_csv)
    write_text(snakemake.output.paper, paper_table(summary))
    write_whole(snakemake.output.plot, accuracies(summary).write_csv)

"""Measure the accuracy of each dataset, method and detector.

In: ``predictions``, one CSV a dataset.
Out: ``table``, CSV with all measures; ``reliability``, CSV, how often predictions are right by
their confidence; ``least_certain``, CSV, the accuracy without the least certain ones; ``paper``,
Markdown, the paper's own table; ``plot``, CSV, the bars of DVC's plot.
"""

import polars as pl
from facetally.files import write_text, write_whole
from facetally.measure.predictions import read_predictions
from facetally.measure.reliability import least_certain, reliability
from facetally.measure.summary import SUMMARY, paper_table, summarize
from facetally.report.dvc_plots import accuracies
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    paths = zip(snakemake.params.datasets, snakemake.input.predictions, strict=True)
    predicted = {dataset: read_predictions(path) for dataset, path in paths}
    rows = [row for each in predicted.items() for row in summarize(*each)]
    summary = pl.DataFrame(rows, SUMMARY)
    write_whole(snakemake.output.table, summary.write_csv)
    bins = pl.concat(reliability(*each) for each in predicted.items())
    write_whole(snakemake.output.reliability, bins.write_csv)
    left_out = pl.concat(least_certain(*each) for each in predicted.items())
    write_whole(snakemake.output.least_certain, left_out.write_csv)
    write_text(snakemake.output.paper, paper_table(summary))
    write_whole(snakemake.output.plot, accuracies(summary).write_csv)

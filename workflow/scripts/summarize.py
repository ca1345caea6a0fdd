"""Measure the accuracy of each dataset, method and detector.

In: ``predictions``, one CSV a dataset.
Out: ``table``, CSV with all measures; ``paper``, Markdown, the paper's own table; ``plot``,
CSV, the bars of DVC's plot.
"""

import polars as pl
from facetally.files import write_text, write_whole
from facetally.measure.predictions import read_predictions
from facetally.measure.summary import SUMMARY, paper_table, summarize
from facetally.report.dvc_plots import accuracies
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    rows = []
    for dataset, path in zip(snakemake.params.datasets, snakemake.input.predictions, strict=True):
        rows += summarize(dataset, read_predictions(path))
    summary = pl.DataFrame(rows, SUMMARY)
    write_whole(snakemake.output.table, summary.write_csv)
    write_text(snakemake.output.paper, paper_table(summary))
    write_whole(snakemake.output.plot, accuracies(summary).write_csv)

"""Measure the accuracy of each dataset, method and detector.

In: ``predictions``, one CSV a dataset.
Out: ``table``, CSV with all measures; ``paper``, Markdown, the paper's own table; ``plot``,
CSV, the bars of DVC's plot.
"""

from pathlib import Path

from facetally.files import atomic_path
from facetally.measure.summary import paper_table, read_predictions, summarize, summary_table
from facetally.report.dvc_plots import accuracies
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    datasets = zip(snakemake.params.datasets, map(Path, snakemake.input.predictions), strict=True)
    summary = summary_table(
        row for dataset, path in datasets for row in summarize(dataset, read_predictions(path))
    )
    with atomic_path(Path(snakemake.output.table)) as partial:
        summary.write_csv(partial)
    with atomic_path(Path(snakemake.output.paper)) as partial:
        partial.write_text(paper_table(summary), encoding="utf-8")
    with atomic_path(Path(snakemake.output.plot)) as partial:
        accuracies(summary).write_csv(partial)

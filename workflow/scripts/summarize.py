"""Measure the accuracy of each dataset and detector.

In: ``counts``, the label counts, one CSV per dataset and detector.
Out: ``table``, CSV with all measures; ``paper``, Markdown, the paper's own table; ``plot``,
CSV, the bars of DVC's plot.
"""

from pathlib import Path

from facetally.files import atomic_path
from facetally.job import logged_job
from facetally.plots import accuracies
from facetally.summary import paper_table, read_counts, summarize, summary_table

with logged_job(snakemake.log[0]):
    runs = zip(snakemake.params.runs, map(Path, snakemake.input.counts), strict=True)
    summary = summary_table(
        summarize(dataset, detector, read_counts(path)) for (dataset, detector), path in runs
    )
    with atomic_path(Path(snakemake.output.table)) as partial:
        summary.write_csv(partial)
    with atomic_path(Path(snakemake.output.paper)) as partial:
        partial.write_text(paper_table(summary), encoding="utf-8")
    with atomic_path(Path(snakemake.output.plot)) as partial:
        accuracies(summary).write_csv(partial)

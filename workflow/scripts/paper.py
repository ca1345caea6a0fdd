"""Put the paper's accuracies and this study's side by side.

In: ``summary``, the measures of all.
Out: ``table``, CSV; ``readable``, the same in Markdown.
"""

from pathlib import Path

from facetally.files import atomic_path
from facetally.measure.paper import beside_as_markdown, beside_the_paper
from facetally.measure.summary import by_the_papers_method, read_summary
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    summary = by_the_papers_method(read_summary(Path(snakemake.input.summary)))
    beside = beside_the_paper(summary)
    with atomic_path(Path(snakemake.output.table)) as partial:
        beside.write_csv(partial)
    with atomic_path(Path(snakemake.output.readable)) as partial:
        partial.write_text(beside_as_markdown(beside), encoding="utf-8")

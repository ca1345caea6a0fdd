"""Put the paper's accuracies and this study's side by side.

In: ``summary``, the measures of all.
Out: ``table``, CSV; ``readable``, the same in Markdown.
"""

import polars as pl
from facetally.files import write_text, write_whole
from facetally.measure.paper import beside_as_markdown, beside_the_paper
from facetally.measure.summary import SUMMARY, by_the_papers_method
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    summary = pl.read_csv(snakemake.input.summary, schema=SUMMARY)
    beside = beside_the_paper(by_the_papers_method(summary))
    write_whole(snakemake.output.table, beside.write_csv)
    write_text(snakemake.output.readable, beside_as_markdown(beside))

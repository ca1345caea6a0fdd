"""Put the shares of emotions of all people into one table to read.

In: ``people``, CSV, one a dataset.
Out: ``readable``, Markdown.
"""

import polars as pl
from facetally.files import write_text
from facetally.measure.people import PEOPLE, as_text
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    tables = [pl.read_csv(path, schema=PEOPLE) for path in snakemake.input.people]
    write_text(snakemake.output.readable, as_text(pl.concat(tables)))

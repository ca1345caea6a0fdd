"""Put the shares of emotions of all people into one table to read.

In: ``people`` and ``several``, one CSV per dataset each.
Out: ``readable``, Markdown: the table, then a line for each dataset with videos that seem to show
several people.
"""

import polars as pl
from facetally.files import write_text
from facetally.measure.people import PEOPLE, as_text
from facetally.measure.several_people import SEVERAL_PEOPLE, in_words
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    tables = [pl.read_csv(path, schema=PEOPLE) for path in snakemake.input.people]
    videos = [pl.read_csv(path, schema=SEVERAL_PEOPLE) for path in snakemake.input.several]
    lines = [line for each in videos if (line := in_words(each))]
    table = as_text(pl.concat(tables))
    write_text(snakemake.output.readable, table + "".join(f"\n{line}\n" for line in lines))

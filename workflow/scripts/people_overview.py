"""Put the shares of emotions of all people into one table to read.

In: ``people`` and ``several``, one CSV per dataset each; ``expressions``, what every sampled frame
shows; the files of people and of events that config.yaml names, ``who`` and ``events``;
``params.videos``, the names of all videos.
Out: ``readable``, Markdown: the table, then a line for each dataset with videos that seem to show
several people, and for each file with rows that are in no table.
"""

import polars as pl
from facetally.files import write_text
from facetally.measure.people import PEOPLE, as_text
from facetally.measure.several_people import SEVERAL_PEOPLE, in_words
from facetally.measure.unused_rows import FRAMES, unused_rows
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    given = snakemake.input
    tables = [pl.read_csv(path, schema=PEOPLE) for path in given.people]
    videos = [pl.read_csv(path, schema=SEVERAL_PEOPLE) for path in given.several]
    frames = pl.read_parquet(given.expressions, columns=FRAMES)
    lines = [line for each in videos if (line := in_words(each))]
    lines += unused_rows(given.who, given.events, snakemake.params.videos, frames)
    table = as_text(pl.concat(tables))
    write_text(snakemake.output.readable, table + "".join(f"\n{line}\n" for line in lines))

"""Put what every sampled frame shows into one table, with who is seen in it.

In: ``faces``, the tidy table of each of ``params.runs``; ``params.labels``, the label files by
dataset; ``people``, the file that says who is seen in which video, if there is one;
``params.mapping``, the class of each emotion; ``params.known``, the people with pictures, if
people are identified.
Out: ``parquet`` and ``csv``, the same table.
"""

from pathlib import Path

import polars as pl
from facetally.files import write_whole
from facetally.measure.expressions import EXPRESSIONS, expressions
from facetally.run.job import logged_job
from facetally.study.golden import LabelFiles
from facetally.study.people import people_of

with logged_job(snakemake.log[0]):
    people = next(map(Path, snakemake.input.people), None)
    parts = [EXPRESSIONS.to_frame()]
    turns = {}
    for (dataset, detector), path in zip(
        snakemake.params.runs, snakemake.input.faces, strict=True
    ):
        faces = pl.read_parquet(path)
        if dataset not in turns:
            labels = LabelFiles(snakemake.params.labels[dataset], *snakemake.params.golden)
            known = snakemake.params.known
            turns[dataset] = people_of(set(faces["video"]), labels, people, known)
        parts.append(
            expressions(dataset, detector, faces, turns[dataset], snakemake.params.mapping)
        )
    table = pl.concat(parts)
    write_whole(snakemake.output.parquet, table.write_parquet)
    write_whole(snakemake.output.csv, table.write_csv)

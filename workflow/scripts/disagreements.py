"""Choose frames on which detectors disagree and draw what each found.

In: ``faces``, the tidy table of each detector of ``params.detectors``; ``previews`` of the
frames of each of ``params.videos``.
Out: ``gallery``, JSON, for each pair of detectors some frames with their pictures.
"""

import json
from pathlib import Path

import polars as pl
from facetally.files import write_text
from facetally.report.gallery import galleries
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    tables = map(pl.read_parquet, snakemake.input.faces)
    faces = dict(zip(snakemake.params.detectors, tables, strict=True))
    previews = dict(zip(snakemake.params.videos, map(Path, snakemake.input.previews), strict=True))
    write_text(snakemake.output.gallery, json.dumps(galleries(faces, previews)))

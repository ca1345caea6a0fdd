"""Write the page of one video.

In: ``counts``, ``segments`` and ``faces`` of its dataset, a table for each of ``params.runs``;
``problems``; ``thumbnails``, its own.
Out: ``page``, HTML.
"""

import json
from pathlib import Path

import polars as pl
from facetally.files import atomic_path
from facetally.measure.summary import read_counts
from facetally.report.colophon import colophon
from facetally.report.pages import video_page
from facetally.report.videos import read_problems, video_views
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    given = snakemake.input
    dataset, video = snakemake.wildcards.dataset, snakemake.wildcards.video
    detectors = [detector for _, detector in snakemake.params.runs]
    (view,) = video_views(
        dataset,
        dict(zip(detectors, map(read_counts, map(Path, given.counts)), strict=True)),
        dict(zip(detectors, map(read_counts, map(Path, given.segments)), strict=True)),
        dict(zip(detectors, map(pl.read_parquet, given.faces), strict=True)),
        read_problems(Path(given.problems)),
        {video: json.loads(Path(given.thumbnails).read_text("utf-8"))},
    )
    page = video_page(view, colophon(Path(__file__).parent, snakemake.config))
    with atomic_path(Path(snakemake.output.page)) as partial:
        partial.write_text(page, encoding="utf-8")

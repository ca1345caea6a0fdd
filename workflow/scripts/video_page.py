"""Write the page of one video.

In: ``counts``, ``segments`` and ``faces`` of its dataset, a table for each of ``params.runs``;
``problems``; ``thumbnails``, its own.
Out: ``page``, HTML.
"""

import json
from pathlib import Path

import polars as pl
from facetally.files import write_text
from facetally.measure.summary import read_counts
from facetally.report.colophon import colophon
from facetally.report.datasets import by_dataset
from facetally.report.pages import video_page
from facetally.report.videos import PROBLEMS, video_views
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    given, runs = snakemake.input, snakemake.params.runs
    dataset, video = snakemake.wildcards.dataset, snakemake.wildcards.video
    (view,) = video_views(
        dataset,
        by_dataset(map(read_counts, given.counts), runs)[dataset],
        by_dataset(map(read_counts, given.segments), runs)[dataset],
        by_dataset(map(pl.read_parquet, given.faces), runs)[dataset],
        pl.read_csv(given.problems, schema=PROBLEMS),
        {video: json.loads(Path(given.thumbnails).read_text("utf-8"))},
    )
    page = video_page(view, colophon(Path(__file__).parent, snakemake.config))
    write_text(snakemake.output.page, page)

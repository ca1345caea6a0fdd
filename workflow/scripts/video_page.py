"""Write the page of one video.

In: ``summary``; ``counts``, ``segments`` and ``faces`` of its dataset, a table for each of
``params.runs``; ``thumbnails``, its own.
Out: ``page``, HTML.
"""

import json
from pathlib import Path

from facetally.files import atomic_path
from facetally.report.colophon import colophon
from facetally.report.pages import read_tables, video_page, video_views
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    wildcards = snakemake.wildcards
    tables = read_tables(snakemake.input, snakemake.params.runs)
    thumbnails = json.loads(Path(snakemake.input.thumbnails).read_text("utf-8"))
    (view,) = video_views(tables, {(wildcards.dataset, wildcards.video): thumbnails})
    page = video_page(view, colophon(Path(__file__).parent, snakemake.config))
    with atomic_path(Path(snakemake.output.page)) as partial:
        partial.write_text(page, encoding="utf-8")

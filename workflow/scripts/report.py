"""Write the report that a person opens.

In: ``summary``, ``comparisons`` and ``bias``; ``counts``, ``segments`` and ``faces``, a table for
each of ``params.runs``; ``params.face``, which face counts, ``params.mapping``, which mapping
decides; ``galleries``, one a dataset; ``thumbnails`` of the videos whose sections are in the page.
Out: ``page``, HTML.
"""

import json
from dataclasses import replace
from pathlib import Path

from facetally.files import atomic_path
from facetally.measure.bias import read_bias
from facetally.measure.comparisons import read_comparisons
from facetally.report.colophon import colophon
from facetally.report.pages import index_page, read_tables, video_views
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    tables = replace(
        read_tables(snakemake.input, snakemake.params.runs),
        bias=read_bias(Path(snakemake.input.bias)),
        comparisons=read_comparisons(Path(snakemake.input.comparisons)),
        mapping=snakemake.params.mapping,
        face=snakemake.params.face,
    )
    thumbnails = {
        (path.parent.name, path.name.removesuffix(".json")): json.loads(path.read_text("utf-8"))
        for path in map(Path, snakemake.input.thumbnails)
    }
    galleries = {
        path.name.removesuffix(".json"): json.loads(path.read_text("utf-8"))
        for path in map(Path, snakemake.input.galleries)
    }
    page = index_page(
        tables,
        video_views(tables, thumbnails),
        galleries,
        colophon(Path(__file__).parent, snakemake.config),
    )
    with atomic_path(Path(snakemake.output.page)) as partial:
        partial.write_text(page, encoding="utf-8")

"""Write the report that a person opens.

In: ``summary``, ``comparisons``, ``bias`` and ``problems``; ``counts``, ``segments`` and
``faces``, a table for each of ``params.runs``; ``params.face``, which face counts,
``params.mapping``, which mapping decides; ``galleries``, one a dataset; ``thumbnails`` of the
videos whose sections are in the page.
Out: ``page``, HTML.
"""

import json
from pathlib import Path

import polars as pl
from facetally.files import atomic_path
from facetally.measure.bias import read_bias
from facetally.measure.comparisons import read_comparisons
from facetally.measure.summary import read_counts, read_summary
from facetally.report.colophon import colophon
from facetally.report.datasets import by_dataset, dataset_view
from facetally.report.pages import accuracy_view, index_page, methods_view
from facetally.report.videos import (
    TREATMENTS,
    read_problems,
    video_table,
    video_views,
    videos_view,
)
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    given, runs = snakemake.input, snakemake.params.runs
    mapping, face = snakemake.params.mapping, snakemake.params.face
    counts = by_dataset(map(read_counts, map(Path, given.counts)), runs)
    segments = by_dataset(map(read_counts, map(Path, given.segments)), runs)
    faces = by_dataset(map(pl.read_parquet, given.faces), runs)
    thumbnails = {name: {} for name in counts}
    for path in map(Path, given.thumbnails):
        video = path.name.removesuffix(".json")
        thumbnails[path.parent.name][video] = json.loads(path.read_text("utf-8"))
    galleries = {
        path.name.removesuffix(".json"): json.loads(path.read_text("utf-8"))
        for path in map(Path, given.galleries)
    }
    summary, bias = read_summary(Path(given.summary)), read_bias(Path(given.bias))
    problems = read_problems(Path(given.problems))
    shown = [
        view
        for name in counts
        for view in video_views(
            name, counts[name], segments[name], faces[name], problems, thumbnails[name]
        )
    ]
    page = index_page(
        accuracy_view(summary),
        methods_view(summary, read_comparisons(Path(given.comparisons))),
        [
            dataset_view(
                name, counts[name], faces[name], bias, galleries.get(name, []), mapping, face
            )
            for name in counts
        ],
        videos_view(
            [video_table(name, counts[name], faces[name]) for name in counts], shown, face
        ),
        problems,
        pl.read_csv(given.treatments, schema=TREATMENTS),
        colophon(Path(__file__).parent, snakemake.config),
    )
    with atomic_path(Path(snakemake.output.page)) as partial:
        partial.write_text(page, encoding="utf-8")

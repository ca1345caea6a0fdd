"""Draw the study's figures as files.

In: ``summary``, the measures of all; ``counts`` and ``faces``, a table for each of
``params.runs``; ``params.face``, which face of a frame counts.
Out: SVG, one a figure, each at the end of the path that has its name.
"""

from pathlib import Path

import polars as pl
from facetally.files import atomic_path
from facetally.measure.summary import read_counts, read_summary
from facetally.report.figures import accuracy_figure, crossed_figures, methods_figure, run_figures
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    runs = [tuple(run) for run in snakemake.params.runs]
    counts = dict(zip(runs, map(read_counts, map(Path, snakemake.input.counts)), strict=True))
    faces = dict(zip(runs, map(pl.read_parquet, snakemake.input.faces), strict=True))
    summary = read_summary(Path(snakemake.input.summary))
    figures = [accuracy_figure(summary), methods_figure(summary)]
    for run in runs:
        figures += run_figures(*run, counts[run], faces[run], snakemake.params.face)
    for dataset in dict.fromkeys(dataset for dataset, _ in runs):
        of_dataset = {name: table for (owner, name), table in faces.items() if owner == dataset}
        figures += crossed_figures(dataset, of_dataset)
    drawn = {figure.name: figure for figure in figures}
    for path in snakemake.output:
        _, _, name = path.removesuffix(".svg").rpartition("results/figures/")
        with atomic_path(Path(path)) as partial:
            partial.write_text(drawn[name].svg(), encoding="utf-8")

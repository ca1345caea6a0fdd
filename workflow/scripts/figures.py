"""Draw the study's figures as files.

In: ``summary``, the measures of all; ``counts`` and ``faces``, a table for each of
``params.runs``; ``params.face``, which face of a frame counts.
Out: SVG, one a figure, each at the end of the path that has its name.
"""

from pathlib import Path

import polars as pl
from facetally.files import atomic_path
from facetally.measure.summary import read_counts, read_summary
from facetally.report.datasets import by_dataset
from facetally.report.figures import accuracy_figure, crossed_figures, methods_figure, run_figures
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    runs = snakemake.params.runs
    counts = by_dataset(map(read_counts, map(Path, snakemake.input.counts)), runs)
    faces = by_dataset(map(pl.read_parquet, snakemake.input.faces), runs)
    summary = read_summary(Path(snakemake.input.summary))
    figures = [accuracy_figure(summary), methods_figure(summary)]
    for dataset, detector in runs:
        tables = counts[dataset][detector], faces[dataset][detector]
        figures += run_figures(dataset, detector, *tables, snakemake.params.face)
    for dataset, of_dataset in faces.items():
        figures += crossed_figures(dataset, of_dataset)
    drawn = {figure.name: figure for figure in figures}
    for path in snakemake.output:
        _, _, name = path.removesuffix(".svg").rpartition("results/figures/")
        with atomic_path(Path(path)) as partial:
            partial.write_text(drawn[name].svg(), encoding="utf-8")

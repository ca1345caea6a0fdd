"""Draw the study's figures as files.

In: ``people``, one per dataset; ``summary``, the measures of all; ``counts`` and ``faces``, a
table for each of ``params.runs``; ``params.face``, which face of a frame counts.
Out: SVG, one per figure, at the path that ends with its name.
"""

from pathlib import Path

import polars as pl
from facetally.files import write_text
from facetally.measure.people import PEOPLE
from facetally.measure.summary import SUMMARY, read_counts
from facetally.report.datasets import by_dataset
from facetally.report.figures import accuracy_figure, crossed_figures, methods_figure, run_figures
from facetally.report.people_figures import compared_figure, shares_figure
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    runs = snakemake.params.runs
    counts = by_dataset(map(read_counts, snakemake.input.counts), runs)
    faces = by_dataset(map(pl.read_parquet, snakemake.input.faces), runs)
    summary = pl.read_csv(snakemake.input.summary, schema=SUMMARY)
    figures = [accuracy_figure(summary), methods_figure(summary)]
    for dataset, detector in runs:
        tables = counts[dataset][detector], faces[dataset][detector]
        figures += run_figures(dataset, detector, *tables, snakemake.params.face)
    for path in map(Path, snakemake.input.people):
        people = pl.read_csv(path, schema=PEOPLE)
        dataset = path.parent.name
        figures.append(shares_figure(dataset, people))
        figures += [compared_figure(dataset, each, people) for each in faces[dataset]]
    for dataset, of_dataset in faces.items():
        figures += crossed_figures(dataset, of_dataset)
    drawn = {figure.name: figure for figure in figures}
    for path in snakemake.output:
        _, _, name = path.removesuffix(".svg").rpartition("results/figures/")
        write_text(path, drawn[name].svg())

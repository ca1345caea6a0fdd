"""Predict the class of each video of a dataset by each method.

In: ``faces``, the tidy table of each detector; ``labels``, the golden labels, if there are any;
``problems``, what is wrong with videos; ``finetuned``, what finetuned networks say, by detector,
if they are asked for.
Out: ``predictions``, CSV, one row a video, method and detector.
"""

from pathlib import Path

import polars as pl
from facetally.files import atomic_path
from facetally.measure.out_of_fold import read_finetuned
from facetally.measure.predictions import predictions
from facetally.run.job import logged_job
from facetally.study.folds import labels_and_groups
from facetally.video.status import read_reasons

with logged_job(snakemake.log[0]):
    detectors = snakemake.params.detectors
    faces = dict(zip(detectors, map(pl.read_parquet, snakemake.input.faces), strict=True))
    finetuned = dict(zip(detectors, map(read_finetuned, snakemake.input.finetuned), strict=False))
    videos = set(faces[detectors[0]]["video"])
    golden, groups = labels_and_groups(snakemake.input.labels, videos)
    with atomic_path(Path(snakemake.output.predictions)) as partial:
        predictions(
            faces,
            golden,
            groups,
            snakemake.params.methods,
            read_reasons(Path(snakemake.input.problems), snakemake.wildcards.dataset),
            finetuned,
            snakemake.params.mapping,
        ).write_csv(partial)

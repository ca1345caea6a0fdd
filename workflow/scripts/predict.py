"""Predict the class of each video of a dataset by each method.

In: ``faces``, the tidy table of each detector; ``labels``, the golden labels, if there are any;
``problems``, what is wrong with videos; ``finetuned``, the predictions of finetuned networks by
detector, if wanted.
Out: ``predictions``, CSV, one row per video, method and detector.
"""

from pathlib import Path

import polars as pl
from facetally.files import write_whole
from facetally.measure.out_of_fold import OUT_OF_FOLD
from facetally.measure.predictions import predictions
from facetally.run.job import logged_job
from facetally.study.folds import labels_and_groups
from facetally.study.golden import LabelFiles
from facetally.video.status import read_reasons

with logged_job(snakemake.log[0]):
    detectors = snakemake.params.detectors
    faces = dict(zip(detectors, map(pl.read_parquet, snakemake.input.faces), strict=True))
    learned = (pl.read_csv(path, schema=OUT_OF_FOLD) for path in snakemake.input.finetuned)
    videos = set(faces[detectors[0]]["video"])
    labels = LabelFiles(snakemake.input.labels, *snakemake.params.golden)
    golden, groups = labels_and_groups(labels, videos)
    table = predictions(
        faces,
        golden,
        groups,
        snakemake.params.methods,
        read_reasons(Path(snakemake.input.problems), snakemake.wildcards.dataset),
        dict(zip(detectors, learned, strict=False)),
        snakemake.params.mapping,
    )
    table = table.with_columns(dataset=pl.lit(snakemake.wildcards.dataset))
    write_whole(snakemake.output.predictions, table.write_csv)

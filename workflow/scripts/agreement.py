"""Measure how far raters agree, and list labelled videos without a golden label.

In: ``labels``, all label files; ``params.labels``, those of each dataset; ``params.golden``, how
to derive golden labels from them; ``params.videos``, the videos of each dataset.
Out: ``ratings``, CSV, one row per video and rater; ``agreement``, CSV, one row per dataset with
several raters; ``pairs``, CSV, how each pair of raters labels the same videos; ``unresolved``,
CSV, one row per labelled video without a golden label.
"""

import polars as pl
from facetally.files import write_whole
from facetally.measure.raters import agreement, rater_pairs, ratings, unresolved
from facetally.run.job import logged_job
from facetally.study.folds import labels_and_groups
from facetally.study.golden import LabelFiles

with logged_job(snakemake.log[0]):
    params, output = snakemake.params, snakemake.output
    given, open_ones = {}, []
    for dataset, videos in params.videos.items():
        labels = LabelFiles(params.labels[dataset], *params.golden)
        labelled = labels.labelled(videos)
        _, groups = labels_and_groups(labels, videos)
        given[dataset] = ratings(dataset, labelled, groups)
        open_ones.append(unresolved(dataset, labelled))
    write_whole(output.ratings, pl.concat(given.values()).write_csv)
    write_whole(output.unresolved, pl.concat(open_ones).write_csv)
    write_whole(output.agreement, pl.concat(agreement(*each) for each in given.items()).write_csv)
    write_whole(output.pairs, pl.concat(rater_pairs(*each) for each in given.items()).write_csv)

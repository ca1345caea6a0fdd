"""Measure what each person of a dataset shows, when, and whether people differ.

In: ``expressions``, what every sampled frame shows; ``counts``, the label counts of each of
``params.detectors``; the length of a time segment as ``params.segment_frames`` or, if it is
given, ``params.segment_seconds``.
Out: ``people``, ``pairs`` and ``time``, CSV.
"""

from facetally.files import write_whole
from facetally.measure.counts import segment_of
from facetally.measure.expressions import read_expressions
from facetally.measure.people import over_time, pairs_table, people_table
from facetally.measure.summary import read_counts
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    dataset, params = snakemake.wildcards.dataset, snakemake.params
    frames = read_expressions(snakemake.input.expressions, dataset)
    counts = dict(zip(params.detectors, map(read_counts, snakemake.input.counts), strict=True))
    segment = segment_of(params.segment_frames, params.segment_seconds)
    write_whole(snakemake.output.people, people_table(dataset, frames, counts).write_csv)
    write_whole(snakemake.output.pairs, pairs_table(dataset, frames).write_csv)
    write_whole(snakemake.output.time, over_time(dataset, frames, segment).write_csv)

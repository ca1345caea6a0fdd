"""Measure what each person of a dataset shows, when, and whether people differ.

In: ``expressions``, what every sampled frame shows; ``counts``, the label counts of each of
``params.detectors``; the length of a time segment as ``params.segment_frames`` or, if given,
``params.segment_seconds``; ``shots`` of all videos; ``people``, the file that says who is seen in
which video, if there is one; ``labels``, the dataset's label files; ``params.known``, the
people with pictures, if people are identified; ``params.face``, which face counts.
Out: ``people``, ``pairs`` and ``time``, CSV; ``several``, CSV, which videos seem to show several
people.
"""

from pathlib import Path

import polars as pl
from facetally.faces.counted import TRACKED
from facetally.files import write_whole
from facetally.measure.counts import segment_of
from facetally.measure.expressions import read_expressions
from facetally.measure.people import over_time, pairs_table, people_table
from facetally.measure.several_people import SHOTS, several_people
from facetally.measure.summary import read_counts
from facetally.run.job import logged_job
from facetally.study.golden import LabelFiles
from facetally.study.people import by_faces, read_people

with logged_job(snakemake.log[0]):
    dataset, params = snakemake.wildcards.dataset, snakemake.params
    frames = read_expressions(snakemake.input.expressions, dataset)
    counts = dict(zip(params.detectors, map(read_counts, snakemake.input.counts), strict=True))
    segment = segment_of(params.segment_frames, params.segment_seconds)
    shots = pl.read_csv(snakemake.input.shots, schema=SHOTS).filter(dataset=dataset)
    videos = {video for table in counts.values() for video in table["filename"]}
    given = {video for path in snakemake.input.people for video in read_people(Path(path), videos)}
    faces = by_faces(
        videos,
        LabelFiles(snakemake.input.labels, *params.golden),
        next(map(Path, snakemake.input.people), None),
        params.known,
    )
    if params.known is not None:
        # The faces themselves say who is seen.
        given = videos
    several = several_people(dataset, frames, shots, counts, given, params.face == TRACKED)
    write_whole(snakemake.output.people, people_table(dataset, frames, counts, faces).write_csv)
    write_whole(snakemake.output.pairs, pairs_table(dataset, frames).write_csv)
    write_whole(snakemake.output.time, over_time(dataset, frames, segment, faces).write_csv)
    write_whole(snakemake.output.several, several.write_csv)

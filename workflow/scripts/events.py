"""Measure what each person of a dataset shows in each event, and whether people differ there.

In: ``expressions``, what every sampled frame shows; ``events``, files that say what videos are
about; ``people``, the file that says who is seen in which video, if there is one; ``labels``, the
dataset's label files; ``params.known``, the people with pictures, if people are identified.
Out: ``events`` and ``pairs``, CSV.
"""

from pathlib import Path

from facetally.files import write_whole
from facetally.measure.expressions import read_expressions
from facetally.measure.people import event_pairs_table, events_table, in_events
from facetally.run.job import logged_job
from facetally.study.golden import LabelFiles
from facetally.study.people import by_faces, read_events

with logged_job(snakemake.log[0]):
    dataset = snakemake.wildcards.dataset
    frames = read_expressions(snakemake.input.expressions, dataset)
    events = read_events(snakemake.input.events, set(frames["video"]))
    by_event = in_events(frames, events)
    faces = by_faces(
        set(frames["video"]),
        LabelFiles(snakemake.input.labels, *snakemake.params.golden),
        next(map(Path, snakemake.input.people), None),
        snakemake.params.known,
    )
    write_whole(snakemake.output.events, events_table(dataset, by_event, faces).write_csv)
    write_whole(snakemake.output.pairs, event_pairs_table(dataset, by_event).write_csv)

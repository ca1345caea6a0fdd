"""Measure what each person of a dataset shows in each event, and whether people differ there.

In: ``expressions``, what every sampled frame shows; ``events``, files that say what videos are
about.
Out: ``events`` and ``pairs``, CSV.
"""

from facetally.files import write_whole
from facetally.measure.expressions import read_expressions
from facetally.measure.people import event_pairs_table, events_table, in_events
from facetally.run.job import logged_job
from facetally.study.people import read_events

with logged_job(snakemake.log[0]):
    dataset = snakemake.wildcards.dataset
    frames = read_expressions(snakemake.input.expressions, dataset)
    events = read_events(snakemake.input.events, set(frames["video"]))
    by_event = in_events(frames, events)
    write_whole(snakemake.output.events, events_table(dataset, by_event).write_csv)
    write_whole(snakemake.output.pairs, event_pairs_table(dataset, by_event).write_csv)

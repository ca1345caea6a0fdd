"""Write the metrics of one dataset and detector in the form that DVC compares and plots.

In: ``summary``, the measures of all; ``counts``, the label counts, one row per video; ``people``,
what each person of the dataset shows.
Out: ``metrics``, JSON; ``confusion``, CSV, golden and predicted label of each labelled video;
``emotions``, CSV, the share of each emotion in the frames with a face; ``people``, CSV, the same
for each person.
"""

import json

import polars as pl
from facetally.files import write_text, write_whole
from facetally.measure.people import PEOPLE
from facetally.measure.summary import SUMMARY, measures, read_counts
from facetally.report.dvc_plots import confusion, emotion_shares, people_metrics, people_shares
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    wildcards = snakemake.wildcards
    summary = pl.read_csv(snakemake.input.summary, schema=SUMMARY)
    people = pl.read_csv(snakemake.input.people, schema=PEOPLE)
    people = people.filter(detector=wildcards.detector)
    measured = measures(summary, wildcards.dataset, wildcards.detector)
    measured["people"] = people_metrics(people)
    write_text(snakemake.output.metrics, json.dumps(measured, indent=1) + "\n")
    counts = read_counts(snakemake.input.counts)
    write_whole(snakemake.output.confusion, confusion(counts).write_csv)
    write_whole(snakemake.output.emotions, emotion_shares(counts).write_csv)
    write_whole(snakemake.output.people, people_shares(people).write_csv)

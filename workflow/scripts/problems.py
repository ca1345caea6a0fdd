"""Gather what is wrong with videos, and what was done to show them as a player does.

In: ``statuses``, one JSON file a video.
Out: ``problems``, CSV, one row per video with a problem; ``treatments``, CSV, one row per dataset
and treatment.
"""

from pathlib import Path

from facetally.run.job import logged_job
from facetally.video.status import statuses_of, write_problems, write_treatments

with logged_job(snakemake.log[0]):
    statuses = statuses_of(map(Path, snakemake.input.statuses))
    write_problems(Path(snakemake.output.problems), statuses)
    write_treatments(Path(snakemake.output.treatments), statuses)

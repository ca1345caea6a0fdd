"""Collect problems with videos, what was done to display them as a player does, and their shots.

In: ``statuses``, one JSON file per video; ``params.not_analysed``, dataset, name and path of files
that have a label but are skipped.
Out: ``problems``, CSV, one row per video with a problem; ``treatments``, CSV, one row per dataset
and treatment; ``shots``, CSV, one row per video and shot.
"""

from pathlib import Path

from facetally.run.job import logged_job
from facetally.video.status import (
    not_analysed,
    statuses_of,
    write_problems,
    write_shots,
    write_treatments,
)

with logged_job(snakemake.log[0]):
    statuses = statuses_of(map(Path, snakemake.input.statuses))
    passed_over = not_analysed(snakemake.params.not_analysed)
    write_problems(Path(snakemake.output.problems), statuses | passed_over)
    write_treatments(Path(snakemake.output.treatments), statuses)
    write_shots(Path(snakemake.output.shots), statuses)

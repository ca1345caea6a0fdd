"""Gather what is wrong with videos, and end the study there if some cannot be analysed.

In: ``statuses``, one JSON file a video; ``params.on_bad_video``.
Out: ``problems``, CSV, one row per video with a problem.
"""

from pathlib import Path

from facetally.run.job import logged_job
from facetally.video.status import refuse_bad, statuses_of, write_problems

with logged_job(snakemake.log[0]):
    statuses = statuses_of(map(Path, snakemake.input.statuses))
    if snakemake.params.on_bad_video == "fail":
        datasets = snakemake.config["datasets"].items()
        refuse_bad(statuses, {str(name): dataset["videos"] for name, dataset in datasets})
    write_problems(Path(snakemake.output.problems), statuses)

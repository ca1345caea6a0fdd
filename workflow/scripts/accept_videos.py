"""Stop the study here if some videos cannot be analysed, unless it should continue anyway.

In: ``statuses``, one JSON file per video; ``params.on_bad_video``.
Out: ``accepted``, JSON: how many videos there are, and how many of them cannot be analysed.
"""

from pathlib import Path

from facetally.run.job import logged_job
from facetally.video.status import refuse_bad, statuses_of, write_accepted

with logged_job(snakemake.log[0]):
    statuses = statuses_of(map(Path, snakemake.input.statuses))
    if snakemake.params.on_bad_video == "fail":
        datasets = snakemake.config["datasets"].items()
        refuse_bad(statuses, {str(name): dataset["videos"] for name, dataset in datasets})
    write_accepted(Path(snakemake.output.accepted), statuses)

"""Leave nothing of one person, ``params.person``, below results and .snakemake.

In: ``params.files``, the user's own files that the study reads; ``params.videos``, its videos.
"""

from facetally.run.job import logged_job
from facetally.snakemake_compat.forget import forget

with logged_job(snakemake.log[0]) as terminal:
    params = snakemake.params
    terminal.write(f"facetally: {forget(params.person, params.files, params.videos)}\n")

"""Leave nothing of one person, ``params.person``, below results and .snakemake.

In: ``params.files``, the user's own files that the study reads; ``params.videos``, its videos;
``params.everything``, the study's outputs, which no run may make or read meanwhile.
"""

from facetally.run.job import logged_job
from facetally.snakemake_compat.forget import forget
from facetally.snakemake_compat.lock import study_locked

with logged_job(snakemake.log[0]) as terminal:
    params = snakemake.params
    with study_locked(params.everything) as check:
        check()
        said = forget(params.person, params.files, params.videos)
    terminal.write(f"facetally: {said}\n")

"""Remove the faces and vectors of one person, ``params.person``, from results/identities."""

from facetally.faces.forget import forget
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]) as terminal:
    terminal.write(f"facetally: {forget(snakemake.params.person)}\n")

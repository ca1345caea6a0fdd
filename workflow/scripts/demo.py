"""Render the demo's videos.

Out: every video of the storyboard, below the working directory, and their checksums.
"""

from pathlib import Path

from facetally.demo import render_demo
from facetally.job import logged_job

with logged_job(snakemake.log[0]):
    render_demo(Path())

"""Render the demo's videos.

Out: all videos of the storyboard, below the working directory, and their checksums.
"""

from pathlib import Path

from facetally.run.job import logged_job
from facetally.study.demo import render_demo

with logged_job(snakemake.log[0]):
    render_demo(Path())

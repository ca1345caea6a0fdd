"""Render the demo's videos and label files.

Out: every file of the storyboard, below the working directory.
"""

from pathlib import Path

from facetally.demo import render_demo
from facetally.job import logged_job

with logged_job(snakemake.log[0]):
    render_demo(Path())

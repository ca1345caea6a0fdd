"""Cut out the face with the highest score for each emotion and person in a dataset.

In: ``expressions``, what every sampled frame shows; ``pictures``, the kept ones of all faces.
Out: ``portraits``, JSON, a list of frames with their pictures.
"""

import json
from pathlib import Path

from facetally.files import write_text
from facetally.measure.expressions import read_expressions
from facetally.report.portraits import portraits
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    frames = read_expressions(snakemake.input.expressions, snakemake.wildcards.dataset)
    pictures = dict(
        zip(snakemake.params.detected, map(Path, snakemake.input.pictures), strict=True)
    )
    write_text(snakemake.output.portraits, json.dumps(portraits(frames, pictures)))

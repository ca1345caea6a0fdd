"""Gather a dataset's raw FER JSON of one detector into the tidy table.

In: ``raw``, one JSON file a video; ``problems``, what is wrong with videos.
Out: ``faces``, Parquet, one row per sampled frame and face; ``params.face`` and two thresholds
say which one counts.
"""

from pathlib import Path

from facetally.faces.counted import Counting
from facetally.faces.table import face_table, of_run
from facetally.files import write_whole
from facetally.run.job import logged_job
from facetally.video.status import read_reasons

with logged_job(snakemake.log[0]):
    raw = {path.name.removesuffix(".json"): path for path in map(Path, snakemake.input.raw)}
    reasons = read_reasons(Path(snakemake.input.problems), snakemake.wildcards.dataset)
    params = snakemake.params
    counting = Counting(params.face, params.min_confidence, params.min_face_height)
    faces = face_table(raw, reasons, counting)
    table = of_run(faces, snakemake.wildcards.dataset, snakemake.wildcards.detector)
    write_whole(snakemake.output.faces, table.write_parquet)

"""Write the figures of one dataset and detector as DVC compares and plots them.

In: ``summary``, the measures of all; ``counts``, the label counts, one row a video.
Out: ``metrics``, JSON; ``confusion``, CSV, golden and predicted label of each labelled video;
``emotions``, CSV, the share of each emotion in the frames with a face.
"""

import json
from pathlib import Path

from facetally.files import atomic_path
from facetally.measure.summary import measures, read_counts, read_summary
from facetally.report.dvc_plots import confusion, emotion_shares
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    wildcards = snakemake.wildcards
    summary = read_summary(Path(snakemake.input.summary))
    with atomic_path(Path(snakemake.output.metrics)) as partial:
        text = json.dumps(measures(summary, wildcards.dataset, wildcards.detector), indent=1)
        partial.write_text(f"{text}\n", encoding="utf-8")
    counts = read_counts(Path(snakemake.input.counts))
    with atomic_path(Path(snakemake.output.confusion)) as partial:
        confusion(counts).write_csv(partial)
    with atomic_path(Path(snakemake.output.emotions)) as partial:
        emotion_shares(counts).write_csv(partial)

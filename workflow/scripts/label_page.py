"""Write the page where raters label the videos of a dataset.

In: ``clips``, what is known about each of ``params.videos``, which are names and paths.
Out: ``page``, HTML, which plays the videos and previews from their own folders.
"""

import json
import os
from pathlib import Path
from urllib.parse import quote

from facetally.files import write_text
from facetally.report.label import label_page
from facetally.run.job import logged_job
from facetally.study.names import counted
from facetally.video.status import REASONS

with logged_job(snakemake.log[0]) as terminal:
    params, page = snakemake.params, Path(snakemake.output.page)
    clips, unshown = {}, []
    for (name, video), clip in zip(params.videos, map(Path, snakemake.input.clips), strict=True):
        known = json.loads(clip.read_text("utf-8"))
        if known["problem"]:
            unshown.append((name, REASONS[known["problem"]]))
            continue
        shown = Path(video) if known["plays"] else clip.with_suffix(".mp4")
        clips[name] = quote(os.path.relpath(shown.absolute(), page.parent.absolute()))
    dataset = snakemake.wildcards.dataset
    write_text(
        page, label_page(dataset, clips, unshown, params.mapping, params.seed, params.sound)
    )
    if unshown:
        videos = counted(len(unshown), "video")
        line = f"facetally: {dataset}: {videos} cannot be shown to raters: see {page}"
        print(line, file=terminal, flush=True)

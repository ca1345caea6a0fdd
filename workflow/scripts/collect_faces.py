"""Gather a dataset's raw FER JSON of one detector into the tidy table.

In: ``raw``, one JSON file per video; ``problems``, what is wrong with videos; ``shots`` of all
videos; if people are identified, ``identities``, the faces of each video, and ``tracks``, who is
who.
Out: ``faces``, Parquet, one row per sampled frame and face; ``params.face``, two thresholds and
``params.belonging`` (whose video each one is) decide which face counts.
"""

from pathlib import Path

from facetally.faces.counted import Counting, Known
from facetally.faces.identity_files import read_video_faces
from facetally.faces.table import face_table, of_run
from facetally.faces.who_is_who import read_tracks
from facetally.files import write_whole
from facetally.run.job import logged_job
from facetally.study.identities import Belonging, belonging
from facetally.video.status import read_reasons, read_starts

with logged_job(snakemake.log[0]):
    raw = {path.name.removesuffix(".json"): path for path in map(Path, snakemake.input.raw)}
    reasons = read_reasons(Path(snakemake.input.problems), snakemake.wildcards.dataset)
    params = snakemake.params
    counting = Counting(params.face, params.min_confidence, params.min_face_height)
    run = snakemake.wildcards.dataset, snakemake.wildcards.detector
    starts = read_starts(Path(snakemake.input.shots), snakemake.wildcards.dataset)
    known = {video: Known(starts.get(video, ())) for video in raw}
    for tracks in snakemake.input.tracks:
        who = read_tracks(tracks, *run)
        for path in map(Path, snakemake.input.identities):
            video = path.name.removesuffix(".npz")
            belongs = params.belonging.get(video)
            known[video] = Known(
                known[video].starts,
                read_video_faces(path).tracks,
                who.get(video, ()),
                belonging(belongs) if belongs else Belonging(),
            )
    table = of_run(face_table(raw, reasons, counting, known), *run)
    write_whole(snakemake.output.faces, table.write_parquet)

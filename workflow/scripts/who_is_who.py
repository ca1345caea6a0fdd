"""Decide who is shown by the faces of all videos.

In: ``identities``, the faces of each video; ``references``, the vectors of pictures of people, if
there are any; ``params.corrections``, the user's corrections, and ``params.file``, their file.
Out: ``tracks``, CSV, one row per track; ``alike``, CSV, people who may be the same; ``without``,
CSV, corrections that are about no track.
"""

from pathlib import Path

from facetally.faces.identity_files import read_all_faces, read_references
from facetally.faces.who_is_who import who_is_who
from facetally.files import write_whole
from facetally.run.job import logged_job
from facetally.study.identities import corrections_of

with logged_job(snakemake.log[0]):
    videos = read_all_faces(snakemake.input.identities)
    references = [read_references(Path(path)) for path in snakemake.input.references]
    corrections = corrections_of(snakemake.params.corrections)
    tracks, alike, without = who_is_who(
        videos, references[0] if references else None, corrections, snakemake.params.file
    )
    write_whole(snakemake.output.tracks, tracks.write_csv)
    write_whole(snakemake.output.alike, alike.write_csv)
    write_whole(snakemake.output.without, without.write_csv)

"""Write the page for checking who is who.

In: ``tracks`` and ``alike``, who is who; ``identities``, the faces of each video; ``expressions``,
what every sampled frame shows; ``faces``, the tidy table of each of ``params.runs``;
``params.known``, the people with pictures.
Out: ``page``, HTML; ``others``, CSV, where someone seems to be seen other than the files say.
"""

import polars as pl
from facetally.faces.identity_files import read_all_faces
from facetally.faces.who_is_who import ALIKE, TRACKS
from facetally.files import write_text, write_whole
from facetally.measure.others_seen import OTHERS_SEEN, others_seen, without_pictures
from facetally.report.identities import identities_page
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    given, known = snakemake.input, snakemake.params.known
    tables = [OTHERS_SEEN.to_frame()]
    if known:
        every = pl.read_parquet(given.expressions)
        for (dataset, detector), path in zip(snakemake.params.runs, given.faces, strict=True):
            own = every.filter(dataset=dataset, detector=detector)
            tables.append(others_seen(own, pl.read_parquet(path)))
    others = without_pictures(pl.concat(tables), known)
    faces = read_all_faces(given.identities)
    tracks = pl.read_csv(given.tracks, schema=TRACKS)
    alike = pl.read_csv(given.alike, schema=ALIKE)
    page = identities_page(tracks, alike, others, faces, bool(known))
    write_whole(snakemake.output.others, others.write_csv)
    write_text(snakemake.output.page, page)

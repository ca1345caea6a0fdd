"""Write the report that you open in a browser.

In: ``expressions``, what every sampled frame shows; ``people``, ``pairs``, ``times``,
``several`` and ``portraits``, one per dataset, as are ``events`` and ``event_pairs`` if there are
events; ``shots`` of all videos; ``summary``, ``comparisons``, ``reliability``, ``least_certain``,
``bias`` and ``problems``; ``raters``, how far they agree, if there are several; ``counts``,
``segments`` and ``faces``, a table for each of ``params.runs``; ``params.face``, which face
counts, ``params.mapping``, which mapping decides; ``galleries``, one per dataset; ``thumbnails``
of the videos whose sections are in the page; the files of people and of events that config.yaml
names, ``files_of_people`` and ``files_of_events``; ``params.videos``, the names of all videos.
Out: ``page``, HTML.
"""

import json
from pathlib import Path

import polars as pl
from facetally.files import write_text
from facetally.measure.bias import BIAS
from facetally.measure.comparisons import COMPARISONS
from facetally.measure.expressions import read_expressions
from facetally.measure.people import BY_EVENT, EVENT_PAIRS, OVER_TIME, PAIRS, PEOPLE
from facetally.measure.raters import AGREEMENT, RATER_PAIRS, UNRESOLVED
from facetally.measure.reliability import LEAST_CERTAIN, RELIABILITY
from facetally.measure.several_people import SEVERAL_PEOPLE, SHOTS
from facetally.measure.summary import SUMMARY, read_counts
from facetally.measure.unused_rows import FRAMES, unused_rows
from facetally.report.colophon import colophon
from facetally.report.datasets import by_dataset, dataset_view
from facetally.report.pages import index_page
from facetally.report.people import PeopleTables, people_view
from facetally.report.raters import RatersTables
from facetally.report.videos import PROBLEMS, TREATMENTS, video_table, video_views, videos_view
from facetally.run.job import logged_job

OF_PEOPLE = {
    "people": PEOPLE,
    "pairs": PAIRS,
    "times": OVER_TIME,
    "several": SEVERAL_PEOPLE,
    "events": BY_EVENT,
    "event_pairs": EVENT_PAIRS,
}

with logged_job(snakemake.log[0]):
    given, runs = snakemake.input, snakemake.params.runs
    mapping, face = snakemake.params.mapping, snakemake.params.face
    counts = by_dataset(map(read_counts, given.counts), runs)
    segments = by_dataset(map(read_counts, given.segments), runs)
    faces = by_dataset(map(pl.read_parquet, given.faces), runs)
    thumbnails = {name: {} for name in counts}
    for path in map(Path, given.thumbnails):
        video = path.name.removesuffix(".json")
        thumbnails[path.parent.name][video] = json.loads(path.read_text("utf-8"))
    galleries = {
        path.name.removesuffix(".json"): json.loads(path.read_text("utf-8"))
        for path in map(Path, given.galleries)
    }
    summary = pl.read_csv(given.summary, schema=SUMMARY)
    bias = pl.read_csv(given.bias, schema=BIAS)
    problems = pl.read_csv(given.problems, schema=PROBLEMS)
    shown = [
        view
        for name in counts
        for view in video_views(
            name, counts[name], segments[name], faces[name], problems, thumbnails[name]
        )
    ]
    of_people = [
        [pl.read_csv(path, schema=schema) for path in getattr(given, name)]
        for name, schema in OF_PEOPLE.items()
    ]
    # The last two are empty in a study without events.
    tables = map(PeopleTables, *filter(None, of_people))
    shots = pl.read_csv(given.shots, schema=SHOTS)
    people = []
    for name, measured, portraits in zip(counts, tables, given.portraits, strict=True):
        frames = read_expressions(given.expressions, name)
        pictures = json.loads(Path(portraits).read_text("utf-8"))
        of_dataset = shots.filter(dataset=name)
        people.append(people_view(name, measured, frames, of_dataset, pictures))
    of_raters = [
        pl.read_csv(path, schema=schema)
        for path, schema in zip(
            given.raters, (AGREEMENT, RATER_PAIRS, UNRESOLVED), strict=bool(given.raters)
        )
    ]
    page = index_page(
        people,
        summary,
        pl.read_csv(given.comparisons, schema=COMPARISONS),
        pl.read_csv(given.reliability, schema=RELIABILITY),
        pl.read_csv(given.least_certain, schema=LEAST_CERTAIN),
        [
            dataset_view(
                name, counts[name], faces[name], bias, galleries.get(name, []), mapping, face
            )
            for name in counts
        ],
        videos_view(
            [video_table(name, counts[name], faces[name]) for name in counts], shown, face
        ),
        problems,
        pl.read_csv(given.treatments, schema=TREATMENTS),
        colophon(Path(__file__).parent, snakemake.config),
        snakemake.params.identified,
        RatersTables(*of_raters) if of_raters else None,
        unused_rows(
            given.files_of_people,
            given.files_of_events,
            snakemake.params.videos,
            pl.read_parquet(given.expressions, columns=FRAMES),
        ),
    )
    write_text(snakemake.output.page, page)

"""Small studies made of raw FER JSON, as tables, without Snakemake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from facetally.emotions import CLASS_OF
from facetally.faces.table import face_table
from facetally.measure.bias import BIAS, bias_rows
from facetally.measure.comparisons import compare
from facetally.measure.counts import count_labels, count_segments, segment_of
from facetally.measure.expressions import expressions
from facetally.measure.people import (
    event_pairs_table,
    events_table,
    in_events,
    over_time,
    pairs_table,
    people_table,
)
from facetally.measure.predictions import predictions
from facetally.measure.reliability import (
    LEAST_CERTAIN,
    RELIABILITY,
    least_certain,
    reliability,
)
from facetally.measure.several_people import SEVERAL_PEOPLE, SHOTS
from facetally.measure.summary import SUMMARY, summarize
from facetally.report.colophon import Colophon
from facetally.report.datasets import Gallery, by_dataset, dataset_view
from facetally.report.pages import index_page
from facetally.report.people import PeopleTables, PeopleView, Portrait, people_view
from facetally.report.raters import RatersTables
from facetally.report.videos import (
    PROBLEMS,
    TREATMENTS,
    Thumbnails,
    VideoView,
    video_table,
    video_views,
    videos_view,
)
from facetally.study.golden import LabelFiles
from facetally.study.methods import ENSEMBLE, MAJORITY, MEAN_SCORE
from facetally.study.people import Turns, people_of
from support.raw_files import raw_file, scores

HAPPY = scores(happy=0.9, neutral=0.1)
ANGRY = scores(angry=0.8, sad=0.2)
SAD = scores(sad=0.7, neutral=0.3)
NOBODY: list[list[float]] = []

MAPPINGS = {"paper": CLASS_OF, "sad_negative": CLASS_OF | {"sad": "Neg"}}

HOSTILE = "</script><b onload='x'>&\"amp; 1%2F ü"
"""A video's name that would break a page that treats it as markup or an address."""

MADE = Colophon(
    "2026-01-02 03:04:05+00:00", "abc, with uncommitted changes", {"fer": "1.2"}, "detectors: [x]"
)

Videos = Mapping[str, Sequence[list[list[float]]]]


Run = tuple[str, str]
"""Dataset and detector."""


@dataclass(frozen=True)
class Tables:
    """The tables that a study's report is made from."""

    summary: pl.DataFrame
    counts: Mapping[Run, pl.DataFrame]
    segments: Mapping[Run, pl.DataFrame]
    faces: Mapping[Run, pl.DataFrame]
    problems: pl.DataFrame
    comparisons: pl.DataFrame
    bias: pl.DataFrame
    treatments: pl.DataFrame = field(default_factory=TREATMENTS.to_frame)
    reliability: pl.DataFrame = field(default_factory=RELIABILITY.to_frame)
    least_certain: pl.DataFrame = field(default_factory=LEAST_CERTAIN.to_frame)

    def views(self, thumbnails: Mapping[str, Mapping[str, Thumbnails]]) -> list[VideoView]:
        """Return the views of the videos that have thumbnails, by dataset and video."""
        counts, segments, faces = (
            by_dataset(tables.values(), tables)
            for tables in (self.counts, self.segments, self.faces)
        )
        return [
            view
            for name, videos in thumbnails.items()
            for view in video_views(
                name, counts[name], segments[name], faces[name], self.problems, videos
            )
        ]

    def page(
        self,
        views: Sequence[VideoView] = (),
        galleries: Mapping[str, Sequence[Gallery]] | None = None,
        people: Sequence[PeopleView] = (),
        raters: RatersTables | None = None,
    ) -> str:
        """Return the report with the sections of some videos; videos' names name the people."""
        counts = by_dataset(self.counts.values(), self.counts)
        faces = by_dataset(self.faces.values(), self.faces)
        datasets = [
            dataset_view(
                name,
                counts[name],
                faces[name],
                self.bias,
                (galleries or {}).get(name, []),
                "paper",
                "first",
            )
            for name in counts
        ]
        tables = [video_table(name, counts[name], faces[name]) for name in counts]
        return index_page(
            people or [people_of_dataset(name, faces[name], counts[name]) for name in counts],
            self.summary,
            self.comparisons,
            self.reliability,
            self.least_certain,
            datasets,
            videos_view(tables, views, "first"),
            self.problems,
            self.treatments,
            MADE,
            raters=raters,
        )


def people_of_dataset(
    name: str,
    faces: Mapping[str, pl.DataFrame],
    counts: Mapping[str, pl.DataFrame] | None = None,
    turns: Turns | None = None,
    events: Turns | None = None,
    portraits: Sequence[Portrait] = (),
    segment_frames: int = 1000,
) -> PeopleView:
    """Return the view of a dataset's people, named by its videos if there are no turns."""
    frames = pl.concat(
        expressions(
            name, detector, table, turns or people_of(set(table["video"]), LabelFiles(), None)
        )
        for detector, table in faces.items()
    )
    by_event = in_events(frames, events or {})
    tables = PeopleTables(
        people_table(name, frames, counts),
        pairs_table(name, frames),
        over_time(name, frames, segment_of(segment_frames)),
        SEVERAL_PEOPLE.to_frame(),
        events_table(name, by_event),
        event_pairs_table(name, by_event),
    )
    return people_view(name, tables, frames, SHOTS.to_frame(), portraits)


def faces_of(
    folder: Path, videos: Videos, problems: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Return the tidy table of videos, from the scores of each face in each frame."""
    raw = {name: raw_file(folder / f"{name}.json", frames) for name, frames in videos.items()}
    return face_table(raw, problems)


def study_tables(
    folder: Path,
    study: Mapping[tuple[str, str], Videos],
    golden: Mapping[str, Mapping[str, str]],
    segment_frames: int = 1000,
    problems: Mapping[str, str] | None = None,
) -> Tables:
    """Return the tables of a study: videos by dataset and detector, golden labels by dataset.

    ``problems`` has the reason by video, in any dataset.
    """
    said = problems or {}
    faces = {run: faces_of(folder.joinpath(*run), videos, said) for run, videos in study.items()}
    labels = {run: golden.get(run[0], {}) for run in study}
    counts = {run: count_labels(faces[run], labels[run], said) for run in study}
    predicted = {
        name: predictions(
            {detector: table for (owner, detector), table in faces.items() if owner == name},
            golden.get(name, {}),
            {
                video: video
                for (owner, _), videos in study.items()
                if owner == name
                for video in videos
            },
            (MAJORITY, MEAN_SCORE, ENSEMBLE),
            said,
            {},
        )
        for name in dict.fromkeys(name for name, _ in study)
    }
    return Tables(
        summary=pl.DataFrame(
            [row for name in predicted for row in summarize(name, predicted[name])], SUMMARY
        ),
        counts=counts,
        segments={run: count_segments(faces[run], labels[run], segment_frames) for run in study},
        faces=faces,
        problems=pl.DataFrame(
            [
                (dataset, video, said[video], len(videos[video]), f"{video} is bad")
                for (dataset, _), videos in study.items()
                for video in videos
                if video in said
            ],
            PROBLEMS,
            orient="row",
        ).unique(maintain_order=True),
        comparisons=pl.concat(compare(name, table) for name, table in predicted.items()),
        bias=pl.DataFrame(
            [
                row
                for run in study
                for row in bias_rows(*run, faces[run], counts[run], MAPPINGS, "paper")
            ],
            BIAS,
        ),
        reliability=pl.concat(reliability(name, table) for name, table in predicted.items()),
        least_certain=pl.concat(least_certain(name, table) for name, table in predicted.items()),
    )

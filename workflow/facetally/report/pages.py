"""The report that a person opens: what is in its page, and in the pages of single videos."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import polars as pl

from facetally.faces.counted import FIRST, IN_WORDS
from facetally.faces.table import NO_FACE
from facetally.measure.accuracy import is_right, labelled_videos
from facetally.measure.agreement import (
    KINDS,
    PairedResult,
    paired_result,
)
from facetally.measure.bias import BIAS
from facetally.measure.comparisons import COMPARISONS
from facetally.measure.face_size import median_heights
from facetally.measure.intervals import wilson_interval
from facetally.measure.paper import RESULTS
from facetally.measure.summary import (
    by_the_papers_method,
    read_counts,
    read_summary,
)
from facetally.report.charts import Figure
from facetally.report.colophon import Colophon
from facetally.report.figures import accuracy_figure, crossed_figures, methods_figure, run_figures
from facetally.report.render import anchor, render
from facetally.report.timeline import timeline_figure, timelines
from facetally.study.config import PAPER
from facetally.video.status import COLUMNS, REASONS

OPEN_AT_MOST: Final = 10
"""In a report of so few videos their sections are open from the start."""

PROBLEMS: Final = pl.Schema(
    {name: pl.Int64() if name == "frames" else pl.String() for name in COLUMNS}
)

Run = tuple[str, str]
"""Dataset and detector."""

Thumbnails = Mapping[str, Sequence[Mapping[str, Any]]]
"""The top frame an emotion by detector, as the rule ``thumbnails`` writes them."""

Gallery = Mapping[str, Any]
"""Two detectors and frames on which they disagree, as ``disagreements`` writes them."""


@dataclass(frozen=True)
class Tables:
    """The study's tables.

    Attributes:
        summary: the measures, :data:`facetally.measure.summary.SUMMARY`.
        counts: label counts of each run.
        segments: label counts per time segment of each run.
        faces: the tidy table of each run.
        problems: what is wrong with videos, :data:`facetally.video.status.COLUMNS`.
        comparisons: methods against each other, :data:`facetally.measure.comparisons.COMPARISONS`.
        bias: what each mapping makes of each run, :data:`facetally.measure.bias.BIAS`.
        mapping: the name of the mapping that decides.
        face: which face of a frame counts, one of :data:`facetally.faces.counted.IN_WORDS`.
    """

    summary: pl.DataFrame
    counts: Mapping[Run, pl.DataFrame]
    segments: Mapping[Run, pl.DataFrame]
    faces: Mapping[Run, pl.DataFrame]
    problems: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PROBLEMS))
    comparisons: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=COMPARISONS))
    bias: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BIAS))
    mapping: str = PAPER
    face: str = FIRST

    @property
    def datasets(self) -> list[str]:
        """The datasets, in the order of the study."""
        return list(dict.fromkeys(dataset for dataset, _ in self.counts))

    @property
    def detectors(self) -> list[str]:
        """The detectors, in the order of the study."""
        return list(dict.fromkeys(detector for _, detector in self.counts))


@dataclass(frozen=True)
class VideoView:
    """What is shown of one video.

    Attributes:
        dataset: its dataset.
        video: its name.
        golden: its golden label, or None.
        predictions: the predicted label of each detector, or None.
        figures: the timeline of each detector.
        thumbnails: the top frame an emotion, of each detector.
        problem: what is wrong with it, in words, or None.
    """

    dataset: str
    video: str
    golden: str | None
    predictions: Mapping[str, str | None]
    figures: Mapping[str, Figure]
    thumbnails: Thumbnails = field(default_factory=dict)
    problem: str | None = None

    @property
    def name(self) -> str:
        """The anchor of its section."""
        return f"video/{self.dataset}/{self.video}"


@dataclass(frozen=True)
class Comparison:
    """Two detectors on one dataset.

    Attributes:
        first: one detector.
        second: the other.
        result: labelled videos by who is right.
        figure: frames by what each makes of them.
        gallery: frames they disagree on, by what the disagreement is, in words.
    """

    first: str
    second: str
    result: PairedResult
    figure: Figure
    gallery: Mapping[str, Sequence[Mapping[str, Any]]]


def read_tables(paths: Any, runs: Iterable[Sequence[str]]) -> Tables:
    """Read the study's tables.

    Args:
        paths: has the paths ``summary``, ``problems``, ``counts``, ``segments`` and ``faces``,
            the last three in the order of ``runs``.
        runs: pairs of dataset and detector.
    """
    keys = [(dataset, detector) for dataset, detector in runs]
    counts, segments, faces = (
        dict(zip(keys, map(read, map(Path, tables)), strict=True))
        for read, tables in (
            (read_counts, paths.counts),
            (read_counts, paths.segments),
            (pl.read_parquet, paths.faces),
        )
    )
    problems = pl.read_csv(paths.problems, schema=PROBLEMS)
    return Tables(read_summary(Path(paths.summary)), counts, segments, faces, problems)


def index_page(
    tables: Tables,
    videos: Sequence[VideoView],
    galleries: Mapping[str, Sequence[Gallery]],
    colophon: Colophon,
) -> str:
    """Write the report of a study.

    Args:
        tables: the study's tables.
        videos: the videos whose sections are in the page; others have pages of their own.
        galleries: of each dataset, frames on which detectors disagree.
        colophon: how the report is being made.
    """
    videos_of_study = video_table(tables)
    return render(
        "index.html",
        tables=tables,
        paper=_paper_rows(),
        accuracy=accuracy_figure(tables.summary),
        summary=by_the_papers_method(tables.summary),
        methods=methods_figure(tables.summary),
        figures={
            run: run_figures(*run, tables.counts[run], tables.faces[run], tables.face)
            for run in tables.counts
        },
        biases={
            dataset: tables.bias.filter(pl.col("dataset") == dataset)
            for dataset in tables.datasets
        },
        face=IN_WORDS[tables.face],
        notes={dataset: _notes(tables, dataset) for dataset in tables.datasets},
        comparisons={
            dataset: _comparisons(tables, dataset, galleries.get(dataset, []))
            for dataset in tables.datasets
        },
        video_table=videos_of_study,
        video_rows=_video_rows(videos_of_study, tables.detectors, embedded=bool(videos)),
        videos=videos,
        opened=len(videos) <= OPEN_AT_MOST,
        colophon=colophon,
        reasons=REASONS,
        clips="../annotated",
    )


def video_page(view: VideoView, colophon: Colophon) -> str:
    """Write the page of one video, which is opened from ``videos/{dataset}/``."""
    return render("video.html", view=view, colophon=colophon, clips="../../../annotated")


def video_views(
    tables: Tables, thumbnails: Mapping[tuple[str, str], Thumbnails]
) -> list[VideoView]:
    """Gather what is shown of each video that has thumbnails.

    Args:
        tables: the study's tables.
        thumbnails: by dataset and video.
    """
    wanted: dict[str, list[str]] = {}
    for dataset, video in thumbnails:
        wanted.setdefault(dataset, []).append(video)
    return [
        view
        for dataset, videos in wanted.items()
        for view in _dataset_views(tables, dataset, videos, thumbnails)
    ]


def _dataset_views(
    tables: Tables,
    dataset: str,
    videos: Sequence[str],
    thumbnails: Mapping[tuple[str, str], Thumbnails],
) -> list[VideoView]:
    problems = dict(
        tables.problems.filter(pl.col("dataset") == dataset)
        .select("filename", "detail")
        .iter_rows()
    )
    parts = {}
    for detector in tables.detectors:
        run = (dataset, detector)
        faces = tables.faces[run].filter(pl.col("video").is_in(videos))
        parts[detector] = (
            timelines(faces).partition_by("video", as_dict=True),
            tables.segments[run].partition_by("filename", as_dict=True),
            tables.counts[run].rows_by_key("filename", named=True, unique=True),
        )
    return [
        VideoView(
            dataset=dataset,
            video=video,
            golden=next(iter(parts.values()))[2][video]["golden"],
            predictions={name: counts[video]["predict"] for name, (*_, counts) in parts.items()},
            figures={
                name: timeline_figure(dataset, name, timeline[video,], segments[video,])
                for name, (timeline, segments, _) in parts.items()
                if (video,) in timeline
            },
            thumbnails=thumbnails[dataset, video],
            problem=problems.get(video),
        )
        for video in videos
    ]


def video_table(tables: Tables) -> pl.DataFrame:
    """Make the table of all videos.

    Returns:
        ``dataset, filename, golden``, then for each detector ``predict``, ``right`` (null
        without a golden label), ``coverage`` (fraction of the frames with a face) and
        ``median_face_height`` (px), each with the detector's name before it, and ``problem``.
    """
    parts = []
    for dataset in tables.datasets:
        part = tables.counts[dataset, tables.detectors[0]].select(
            pl.lit(dataset).alias("dataset"), "filename", "golden", "problem"
        )
        for detector in tables.detectors:
            run = (dataset, detector)
            analysed = pl.when(pl.col("frames") > 0)
            coverage = analysed.then(1 - pl.col("no_face") / pl.col("frames"))
            judged = (pl.col("frames") > 0) & pl.col("golden").is_not_null()
            of_detector = tables.counts[run].select(
                "filename",
                analysed.then(pl.col("predict").fill_null(NO_FACE)).alias(f"{detector}_predict"),
                pl.when(judged).then(is_right()).alias(f"{detector}_right"),
                coverage.alias(f"{detector}_coverage"),
            )
            heights = median_heights(tables.faces[run]).rename(
                {"median_face_height": f"{detector}_median_face_height"}
            )
            for table in (of_detector, heights):
                part = part.join(table, "filename", "left", maintain_order="left")
        parts.append(part.select(pl.exclude("problem"), "problem"))
    return pl.concat(parts)


def _video_rows(
    table: pl.DataFrame, detectors: Sequence[str], *, embedded: bool
) -> dict[str, Any]:
    """Give the table of videos as the page's script takes it; a row ends with its link."""
    columns = [("Video", "link"), ("Dataset", "text"), ("Golden", "text")]
    for name in detectors:
        columns += [
            (f"{name}: label", "words"),
            (f"{name}: right?", "right"),
            (f"{name}: coverage", "share"),
            (f"{name}: face, px", "pixels"),
        ]
    columns.append(("Problem", "words"))
    links = [
        f"#{anchor(f'video/{dataset}/{video}')}"
        if embedded
        else f"videos/{quote(dataset)}/{quote(video)}.html"
        for dataset, video in table.select("dataset", "filename").iter_rows()
    ]
    rows = table.select("filename", "dataset", "golden", *table.columns[3:])
    return {
        "columns": [{"title": title, "kind": kind} for title, kind in columns],
        "data": [[*row, link] for row, link in zip(rows.iter_rows(), links, strict=True)],
    }


def _paper_rows() -> list[dict[str, Any]]:
    rows = []
    for result in RESULTS:
        low, high = wilson_interval(result.correct, result.count)
        rows.append(
            {
                "dataset": result.dataset,
                "count": result.count,
                "detector": result.detector,
                "accuracy": result.accuracy,
                "accuracy_low": low,
                "accuracy_high": high,
            }
        )
    return rows


def _notes(tables: Tables, dataset: str) -> list[str]:
    """Say what a reader must know before reading anything into a dataset's figures."""
    notes = []
    counts = {name: tables.counts[dataset, name] for name in tables.detectors}
    first = next(iter(counts.values()))
    bad = first.filter(pl.col("frames") == 0).height
    damaged = first.filter(pl.col("frames") > 0)["problem"].count()
    analysed = first.height - bad
    labelled = labelled_videos(first).height
    if bad:
        notes.append(
            f"{bad:,} of {first.height:,} videos cannot be analysed and are left out of all "
            "figures: see Problems."
        )
    if damaged:
        notes.append(f"{damaged:,} videos are damaged and analysed in part: see Problems.")
    if first.height == 1:
        notes.append("This dataset is one video: its figures describe that video alone.")
    if not labelled:
        notes.append("No video has a golden label: accuracy and confusion cannot be told.")
    elif labelled < analysed:
        notes.append(
            f"{labelled:,} of {analysed:,} videos have a golden label; accuracy is over these."
        )
    notes += [
        f"{name} found no face in any frame of this dataset."
        for name, table in counts.items()
        if analysed and not (table["frames"] - table["no_face"]).sum()
    ]
    return notes


def _comparisons(tables: Tables, dataset: str, galleries: Sequence[Gallery]) -> list[Comparison]:
    shown = {(gallery["first"], gallery["second"]): gallery["frames"] for gallery in galleries}
    pairs = combinations(tables.detectors, 2)
    figures = crossed_figures(
        dataset, {name: tables.faces[dataset, name] for name in tables.detectors}
    )
    comparisons = []
    for (first, second), figure in zip(pairs, figures, strict=True):
        result = paired_result(tables.counts[dataset, first], tables.counts[dataset, second])
        frames = shown.get((first, second), [])
        kinds = zip(KINDS, _in_words(first, second), strict=True)
        gallery = {
            told: [frame for frame in frames if frame["kind"] == kind] for kind, told in kinds
        }
        comparisons.append(Comparison(first, second, result, figure, gallery))
    return comparisons


def _in_words(first: str, second: str) -> list[str]:
    """Say what each of KINDS means for two detectors."""
    return [
        f"Only {first} finds a face",
        f"Only {second} finds a face",
        "Both find a face, with another top emotion",
    ]

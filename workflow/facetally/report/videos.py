"""The videos of a study in its report: the table of all videos, and the section of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import polars as pl

from facetally.faces.counted import IN_WORDS
from facetally.faces.table import NO_FACE
from facetally.measure.accuracy import is_right
from facetally.measure.face_size import median_heights
from facetally.report.charts import Figure
from facetally.report.render import anchor
from facetally.report.timeline import timeline_figure, timelines
from facetally.video.status import COLUMNS

PROBLEMS: Final = pl.Schema(
    {name: pl.Int64() if name == "frames" else pl.String() for name in COLUMNS}
)

TREATMENTS: Final = pl.Schema(
    {"dataset": pl.String(), "treatment": pl.String(), "videos": pl.Int64()}
)

Thumbnails = Mapping[str, Sequence[Mapping[str, Any]]]
"""The frames with the highest score of each emotion by detector, as ``thumbnails`` writes them."""


@dataclass(frozen=True)
class VideoView:
    """What the report shows about one video.

    Attributes:
        dataset: its dataset.
        video: its name.
        golden: its golden label, or None.
        predictions: the predicted label of each detector, or None.
        figures: the timeline of each detector.
        thumbnails: for each detector, the frame with the highest score of each emotion.
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
class VideosView:
    """What the report shows about all videos.

    Attributes:
        table: all videos, the columns of :func:`video_table`.
        rows: the same table for the page's script; each row ends with its link.
        embedded: the videos whose sections are in the page; others have pages of their own.
        face: the name for the face that counts in a frame.
    """

    table: pl.DataFrame
    rows: Mapping[str, Any]
    embedded: Sequence[VideoView]
    face: str


def video_views(
    dataset: str,
    counts: Mapping[str, pl.DataFrame],
    segments: Mapping[str, pl.DataFrame],
    faces: Mapping[str, pl.DataFrame],
    problems: pl.DataFrame,
    thumbnails: Mapping[str, Thumbnails],
) -> list[VideoView]:
    """Collect what the report shows about each video of a dataset that has thumbnails.

    Args:
        dataset: its name.
        counts: the table of :func:`facetally.measure.counts.count_labels` of each detector.
        segments: the table of :func:`facetally.measure.counts.count_segments` of each.
        faces: the table of :func:`facetally.faces.table.face_table` of each.
        problems: the columns of PROBLEMS, of any datasets.
        thumbnails: by video.
    """
    details = dict(problems.filter(dataset=dataset).select("filename", "detail").iter_rows())
    own = pl.col("video").is_in(list(thumbnails))
    parts = {
        detector: (
            timelines(faces[detector].filter(own)).partition_by("video", as_dict=True),
            segments[detector].partition_by("filename", as_dict=True),
        )
        for detector in counts
    }
    labels = {
        detector: table.rows_by_key("filename", named=True, unique=True)
        for detector, table in counts.items()
    }
    return [
        VideoView(
            dataset=dataset,
            video=video,
            golden=next(iter(labels.values()))[video]["golden"],
            predictions={detector: rows[video]["predict"] for detector, rows in labels.items()},
            figures={
                detector: timeline_figure(dataset, detector, timeline[video,], of_segments[video,])
                for detector, (timeline, of_segments) in parts.items()
                if (video,) in timeline
            },
            thumbnails=thumbnails[video],
            problem=details.get(video),
        )
        for video in thumbnails
    ]


def video_table(
    dataset: str, counts: Mapping[str, pl.DataFrame], faces: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Make the table of the videos of a dataset.

    Args:
        dataset: its name.
        counts: the table of :func:`facetally.measure.counts.count_labels` of each detector.
        faces: the table of :func:`facetally.faces.table.face_table` of each.

    Returns:
        ``dataset, filename, golden``, then for each detector ``predict``, ``right`` (null
        without a golden label), ``coverage`` (fraction of the frames with a face) and
        ``median_face_height`` (px), each prefixed with the detector's name, and ``problem``.
    """
    analysed = pl.when(pl.col("frames") > 0)
    judged = pl.when((pl.col("frames") > 0) & pl.col("golden").is_not_null())
    table = next(iter(counts.values())).select(
        pl.lit(dataset).alias("dataset"), "filename", "golden", "problem"
    )
    for detector in counts:
        of_detector = counts[detector].select(
            "filename",
            analysed.then(pl.col("predict").fill_null(NO_FACE)).alias(f"{detector}_predict"),
            judged.then(is_right()).alias(f"{detector}_right"),
            analysed.then(1 - pl.col("no_face") / pl.col("frames")).alias(f"{detector}_coverage"),
        )
        heights = median_heights(faces[detector]).rename(
            {"median_face_height": f"{detector}_median_face_height"}
        )
        for part in (of_detector, heights):
            table = table.join(part, "filename", "left", maintain_order="left")
    return table.select(pl.exclude("problem"), "problem")


def videos_view(
    tables: Sequence[pl.DataFrame], embedded: Sequence[VideoView], face: str
) -> VideosView:
    """Prepare the section of all videos.

    Args:
        tables: the table of :func:`video_table` of each dataset.
        embedded: the videos whose sections are in the page.
        face: which face of a frame counts, one of :data:`facetally.faces.counted.IN_WORDS`.
    """
    table = pl.concat(tables)
    columns = [("Video", "link"), ("Dataset", "text"), ("Your label", "text")]
    predicted = [name for name in table.columns if name.endswith("_predict")]
    for name in (column.removesuffix("_predict") for column in predicted):
        columns += [
            (f"{name}: prediction", "words"),
            (f"{name}: right?", "right"),
            (f"{name}: frames with a face", "share"),
            (f"{name}: face, px", "pixels"),
        ]
    columns.append(("Problem", "words"))
    links = [
        f"#{anchor(f'video/{dataset}/{video}')}"
        if embedded
        else f"videos/{quote(dataset)}/{quote(video)}.html"
        for dataset, video in table.select("dataset", "filename").iter_rows()
    ]
    cells = table.select("filename", "dataset", "golden", *table.columns[3:])
    rows = {
        "columns": [{"title": title, "kind": kind} for title, kind in columns],
        "data": [[*row, link] for row, link in zip(cells.iter_rows(), links, strict=True)],
    }
    return VideosView(table, rows, embedded, IN_WORDS[face])

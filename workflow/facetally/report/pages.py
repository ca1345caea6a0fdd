"""The pages that a person opens: the report of a study, and the page of a single video."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from facetally.measure.paper import RESULTS, PaperResult
from facetally.measure.summary import by_the_papers_method
from facetally.report.charts import Figure
from facetally.report.colophon import Colophon
from facetally.report.datasets import DatasetView
from facetally.report.figures import accuracy_figure, methods_figure
from facetally.report.render import render
from facetally.report.videos import VideosView, VideoView
from facetally.video.status import REASONS

OPEN_AT_MOST: Final = 10
"""In a report of so few videos their sections are open from the start."""


@dataclass(frozen=True)
class AccuracyView:
    """The accuracies by the paper's method.

    Attributes:
        rows: of this study, the columns of :data:`facetally.measure.summary.SUMMARY`.
        paper: of the paper's own datasets.
        figure: those of this study.
    """

    rows: pl.DataFrame
    paper: Sequence[PaperResult]
    figure: Figure


@dataclass(frozen=True)
class MethodsView:
    """The accuracies by all methods.

    Attributes:
        rows: the columns of :data:`facetally.measure.summary.SUMMARY`.
        figure: the same.
        comparisons: methods against each other,
            :data:`facetally.measure.comparisons.COMPARISONS`.
    """

    rows: pl.DataFrame
    figure: Figure
    comparisons: pl.DataFrame


def accuracy_view(summary: pl.DataFrame) -> AccuracyView:
    """Prepare the section of the accuracies by the paper's method, from the summary."""
    return AccuracyView(by_the_papers_method(summary), RESULTS, accuracy_figure(summary))


def methods_view(summary: pl.DataFrame, comparisons: pl.DataFrame) -> MethodsView:
    """Prepare the section of all methods, from the summary and the table of comparisons."""
    return MethodsView(summary, methods_figure(summary), comparisons)


def index_page(
    accuracy: AccuracyView,
    methods: MethodsView,
    datasets: Sequence[DatasetView],
    videos: VideosView,
    problems: pl.DataFrame,
    treatments: pl.DataFrame,
    colophon: Colophon,
) -> str:
    """Write the report of a study.

    Args:
        accuracy: the accuracies by the paper's method.
        methods: those by all methods.
        datasets: each dataset, with the same detectors in the same order.
        videos: all videos.
        problems: what is wrong with videos, :data:`facetally.report.videos.PROBLEMS`.
        treatments: how many videos were treated how, :data:`facetally.report.videos.TREATMENTS`.
        colophon: how the report is being made.
    """
    return render(
        "index.html",
        accuracy=accuracy,
        methods=methods,
        datasets=datasets,
        detectors=list(datasets[0].figures),
        videos=videos,
        opened=len(videos.embedded) <= OPEN_AT_MOST,
        problems=problems,
        treatments=treatments,
        reasons=REASONS,
        colophon=colophon,
        clips="../annotated",
    )


def video_page(view: VideoView, colophon: Colophon) -> str:
    """Write the page of one video, which is opened from ``videos/{dataset}/``."""
    return render("video.html", view=view, colophon=colophon, clips="../../../annotated")

"""The pages that you open: the report of a study, and the page of a single video."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from facetally.emotions import EMOTIONS
from facetally.measure.paper import RESULTS
from facetally.measure.summary import by_people, by_the_papers_method
from facetally.report.colophon import Colophon
from facetally.report.datasets import DatasetView
from facetally.report.figures import accuracy_figure, methods_figure
from facetally.report.people import PeopleView
from facetally.report.raters import RatersTables, raters_views
from facetally.report.reliability import reliability_views
from facetally.report.render import render
from facetally.report.videos import VideosView, VideoView
from facetally.video.status import REASONS

OPEN_AT_MOST: Final = 10
"""Up to this many videos, their sections are open from the start."""


def index_page(
    people: Sequence[PeopleView],
    summary: pl.DataFrame,
    comparisons: pl.DataFrame,
    reliability: pl.DataFrame,
    least_certain: pl.DataFrame,
    datasets: Sequence[DatasetView],
    videos: VideosView,
    problems: pl.DataFrame,
    treatments: pl.DataFrame,
    colophon: Colophon,
    identified: bool = False,
    raters: RatersTables | None = None,
    unused: Sequence[str] = (),
) -> str:
    """Write the report of a study.

    Args:
        people: the people of each dataset.
        summary: the accuracies, :data:`facetally.measure.summary.SUMMARY`.
        comparisons: comparisons of methods, :data:`facetally.measure.comparisons.COMPARISONS`.
        reliability: accuracy by confidence, :data:`facetally.measure.reliability.RELIABILITY`.
        least_certain: accuracy without the least certain,
            :data:`facetally.measure.reliability.LEAST_CERTAIN`.
        datasets: each dataset, with the same detectors in the same order.
        videos: all videos.
        problems: what is wrong with videos, :data:`facetally.report.videos.PROBLEMS`.
        treatments: how many videos needed which treatment,
            :data:`facetally.report.videos.TREATMENTS`.
        colophon: how the report is being made.
        identified: whether people are identified, with a page to check it.
        raters: what is known about the raters, if there are several.
        unused: the lines of :func:`facetally.measure.unused_rows.unused_rows`.
    """
    return render(
        "index.html",
        people=people,
        unused=unused,
        persons=len({name for view in people for name in view.names}),
        frames=sum(view.sampled for view in people),
        emotions=EMOTIONS,
        identified=identified,
        labelled=bool(summary["accuracy"].count()),
        accuracy={
            "rows": by_the_papers_method(summary),
            "human": by_people(summary),
            "paper": RESULTS,
            "figure": accuracy_figure(summary),
        },
        methods={
            "rows": summary,
            "figure": methods_figure(summary),
            "comparisons": comparisons,
            "how_sure": reliability_views(summary, reliability, least_certain),
            "reliability": reliability,
            "least_certain": least_certain,
        },
        raters={
            "views": raters_views(raters, summary),
            "agreement": raters.agreement,
            "unresolved": raters.unresolved,
        }
        if raters
        else None,
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

"""How the report shows how sure methods are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from facetally.measure.predictions import PREDICTIONS
from facetally.measure.reliability import least_certain, reliability
from facetally.measure.summary import SUMMARY, summarize
from facetally.report.reliability import ReliabilityView, reliability_views
from support.tables import ANGRY, HAPPY, HOSTILE, NOBODY, SAD, Tables, study_tables

HEADING = "How sure a method is"
BY_DETECTOR = [("haar", 0.5), ("mtcnn", 0.6), ("haar+mtcnn", 0.7)]


def predicted(methods: tuple[str, ...], videos: int, *, labels: bool = True) -> pl.DataFrame:
    """Predictions of videos from right and sure to wrong and unsure; the last has none."""
    rows = [
        {"filename": f"v{number:02}", "method": method, "detector": detector, "frames": 9,
         "golden": "Pos" if labels else None, "group": f"v{number:02}", "no_face": 0,
         "predict": None if number == videos - 1 else "Pos" if number < share * videos else "Neg",
         "confidence": None if number == videos - 1 else round(1 - number / videos / 2, 3)}
        for method in methods
        for detector, share in BY_DETECTOR
        if (detector == "haar+mtcnn") == (method == "ensemble") or method in ("calibrated", "finetuned")
        for number in range(videos)
    ]  # fmt: skip
    return pl.DataFrame(rows, PREDICTIONS)


def views(**datasets: pl.DataFrame) -> list[ReliabilityView]:
    """Return what the report shows about datasets, from their predictions."""
    rows = [row for name, table in datasets.items() for row in summarize(name, table)]
    return reliability_views(
        pl.DataFrame(rows, SUMMARY),
        pl.concat(reliability(name, table) for name, table in datasets.items()),
        pl.concat(least_certain(name, table) for name, table in datasets.items()),
    )


PLAIN = ("majority", "mean_score", "ensemble")


def test_the_learned_methods_are_drawn_and_all_are_in_the_table() -> None:
    (view,) = views(d=predicted((*PLAIN, "calibrated"), 20))
    assert view.dataset == "d"
    assert view.figure.table["line"].unique(maintain_order=True).to_list() == [
        "calibrated, haar", "calibrated, mtcnn", "calibrated, haar+mtcnn",
    ]  # fmt: skip
    assert [(row["method"], row["detector"]) for row in view.rows] == [
        ("majority", "haar"), ("majority", "mtcnn"), ("mean_score", "haar"), ("mean_score", "mtcnn"),
        ("ensemble", "haar+mtcnn"), ("calibrated", "haar"), ("calibrated", "mtcnn"),
        ("calibrated", "haar+mtcnn"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("methods", "drawn"),
    [
        (PLAIN, {"mean_score, haar", "mean_score, mtcnn", "ensemble, haar+mtcnn"}),
        (("majority",), {"haar", "mtcnn"}),
        (("majority", "finetuned"), {f"finetuned, {name}" for name, _ in BY_DETECTOR}),
    ],
)
def test_without_learned_methods_others_are_drawn(
    methods: tuple[str, ...], drawn: set[str]
) -> None:
    (view,) = views(d=predicted(methods, 20))
    assert set(view.figure.table["line"]) == drawn


def test_the_words_say_the_error_and_what_the_least_certain_tenth_costs() -> None:
    (view,) = views(d=predicted(("mean_score", "ensemble"), 20))
    lines = view.figure.caption.removesuffix(".").split("; ")
    assert len(lines) == 3
    # Of 20 videos, 10 are right; two are left out, the one without a prediction first.
    row = next(row for row in view.rows if row["detector"] == "haar")
    assert (row["accuracy"], row["surest"]) == (10 / 20, 10 / 18)
    assert lines[0] == (
        f"mean_score, haar: calibration error {row['calibration_error']:.1%}, "
        "accuracy 50.0% on all, 55.6% on the surest nine tenths"
    )


def test_of_a_few_videos_no_tenth_is_left_out() -> None:
    (view,) = views(d=predicted(("mean_score",), 9))
    assert [row["surest"] for row in view.rows] == [None, None]
    assert "tenths" not in view.figure.caption


def test_the_diagram_has_a_diagonal_a_line_each_and_points_by_their_videos() -> None:
    (view,) = views(d=predicted(PLAIN, 20))
    spec = view.figure.spec()
    diagonal, bins = sorted(spec["datasets"].values(), key=len)
    assert diagonal == [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}]
    assert pl.DataFrame(bins).select(view.figure.table.columns).equals(view.figure.table)
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line", "line", "point"]
    assert spec["layer"][2]["encoding"]["size"]["field"] == "videos"
    assert view.figure.svg().startswith("<svg")


def test_datasets_without_labels_or_predictions_are_left_out_or_say_so() -> None:
    labelled = predicted(PLAIN, 20)
    nobody = labelled.with_columns(
        predict=pl.lit(None, pl.String), confidence=pl.lit(None, pl.Float64)
    )
    shown = views(none=predicted(PLAIN, 20, labels=False), nobody=nobody, two=labelled)
    assert [view.dataset for view in shown] == ["nobody", "two"]
    assert shown[0].figure.chart is None
    assert shown[0].figure.caption.startswith("No labelled video has a prediction")
    assert {row["calibration_error"] for row in shown[0].rows} == {None}
    assert views(none=predicted(PLAIN, 20, labels=False)) == []


def test_a_detector_without_predictions_is_named_in_the_caption() -> None:
    table = predicted(("mean_score",), 20)
    blind = pl.col("detector") == "haar"
    table = table.with_columns(
        pl.when(~blind).then("predict").alias("predict"),
        pl.when(~blind).then("confidence").alias("confidence"),
    )
    (view,) = views(d=table)
    assert "mean_score, haar: no prediction, accuracy 0.0% on all" in view.figure.caption


def _study(folder: Path, golden: dict[str, str], dataset: str = "2019") -> Tables:
    shown = (HAPPY, ANGRY, SAD)
    videos = {f"v{number:02}": [[shown[number % 3]]] for number in range(12)} | {"v11": [NOBODY]}
    study = {(dataset, "haar"): videos, (dataset, "mtcnn"): videos}
    return study_tables(folder, study, {dataset: golden})


def test_the_page_has_chart_table_and_both_files(tmp_path: Path) -> None:
    tables = _study(tmp_path, {f"v{number:02}": "Pos" for number in range(12)})
    page = tables.page()
    assert f'<a href="#how-sure">{HEADING}</a>' in page
    assert f'<h4 id="how-sure-title">{HEADING}</h4>' in page
    assert 'data-chart="2019/reliability"' in page
    assert "neither is a probability" in page
    assert "out of fold" in page
    section = page.split('<section id="how-sure"')[1].split("</section>")[0]
    # Four of twelve are right. One goes, in which no face was found.
    assert section.count('<td class="number"><b>33.33%</b></td>') == 5
    assert section.count('<td class="number">36.36%</td>') == 5
    assert 'download="reliability.csv"' in section
    assert 'download="least_certain.csv"' in section


def test_without_labels_the_page_says_nothing_of_it(tmp_path: Path) -> None:
    page = _study(tmp_path, {}).page()
    assert HEADING not in page
    assert "#how-sure" not in page.split("<style>")[0]
    assert 'id="how-sure"' not in page


def test_names_in_it_are_text(tmp_path: Path) -> None:
    tables = _study(tmp_path, {f"v{number:02}": "Pos" for number in range(12)})
    hostile = {
        name: getattr(tables, name).with_columns(dataset=pl.lit(HOSTILE))
        for name in ("summary", "reliability", "least_certain")
    }
    page = replace(tables, **hostile).page()
    assert HEADING in page
    assert "<b onload" not in page


def test_many_lines_have_colours_of_their_own() -> None:
    (view,) = views(d=predicted(("calibrated", "finetuned"), 20))
    colour = view.figure.spec()["layer"][1]["encoding"]["color"]["scale"]
    assert len(np.unique(colour["range"])) == len(colour["domain"]) == 6

"""The paper's accuracies compared with a study's."""

import polars as pl
import pytest
from facetally.errors import ConfigError
from facetally.measure.paper import BESIDE, RESULTS, beside_as_markdown, beside_the_paper
from facetally.measure.summary import SUMMARY


def summary(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"dataset": dataset, "detector": detector, "accuracy": accuracy, "labelled": 1320,
             "accuracy_low": 0.5, "accuracy_high": 0.62, "majority_baseline": 0.4}
            for dataset, detector, accuracy in rows
        ],
        SUMMARY,
    )  # fmt: skip


def test_a_study_with_the_papers_data_stands_beside_it() -> None:
    runs = [(result.year, result.detector, 0.6) for result in RESULTS]
    table = beside_the_paper(summary(*runs, ("2021", "haar", 0.9)))
    assert table.schema == BESIDE
    assert table.select("dataset", "detector", "paper_accuracy").rows() == [
        ("2019", "haar", 0.5394),
        ("2019", "mtcnn", 0.6005),
        ("2020", "haar", 0.5775),
        ("2020", "mtcnn", 0.5535),
    ]
    assert table["difference"][0] == pytest.approx(0.0606)
    # Wilson's interval for 712 of 1,320.
    assert table.row(0, named=True)["paper_low"] == pytest.approx(0.5124, abs=1e-4)
    said = beside_as_markdown(table).splitlines()[2]
    assert said == "| 2019 | No | 53.94% | 1,320 | 60.00% | 1,320 | 50.0% to 62.0% | +6.06% |"


def test_what_the_study_has_not_is_left_out() -> None:
    table = beside_the_paper(summary(("2019", "haar", 0.5), ("2019", "mtcnn", None)))
    assert table["detector"].to_list() == ["haar"]


def test_without_the_papers_datasets_a_line_tells_their_names() -> None:
    with pytest.raises(ConfigError, match="name the paper's videos 2019 and 2020"):
        beside_the_paper(summary(("demo", "haar", 0.5)))

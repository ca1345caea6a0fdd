"""Methods against each other."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from facetally.measure.comparisons import COMPARISONS, compare
from facetally.measure.predictions import PREDICTIONS


def predictions(right: dict[str, list[int]], group: int = 1) -> pl.DataFrame:
    """Predictions of methods, each given as right (1) or wrong (0) a video; groups of a size."""
    rows = [
        {"filename": f"v{number}", "method": method, "detector": "haar", "golden": "Pos",
         "predict": "Pos" if hit else None, "group": f"g{number // group}", "frames": 9, "no_face": 0}
        for method, hits in right.items()
        for number, hit in enumerate(hits)
    ]  # fmt: skip
    return pl.DataFrame(rows, PREDICTIONS)


def test_every_pair_has_a_row_with_what_differs() -> None:
    table = compare("2019", predictions({"a": [1, 1, 0, 0], "b": [1, 0, 1, 1], "c": [1, 1, 0, 1]}))
    assert table.schema == COMPARISONS
    assert table.select("first_method", "second_method", "only_first", "only_second").rows() == [
        ("a", "b", 1, 2), ("a", "c", 0, 1), ("b", "c", 1, 1),
    ]  # fmt: skip
    assert table["difference"].to_list() == [-0.25, -0.25, 0.0]
    assert table["majority_baseline"].to_list() == [1.0] * 3
    assert table["p"].to_list() == [1.0] * 3


def test_p_is_exact_and_corrected_by_holm() -> None:
    # a is right in 10 videos more than b, b in 6 more than c, which is never right alone.
    table = compare(
        "d", predictions({"a": [1] * 16 + [0], "b": [1] * 6 + [0] * 11, "c": [0] * 17})
    )
    exact = [2 / 2**10, 2 / 2**16, 2 / 2**6]
    assert table["p"].to_list() == pytest.approx(exact)
    # The smallest three times, the second twice, the largest once; none below a smaller one.
    assert table["p_holm"].to_list() == pytest.approx([2 * exact[0], 3 * exact[1], exact[2]])


def test_the_interval_of_a_difference_draws_whole_groups() -> None:
    rng = np.random.default_rng(0)
    hits = {"a": list(rng.integers(0, 2, 200)), "b": list(rng.integers(0, 2, 200))}
    single = compare("d", predictions(hits)).row(0, named=True)
    deviation = np.std(np.array(hits["a"]) - np.array(hits["b"])) / 200**0.5
    width = single["difference_high"] - single["difference_low"]
    assert width == pytest.approx(2 * 1.96 * deviation, rel=0.1)
    alike = {name: [hit for hit in of for _ in range(5)][:200] for name, of in hits.items()}
    grouped = compare("d", predictions(alike, group=5)).row(0, named=True)
    assert grouped["difference_high"] - grouped["difference_low"] > 1.8 * width


def test_one_group_leaves_the_interval_open(tmp_path: Path) -> None:
    table = compare("d", predictions({"a": [1, 0], "b": [0, 0]}, group=2))
    assert table.select("difference", "difference_low", "difference_high").row(0) == (
        0.5,
        None,
        None,
    )
    table.write_csv(tmp_path / "comparisons.csv")
    assert pl.read_csv(tmp_path / "comparisons.csv", schema=COMPARISONS).equals(table)


def test_without_labels_nothing_is_compared() -> None:
    table = predictions({"a": [1], "b": [0]}).with_columns(golden=pl.lit(None, pl.String))
    assert compare("d", table).is_empty()

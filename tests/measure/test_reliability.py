"""How far confidence can be trusted, on predictions whose confidence is known to be right or not."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from facetally.measure.predictions import PREDICTIONS
from facetally.measure.reliability import (
    LEAST_CERTAIN,
    RELIABILITY,
    calibration_error,
    least_certain,
    reliability,
    reliability_bins,
)
from polars.testing import assert_frame_equal
from sklearn.calibration import calibration_curve

ENTRY = {"method": "calibrated", "detector": "haar"}


def predicted(
    confidence: npt.ArrayLike, right: npt.ArrayLike, names: list[str] | None = None
) -> pl.DataFrame:
    """Predictions of labelled videos, null where there is no confidence."""
    rows = [
        {**ENTRY, "filename": f"v{number:06}" if names is None else names[number],
         "predict": None if sure is None else "Pos", "golden": "Pos" if hit else "Neg",
         "confidence": None if sure is None else float(sure), "frames": 9, "no_face": 9 if sure is None else 0}
        for number, (sure, hit) in enumerate(zip(confidence, right, strict=True))
    ]  # fmt: skip
    return pl.DataFrame(rows, PREDICTIONS)


def simulated(seed: int, videos: int = 20_000) -> tuple[npt.NDArray, npt.NDArray]:
    """Chances from a third to certainty, and whether each came true."""
    rng = np.random.default_rng(seed)
    chance = rng.uniform(1 / 3, 1, videos)
    return chance, rng.random(videos) < chance


def error(table: pl.DataFrame) -> float | None:
    return calibration_error(reliability_bins(table))


def accuracies(table: pl.DataFrame) -> list[float]:
    return least_certain("d", table)["accuracy"].to_list()


def test_a_bin_has_its_videos_mean_confidence_and_accuracy() -> None:
    # A bin is open below and closed above; 0 belongs to the first.
    table = predicted([0.0, 0.1, 0.55, 0.6, 0.61, 1.0, None], [0, 1, 1, 0, 1, 1, 1])
    bins = reliability("2019", table)
    assert bins.schema == RELIABILITY
    assert bins.select("dataset", "method", "detector").unique().rows() == [
        ("2019", "calibrated", "haar")
    ]
    assert bins.select("bin_low", "bin_high", "videos", "accuracy").rows() == [
        (0.0, 0.1, 2, 0.5), (0.5, 0.6, 2, 0.5), (0.6, 0.7, 1, 1.0), (0.9, 1.0, 1, 1.0),
    ]  # fmt: skip
    assert bins["confidence"].to_list() == pytest.approx([0.05, 0.575, 0.61, 1.0])
    wanted = (2 * 0.45 + 2 * 0.075 + 0.39 + 0) / 6
    assert error(table) == pytest.approx(wanted)


def test_bins_are_scikit_learns_and_videos_are_counted_by_the_same_rule() -> None:
    chance, right = simulated(0, 3000)
    # Most are on an edge, as shares of ten frames are.
    sure = np.where(np.arange(3000) % 3 > 0, chance.round(1), chance)
    bins = reliability_bins(predicted(sure, right))
    accuracy, confidence = calibration_curve(right, sure, n_bins=10)
    np.testing.assert_allclose(bins["accuracy"], accuracy)
    np.testing.assert_allclose(bins["confidence"], confidence)
    assert bins["videos"].sum() == 3000
    assert (bins["videos"] * bins["accuracy"]).sum() == pytest.approx(right.sum())
    assert (bins["videos"] * bins["confidence"]).sum() == pytest.approx(sure.sum())
    assert (bins["confidence"] > bins["bin_low"]).all()
    # The mean of ten times 0.3 is not quite that.
    assert (bins["confidence"] <= bins["bin_high"] + 1e-9).all()


def test_the_error_of_true_probabilities_is_near_zero() -> None:
    # About 15,000 videos per bin: a bin's accuracy has a standard error of 0.004.
    assert error(predicted(*simulated(1, 100_000))) < 0.01


def test_the_error_of_too_sure_predictions_is_what_they_are_too_sure_by() -> None:
    chance, right = simulated(2)
    assert error(predicted((chance + 1) / 2, right)) == pytest.approx(1 / 6, abs=0.01)
    assert error(predicted(np.ones(20_000), right)) == pytest.approx(1 / 3, abs=0.01)
    # Being too unsure is just as far off.
    assert error(predicted(chance / 2, right)) == pytest.approx(1 / 3, abs=0.01)


def test_an_informative_confidence_gains_with_each_tenth_left_out() -> None:
    gained = np.diff(accuracies(predicted(*simulated(3))))
    # The mean of the remaining chances rises by a thirtieth per tenth.
    assert (gained > 0).all()
    assert gained == pytest.approx([1 / 30] * 9, abs=0.015)


def test_a_confidence_that_knows_nothing_gains_nothing() -> None:
    chance, right = simulated(4)
    shuffled = np.random.default_rng(5).permutation(chance)
    assert accuracies(predicted(shuffled, right)) == pytest.approx([2 / 3] * 10, abs=0.03)


def test_the_least_certain_are_left_out_in_whole_videos() -> None:
    table = predicted([0.9, None, 0.5, 0.7, 0.8], [1, 0, 0, 1, 0])
    left = least_certain("2019", table)
    assert left.schema == LEAST_CERTAIN
    assert left.select("dataset", "method", "detector").unique().rows() == [
        ("2019", "calibrated", "haar")
    ]
    # A tenth of five videos is none; then the one without a face goes, then 0.5, 0.7 and 0.8.
    assert left.select("left_out", "videos", "accuracy").rows() == [
        (0.0, 5, 2 / 5), (0.1, 5, 2 / 5), (0.2, 4, 2 / 4), (0.3, 4, 2 / 4), (0.4, 3, 2 / 3),
        (0.5, 3, 2 / 3), (0.6, 2, 1 / 2), (0.7, 2, 1 / 2), (0.8, 1, 1.0), (0.9, 1, 1.0),
    ]  # fmt: skip


def test_equally_confident_videos_go_by_filename_whatever_their_order() -> None:
    names = [f"{letter}{number}" for letter in "ba" for number in range(5)]
    table = predicted([0.5] * 10, [1] * 5 + [0] * 5, names)
    # The videos of a, all wrong, are left out first.
    wanted = [5 / 10, 5 / 9, 5 / 8, 5 / 7, 5 / 6, 1, 1, 1, 1, 1]
    assert accuracies(table) == pytest.approx(wanted)
    assert accuracies(table.sample(fraction=1, shuffle=True, seed=1)) == accuracies(table)


def test_only_labelled_videos_that_could_be_analysed_count() -> None:
    table = predicted([0.9, 0.8, 0.7, None], [1, 0, 1, 0]).with_columns(
        golden=pl.Series(["Pos", None, "Pos", "Neg"]), frames=pl.Series([9, 9, 9, 0])
    )
    assert reliability_bins(table)["videos"].to_list() == [1, 1]
    assert least_certain("d", table)["videos"][0] == 2


def test_without_labels_there_is_nothing_to_say() -> None:
    table = predicted([0.9, 0.8], [1, 0]).with_columns(golden=pl.lit(None, pl.String))
    assert_frame_equal(reliability("d", table), RELIABILITY.to_frame())
    assert_frame_equal(least_certain("d", table), LEAST_CERTAIN.to_frame())
    assert error(table) is None


def test_without_a_prediction_all_are_wrong_and_none_is_sure() -> None:
    table = predicted([None, None], [1, 0])
    assert reliability("d", table).is_empty()
    assert error(table) is None
    assert accuracies(table) == [0.0] * 10


def test_each_method_and_detector_has_its_rows_in_order_and_files_keep_them(
    tmp_path: Path,
) -> None:
    one, other = predicted([0.9, 0.4], [1, 0]), predicted([0.2, 0.3], [1, 1])
    table = pl.concat([one, other.with_columns(method=pl.lit("Ä"), detector=pl.lit("007"))])
    bins, left = reliability("1", table), least_certain("1", table)
    assert bins.select("method", "detector", "bin_high").rows() == [
        ("calibrated", "haar", 0.4), ("calibrated", "haar", 0.9), ("Ä", "007", 0.2), ("Ä", "007", 0.3),
    ]  # fmt: skip
    assert (
        left.select("method", "detector").rows()
        == [("calibrated", "haar")] * 10 + [("Ä", "007")] * 10
    )
    for written, schema in ((bins, RELIABILITY), (left, LEAST_CERTAIN)):
        written.write_csv(tmp_path / "table.csv")
        assert_frame_equal(pl.read_csv(tmp_path / "table.csv", schema=schema), written)

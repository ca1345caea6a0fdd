"""All methods on a labelled set of public faces, from videos to the summary."""

from pathlib import Path

import polars as pl
import pytest
from facetally.measure.reliability import LEAST_CERTAIN, RELIABILITY
from scipy.stats import binomtest
from support.labelled_faces import write_clear, write_degraded
from support.networks import Networks
from support.snakemake_runs import GPU, snakemake
from support.studies import write_config

SETTINGS = {"sampling": {"every_nth_frame": 1}}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A study of degraded faces whose golden labels come from the clear ones."""
    folder = networks(tmp_path_factory.mktemp("labelled"))
    write_clear(folder / "clear")
    write_config(folder, datasets={"clear": {"videos": "clear"}}, **SETTINGS)
    counts = "results/counts/clear/mtcnn.csv"
    process = snakemake(folder, counts, *GPU)
    assert process.returncode == 0, process.stdout
    shown = {
        name.split("_")[0]: label
        for name, label in pl.read_csv(folder / counts).select("filename", "predict").iter_rows()
        if label
    }
    assert set(shown.values()) == {"Pos", "Neg", "Neut"}
    write_degraded(folder / "degraded", clips=2)
    rows = [
        f"{path.stem},{shown[path.stem.split('_')[0]]}\n"
        for path in sorted((folder / "degraded").iterdir())
        if path.stem.split("_")[0] in shown
    ]
    (folder / "labels.csv").write_text("filename,label\n" + "".join(rows))
    write_config(
        folder,
        datasets={"degraded": {"videos": "degraded", "labels": "labels.csv"}},
        methods=["majority", "mean_score", "ensemble", "calibrated"],
        **SETTINGS,
    )
    # Only what is checked; a page of this many videos would take as long again.
    tables = ("results/summary.csv", "results/predictions/degraded.csv")
    process = snakemake(folder, *tables, *GPU)
    assert process.returncode == 0, process.stdout
    return folder


def test_each_method_has_a_row(study: Path) -> None:
    summary = pl.read_csv(study / "results" / "summary.csv")
    assert summary.select("method", "detector").rows() == [
        ("majority", "haar"),
        ("majority", "mtcnn"),
        ("mean_score", "haar"),
        ("mean_score", "mtcnn"),
        ("ensemble", "haar+mtcnn"),
        ("calibrated", "haar"),
        ("calibrated", "mtcnn"),
        ("calibrated", "haar+mtcnn"),
    ]
    assert (summary["labelled"] > 50).all()
    assert (summary["accuracy"] > summary["majority_baseline"]).all()


def test_the_ensemble_says_what_both_detectors_say(study: Path) -> None:
    ensemble = _predicted(study, "ensemble", "haar+mtcnn")
    haar, mtcnn = (_predicted(study, "mean_score", detector) for detector in ("haar", "mtcnn"))
    agreed = [video for video in ensemble if haar[video] and haar[video] == mtcnn[video]]
    assert len(agreed) > 30
    # Nearly: it also weighs how many frames each detector found a face in.
    assert sum(ensemble[video] == haar[video] for video in agreed) >= 0.95 * len(agreed)


def test_the_ensemble_is_not_worse_than_the_worse_detector(study: Path) -> None:
    summary = pl.read_csv(study / "results" / "summary.csv")
    single = summary.filter(pl.col("method").is_in(["majority", "mean_score"]))
    ensemble = summary.filter(method="ensemble").row(0, named=True)
    assert ensemble["coverage"] >= single["coverage"].max()
    golden = dict(pl.read_csv(study / "labels.csv").iter_rows())
    by_ensemble = _predicted(study, "ensemble", "haar+mtcnn")
    for (method,), rows in single.group_by("method"):
        worse = _predicted(study, str(method), rows.sort("accuracy")["detector"][0])
        lost = sum(worse[video] == golden[video] != by_ensemble[video] for video in golden)
        won = sum(by_ensemble[video] == golden[video] != worse[video] for video in golden)
        # One clip more or less is chance and varies between processors, whose instructions affect
        # rounding in the pictures, the encoder and the networks.
        assert lost + won == 0 or binomtest(lost, lost + won, alternative="greater").pvalue > 0.05


def _predicted(study: Path, method: str, detector: str) -> dict[str, str | None]:
    """Return the predicted class by video."""
    table = pl.read_csv(study / "results" / "predictions" / "degraded.csv")
    own = table.filter(method=method, detector=detector)
    return dict(own.select("filename", "predict").iter_rows())


def test_confidence_and_what_it_is_worth_are_tables_of_the_study(study: Path) -> None:
    results = study / "results"
    summary = pl.read_csv(results / "summary.csv")
    assert summary.columns[-1] == "calibration_error"
    assert summary["calibration_error"].is_between(0, 1).all()
    entries = summary.select("dataset", "method", "detector").rows()
    bins = pl.read_csv(results / "reliability.csv", schema=RELIABILITY)
    left = pl.read_csv(results / "least_certain.csv", schema=LEAST_CERTAIN)
    for table in (bins, left):
        own = table.select("dataset", "method", "detector").unique(maintain_order=True)
        assert own.rows() == entries
    all_of_them = left.filter(left_out=0)
    assert all_of_them["videos"].to_list() == summary["labelled"].to_list()
    assert all_of_them["accuracy"].to_list() == pytest.approx(summary["accuracy"].to_list())


def test_a_person_is_in_one_fold(study: Path) -> None:
    predictions = pl.read_csv(study / "results" / "predictions" / "degraded.csv")
    learned = predictions.filter(method="calibrated").drop_nulls(["golden", "fold"])
    assert learned.group_by("group", "detector").agg(pl.col("fold").n_unique())["fold"].max() == 1
    assert learned["group"].n_unique() > 25

"""Whether DVC would notice a change in what a study reads."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from facetally.errors import ConfigError
from facetally.study import storyboard
from facetally.study.config import load_study
from facetally.study.dvc_deps import check_deps, check_outs
from support.recognizers import finetuned
from support.repository import ROOT

PIPELINE = ROOT / "dvc.yaml"
RATERS = ("ratings", "agreement", "rater_pairs", "unresolved_labels")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study's folder, with videos in it and beside it, and links to those."""
    study = tmp_path / "study"
    for clips in (study / "data" / "2019", tmp_path / "else where"):
        clips.mkdir(parents=True)
        (clips / "one.mp4").touch()
    for labels in (study / "data" / "2019.csv", tmp_path / "labels.csv"):
        labels.write_text("filename,label\none,Positive\n")
    (study / "data" / "linked").symlink_to(tmp_path / "else where")
    (study / "data" / "linked.csv").symlink_to(tmp_path / "labels.csv")
    (study / "linked").symlink_to(tmp_path / "else where")
    monkeypatch.chdir(study)
    return tmp_path


def refusal(*deps: Any, results: list[Any] | None = None, **config: Any) -> str:
    """Return the message for a configuration with these deps in both stages, if any."""
    stages = {"raw": {"deps": list(deps)}, "results": {"deps": results or list(deps)}, "mine": {}}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    datasets = {"d": {key: config.pop(key) for key in ("videos", "labels") if key in config}}
    try:
        check_deps(load_study({"datasets": datasets, **config}))
    except ConfigError as error:
        return str(error)
    return ""


SAID = "dvc.yaml: dvc repro would not notice a change in what config.yaml names outside the deps; add "


@pytest.mark.usefixtures("folder")
def test_what_lies_within_deps_may_run() -> None:
    inside = {"videos": "data/2019", "labels": "data/2019.csv"}
    assert refusal("data", **inside) == ""
    assert refusal({"./data/": {"hash": "md5"}}, **inside) == ""
    assert refusal("data/2019", "data/2019.csv", **inside) == ""
    assert refusal("../else where", "..", videos="../else where") == ""
    assert refusal("../else where", "..", videos=str(Path("../else where").resolve())) == ""
    # DVC follows a link to a file, and a dep that is a link to a folder.
    assert refusal("data", videos="data/2019", labels="data/linked.csv") == ""
    assert refusal("data", "data/linked", videos="data/linked") == ""


def test_what_lies_elsewhere_is_refused_with_the_lines_to_add(folder: Path) -> None:
    assert refusal("data", videos="../else where", labels="../labels.csv") == (
        f"{SAID}'- ../else where' and '- ../labels.csv' to the deps of raw and results"
    )
    path = f"{folder}/else where"
    assert refusal("data", videos=path) == f"{SAID}'- {path}' to the deps of raw and results"
    assert refusal("data", path, results=["data"], videos=path) == (
        f"{SAID}'- {path}' to the deps of results"
    )
    # No link to a folder, below a dep.
    assert refusal("data", videos="data/linked") == (
        f"{SAID}'- data/linked' to the deps of raw and results"
    )
    # A folder of labels, in which there is no file yet.
    (folder / "labels").mkdir()
    assert refusal("data", videos="data/2019", labels="../labels") == (
        f"{SAID}'- ../labels' to the deps of raw and results"
    )
    card = finetuned(Path())
    assert refusal("data", videos="data/2019", recognizer=str(card)) == (
        f"{SAID}'- model.yaml' and '- model.onnx' to the deps of raw and results"
    )


def test_the_study_that_ships_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    config = yaml.safe_load(Path("config.yaml").read_text())
    check_deps(load_study(config, promised=storyboard.videos()))
    stages = yaml.safe_load(PIPELINE.read_text())["stages"]
    # A stage that runs Snakemake looks first.
    for stage in stages.values():
        assert stage["cmd"][0] == "python workflow/scripts/dvc_deps.py"
        assert any(re.match(r"snakemake ", command) for command in stage["cmd"][1:])


def outs_refused(**config: Any) -> str:
    """Return the message for a configuration with the outs that dvc.yaml has."""
    try:
        check_outs(load_study(config), PIPELINE)
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.usefixtures("folder")
def test_results_that_no_out_includes_are_refused_with_the_lines_to_add() -> None:
    video = {"videos": "data/2019"}
    one = {"d": {**video, "labels": "data/2019.csv"}}
    assert outs_refused(datasets=one) == ""
    assert outs_refused(datasets={"d": video}) == ""
    Path("events.csv").write_text("filename,start,end,event\none,0,1,war\n")
    assert outs_refused(datasets=one, events="events.csv", people={"identify": True}) == ""
    Path("data/two.csv").write_text("filename,label,rater\none,Pos,a\none,Neg,b\n")
    said = outs_refused(datasets={"d": {**video, "labels": "data/two.csv"}})
    assert "dvc push would leave out results" in said
    lines = re.findall(r"'- (results/\S+): {persist: true}'", said)
    assert lines == [f"results/{name}.csv" for name in RATERS]
    assert said.endswith(" to the outs of results")

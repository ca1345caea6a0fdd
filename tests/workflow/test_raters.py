"""Labels of several raters in a study, and the pages for giving them."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import polars as pl
import pytest
import yaml
from support.clips import noise, write_clip
from support.networks import Networks
from support.repository import ROOT
from support.snakemake_runs import GPU, NOTHING, jobs, lines, snakemake

ANNA, BEN, CLEO = "anna", "ben", "cleo"


def write_labels(study: Path, **labels: str) -> None:
    (study / "labels").mkdir(exist_ok=True)
    for rater, label in labels.items():
        text = f"filename,label,rater\r\none,{label},{rater}\r\n"
        (study / "labels" / f"d-{rater}.csv").write_text(text)


def configure(study: Path, **settings: object) -> None:
    config = yaml.safe_load((study / "config.yaml").read_text())
    (study / "config.yaml").write_text(yaml.safe_dump(config | settings))


def run(study: Path, *arguments: str) -> str:
    process = snakemake(study, *arguments, *GPU)
    assert process.returncode == 0, process.stdout
    return process.stdout


def contents(study: Path) -> dict[Path, bytes]:
    """All results but logs, records and the page that says when it was made."""
    results = study / "results"
    return {
        path.relative_to(results): path.read_bytes()
        for path in results.rglob("*")
        if path.is_file()
        and "logs" not in path.parts
        and path.name not in ("provenance.jsonl", "index.html")
    }


def test_three_raters_and_back_to_one(study: Path) -> None:
    before = contents(study)
    datasets = {"d": {"videos": "clips", "labels": "labels"}}
    one = yaml.safe_load((study / "config.yaml").read_text())["datasets"]
    write_labels(study, anna="Positive", ben="positiv", cleo="Negative")
    configure(study, datasets=datasets, label_names={"positiv": "Positive"})
    said = run(study)
    assert "agreement" in jobs(said)
    assert not {"sample_frames", "detect_emotions", "collect_faces"} & jobs(said).keys()
    assert "how far raters agree" in said
    results = study / "results"
    counts = pl.read_csv(results / "counts" / "d" / "haar.csv")
    assert counts["golden"].to_list() == ["Pos"]
    summary = pl.read_csv(results / "summary.csv")
    human = summary.row(by_predicate=pl.col("method") == "human", named=True)
    # For anna and ben, the others are divided; cleo is alone against them.
    assert (human["detector"], human["accuracy"], human["labelled"]) == ("human", 0, 1)
    (row,) = pl.read_csv(results / "agreement.csv").iter_rows(named=True)
    assert (row["raters"], row["videos"], row["agreement"]) == (3, 1, 0)
    page = (results / "report" / "index.html").read_text()
    assert 'id="raters-section"' in page
    assert NOTHING in run(study)

    write_labels(study, ben="cannot tell")
    said = run(study)
    assert lines(said)[-1] == (
        "facetally: 1 labelled video has no golden label (raters tie, or cannot tell) and no part "
        "in the accuracy: see results/unresolved_labels.csv"
    )
    assert (results / "unresolved_labels.csv").read_text() == (
        'dataset,filename,reason,labels\nd,one,tie,"anna: Pos, ben: cannot tell, cleo: Neg"\n'
    )
    assert pl.read_csv(results / "counts" / "d" / "haar.csv")["golden"].to_list() == [None]
    configure(study, golden="Anna")
    run(study)
    assert pl.read_csv(results / "counts" / "d" / "haar.csv")["golden"].to_list() == ["Pos"]

    configure(study, datasets=one, golden="majority", label_names={})
    run(study)
    left = contents(study)
    for name in ("ratings", "agreement", "rater_pairs", "unresolved_labels"):
        left.pop(Path(f"{name}.csv"))
    assert left == before
    assert 'id="raters-section"' not in (results / "report" / "index.html").read_text()


@pytest.mark.parametrize(
    ("rows", "settings", "said"),
    [
        ("one,Pos,\n", {}, "labels/d.csv, row 2: the rater of one is empty; write it or remove the row"),
        ("one,froh,anna\n", {}, "labels/d.csv, row 2: label 'froh' of one is unknown; write Positive, Neutral or Negative, or name it in label_names"),
        ("one,Pos,anna\n", {"golden": "ben"}, "config.yaml: golden: ben is not a rater of dataset d (raters: anna); name one, or write majority or unanimous"),
        ("one,Pos,anna\n", {"label_names": {"yes": "Happy"}}, "config.yaml: label_names.yes: 'Happy' is unknown (known: Positive, Neutral, Negative, cannot tell)"),
        ("one,Pos,anna\n", {"label": {"sample": 0}}, "config.yaml: label.sample: 0 is too small; it must be 1 or more"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(
    study: Path, rows: str, settings: dict[str, object], said: str
) -> None:
    (study / "labels").mkdir()
    (study / "labels" / "d.csv").write_text(f"filename,label,rater\n{rows}")
    configure(study, datasets={"d": {"videos": "clips", "labels": "labels"}}, **settings)
    process = snakemake(study, *GPU)
    assert process.returncode == 1
    assert lines(process.stdout) == [f"facetally: {said}"]


def test_pages_are_made_of_what_is_new(study: Path) -> None:
    before = contents(study)
    said = run(study, "label")
    assert jobs(said) == {"label_clip": 1, "label_page": 1, "label": 1}
    made = contents(study).keys() - before.keys()
    assert {str(path) for path in made} == {
        "label/d.html",
        "label/clips/d/one.json",
        "label/clips/d/one.mp4",
    }
    assert NOTHING in run(study, "label")
    write_clip(study / "clips" / "two.avi", noise(5), codec="mpeg4")
    assert jobs(run(study, "label")) == {"label_clip": 1, "label_page": 1, "label": 1}
    clips = study / "results" / "label" / "clips" / "d"
    assert json.loads((clips / "two.json").read_text()) == {"plays": False, "problem": None}
    assert (clips / "two.mp4").stat().st_size > 0
    assert (clips / "one.mp4").stat().st_size == 0
    configure(study, label={"videos": "unlabelled"})
    assert jobs(run(study, "label")) == {"label_page": 1, "label": 1}
    page = (study / "results" / "label" / "d.html").read_text()
    assert '"two"' in page
    assert '"one"' not in page
    configure(study, label={"previews": "all"})
    run(study, "label")
    assert (clips / "one.mp4").stat().st_size > 0
    assert '"src": "clips/d/one.mp4"' in (study / "results" / "label" / "d.html").read_text()


def test_the_steps_of_the_page_on_labels(tmp_path: Path, networks: Networks) -> None:
    """Its commands and its first config.yaml, in their order, from videos to an accuracy."""
    study = networks(tmp_path)
    for name in ("one", "two"):
        write_clip(study / "data" / "2019" / f"{name}.mp4", noise(3))
    text = (ROOT / "docs" / "labels.md").read_text("utf-8").partition("## Several raters")[0]
    blocks = re.findall(r"^```(sh|yaml)\n(.*?)^```", text, re.M | re.S)
    said = []
    for kind, block in blocks:
        if kind == "yaml":
            configured = (study / "config.yaml").exists()
            (study / "config.yaml").open("a").write(
                block if configured else f"detectors: [haar]\n{block}"
            )
            continue
        for line in block.splitlines():
            command, *arguments = shlex.split(line)
            if command != "snakemake":
                subprocess.run(["sh", "-c", line], cwd=study, check=True)
                continue
            if said:  # The pages are made: labels are given.
                for rater in (ANNA, BEN):
                    path = study / "data" / "labels_2019" / f"2019-{rater}.csv"
                    path.write_text(f"filename,label,rater\r\none,Positive,{rater}\r\n")
            said.append(run(study, *arguments))
    none_yet = "facetally: data/labels_2019: has no label file yet, so there is no accuracy"
    assert [none_yet in lines(each) for each in said] == [True, False]
    assert (study / "results" / "label" / "2019.html").exists()
    assert pl.read_csv(study / "results" / "agreement.csv")["agreement"].to_list() == [1]
    # A study does without labels, too.
    for path in (study / "data" / "labels_2019").iterdir():
        path.unlink()
    assert none_yet in lines(run(study))
    assert set(pl.read_csv(study / "results" / "summary.csv")["accuracy"]) == {None}

"""A study of videos with all the names that work: nothing in them is executed."""

import csv
import unicodedata
from pathlib import Path

import pytest
from facetally.study.names import normal
from support.clips import noise, write_clip
from support.names import COMPOSED, DECOMPOSED, WORKING
from support.networks import Networks
from support.snakemake_runs import GPU, jobs, snakemake
from support.studies import write_config


def column(path: Path, name: str) -> list[str]:
    """A column of a CSV file, as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A study of videos with all the names that work, run once."""
    folder = tmp_path_factory.mktemp("names")
    clip = write_clip(folder / "clip.mp4", noise(2))
    elsewhere, here = folder / "elsewhere", folder / "study"
    elsewhere.mkdir()
    here.mkdir()
    networks(here)
    for name in WORKING.values():
        (elsewhere / name).hardlink_to(clip)
    (here / "videos").symlink_to(elsewhere)
    for name in ("concat:a.mp4", "-i.mp4", "~.mp4"):
        (here / name).symlink_to("../clip.mp4")
    # Each written in the form of Unicode that the file's name is not in.
    rows = [f"{unicodedata.normalize('NFD', COMPOSED)};Pos", f"{normal(DECOMPOSED)};Neg", ";;"]
    (folder / "labels.csv").write_bytes("\r\n".join(["filename;label", *rows]).encode())
    datasets = {
        "linked": {"videos": "videos", "labels": "../labels.csv"},
        "here": {"videos": "."},
    }
    write_config(here, datasets=datasets, detectors=["haar"], sampling={"every_nth_frame": 1})
    process = snakemake(here, *GPU)
    assert process.returncode == 0, process.stdout
    return here


def test_all_names_are_counted_and_nothing_in_them_is_executed(study: Path) -> None:
    counts = study / "results" / "counts"
    names = sorted(name.rpartition(".")[0] for name in WORKING.values())
    assert column(counts / "linked" / "haar.csv", "filename") == names
    assert column(counts / "here" / "haar.csv", "filename") == ["-i", "concat:a", "~"]
    golden = dict(zip(names, column(counts / "linked" / "haar.csv", "golden"), strict=True))
    assert {name: label for name, label in golden.items() if label} == {
        COMPOSED: "Pos",
        DECOMPOSED: "Neg",
    }
    assert set(column(counts / "linked" / "haar.csv", "frames")) == {"2"}
    assert not list(study.parent.rglob("pwned"))
    assert not list((study / "results").rglob(".partial*"))


def test_a_second_run_does_nothing(study: Path) -> None:
    process = snakemake(study, *GPU)
    assert (process.returncode, jobs(process.stdout)) == (0, {}), process.stdout


def test_clips_and_pages_of_such_names_can_be_asked_for(study: Path) -> None:
    asked = [
        f"results/{place.format(WORKING[case].rpartition('.')[0])}"
        for case, place in {
            "a command in $( )": "report/videos/linked/{}.html",
            "& and < and >": "report/videos/linked/{}.html",
            "250 bytes without extension": "report/videos/linked/{}.html",
            "a protocol of FFmpeg": "annotated/here/haar/{}.mp4",
            "one letter repeated 19 times": "annotated/linked/haar/{}.gif",
            "a command in backticks": "annotated/linked/haar/{}.mp4",
            "* and ? and [x]": "annotated/linked/haar/{}.mp4",
        }.items()
    ]
    process = snakemake(study, *asked, *GPU)
    assert process.returncode == 0, process.stdout
    ran = jobs(process.stdout)
    assert (ran["video_page"], ran["annotate_video"]) == (3, 4)
    for path in asked:
        assert (study / path).stat().st_size > 0
    assert not list(study.parent.rglob("pwned"))

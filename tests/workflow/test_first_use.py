"""The way that the documentation shows a new user, from the demo to a colleague's clone."""

import csv
import re
import shlex
import shutil
from pathlib import Path

import yaml
from support import commands
from support.clips import noise, write_clip
from support.snakemake_runs import NOTHING, lines

VIDEOS = ("ahlers_1", "brandt_1", "ahlers_2")


def run(folder: Path, command: str, status: int = 0) -> str:
    """Type a command as the documentation has it; return what it prints."""
    return commands.run(folder, *shlex.split(command), status=status)


def name_in_config(folder: Path, **dataset: str) -> None:
    """Put a dataset in place of those that config.yaml names, as an editor would."""
    config = folder / "config.yaml"
    before, _, after = config.read_text().partition("\ndatasets:")
    rest = after[after.index("\nsampling:") :]
    config.write_text(
        f"{before}\ndatasets: {{'2019': {yaml.safe_dump(dataset, default_flow_style=True).strip()}}}\n{rest}"
    )


def label(folder: Path, rater: str, *answers: str) -> None:
    """Save what the page for labelling saves."""
    rows = [(video, answer, rater) for video, answer in zip(VIDEOS, answers, strict=True)]
    path = folder / "data" / "labels_2019" / f"2019-{rater}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("filename", "label", "rater"), *rows])


def skipped(said: str) -> bool:
    return all(f"Stage '{stage}' didn't change, skipping" in said for stage in ("raw", "results"))


def test_from_the_demo_to_a_colleagues_clone(demo_study: tuple[Path, str], tmp_path: Path) -> None:
    demo, _ = demo_study  # By the command of `make study`.
    study = tmp_path / "study"
    shutil.copytree(demo, study, symlinks=True)
    run(study, "git init --quiet --initial-branch main")
    # The demo under DVC: what the workflow renders is not sought in a clone.
    run(study, f"dvc remote add --default store {tmp_path / 'store'}")
    run(study, "dvc repro")
    publish(study)
    assert_nothing_to_do(pull(study, tmp_path / "with_the_demo"))

    # Videos of one's own, and what the run then recommends.
    for seed, video in enumerate(VIDEOS):
        write_clip(study / "data" / "2019" / f"{video}.mp4", noise(21, seed=seed))
    name_in_config(study, videos="data/2019")
    said = run(study, "snakemake --cores 8")
    (line,) = lines(said)
    assert "(config.yaml no longer names dataset demo_large_faces)" in line
    command = re.findall(r"; (python \S+prune\.py) removes them$", line)
    assert "\n  results/people/demo_small_faces/shares.csv\n" in run(study, *command)
    said = run(study, "snakemake --cores 8")
    assert NOTHING in said
    assert lines(said) == []
    left = {path.relative_to(study / "results") for path in study.glob("results/**/demo_*_faces*")}
    assert {path.parts[0] for path in left} == {"logs"}

    # A page for raters before any label is there, then labels.
    (study / "data" / "labels_2019").mkdir()
    name_in_config(study, videos="data/2019", labels="data/labels_2019")
    run(study, "snakemake label --cores 2")
    assert "ahlers_1" in (study / "results" / "label" / "2019.html").read_text("utf-8")
    label(study, "anna", "Positive", "Negative", "Neutral")
    assert "| 2019 | 3 | No | " in run(study, "snakemake --cores 2")

    # Under DVC, also with labels of a second rater.
    run(study, "dvc add --quiet data/2019")
    run(study, "dvc repro")
    assert skipped(run(study, "dvc repro"))
    label(study, "ben", "Positive", "Negative", "Negative")
    (line,) = set(lines(run(study, "dvc repro", status=255)))
    added = "".join(f"      {each}\n" for each in re.findall(r"'(- results/[^']*)'", line))
    pipeline = (study / "dvc.yaml").read_text()
    (study / "dvc.yaml").write_text(
        pipeline.replace("      - results/bias.csv", f"{added}      - results/bias.csv")
    )
    run(study, "dvc repro")
    assert skipped(run(study, "dvc repro"))
    publish(study)
    assert_nothing_to_do(pull(study, tmp_path / "colleague"))


def publish(study: Path) -> None:
    """Commit and push as docs/dvc.md has it."""
    run(study, "git add .")
    run(study, "git commit --quiet -m 'The study'")
    run(study, "dvc push --quiet")


def pull(study: Path, folder: Path) -> Path:
    """Return a clone with all that DVC has."""
    run(study, f"git clone --quiet {study} {folder}")
    run(folder, "dvc pull --quiet")
    return folder


def assert_nothing_to_do(folder: Path) -> None:
    assert skipped(run(folder, "dvc repro"))
    assert NOTHING in run(folder, "snakemake --cores 8")
    assert run(folder, "git status --porcelain") == ""

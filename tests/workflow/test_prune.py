"""Old results are removed under the study's lock, and every path belongs to one rule."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from facetally.snakemake_compat.lock import study_locked
from facetally.study.config import load_study
from facetally.study.outputs import everything
from support.many_names import DATASETS, lay_inputs
from support.processes import wait_for
from support.repository import ROOT
from support.snakemake_runs import GPU, NOTHING, environment, snakemake
from support.studies import write_config

PRUNE = ROOT / "workflow" / "scripts" / "prune.py"
REFUSAL = (
    "facetally: a run of this study is in progress; wait for its end or, if it was killed, type "
    "snakemake --unlock\n"
)
TARGETS = ("all", "annotate", "label", "video_pages", "finetuned", "results/paper.md")
COMMAND = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]


def prune(study: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PRUNE], cwd=study, capture_output=True, text=True, check=False
    )


def old_file(study: Path) -> Path:
    path = study / "results" / "counts" / "old" / "haar.csv"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_beside_a_run_nothing_is_removed(study: Path) -> None:
    old = old_file(study)
    locks = study / ".snakemake" / "locks"
    process = subprocess.Popen(
        [*COMMAND, "--cores", "1", *GPU, "--forcerun", "problems"],
        cwd=study,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_for(lambda: list(locks.glob("*.lock")) or process.poll() is not None)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        held = sorted(locks.iterdir())
        done = prune(study)
        forgets = snakemake(study, "forget", "--config", "forget=Nemo", *GPU)
        assert sorted(locks.iterdir()) == held
    finally:
        os.kill(process.pid, signal.SIGCONT)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert (done.returncode, done.stdout, done.stderr) == (1, "", REFUSAL)
    assert (forgets.returncode, forgets.stdout.count(REFUSAL)) == (1, 1), forgets.stdout
    assert old.exists()

    # What a killed run leaves, until it is unlocked as the message says.
    locks.mkdir(exist_ok=True)
    (locks / "0.input.lock").write_text("results/problems.csv\n")
    assert prune(study).stderr == REFUSAL
    assert snakemake(study, "--unlock").returncode == 0
    done = prune(study)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "Removing 1 file, because config.yaml no longer names dataset old:\n"
        "  results/counts/old/haar.csv\n"
    )
    assert not old.exists()
    assert prune(study).stdout == ""


def test_no_run_starts_while_files_are_removed(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study)
    loaded = load_study(yaml.safe_load(Path("config.yaml").read_text()))
    with study_locked(everything(loaded)):
        for target in ([], ["raw"], ["label"], ["results/models/versions.json", "--forceall"]):
            process = snakemake(study, *target, *GPU)
            assert process.returncode == 1, target
            assert "LockException" in process.stdout
        assert prune(study).stderr == REFUSAL
        forgets = snakemake(study, "forget", "--config", "forget=Nemo", *GPU)
        assert (forgets.returncode, forgets.stdout.count(REFUSAL)) == (1, 1), forgets.stdout
    assert NOTHING in snakemake(study, *GPU).stdout


def test_each_path_is_written_by_one_rule_and_known_to_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config: dict[str, object] = {
        "datasets": {
            name: {"videos": f"videos/{name}", "labels": f"labels/{name}"} for name in DATASETS
        },
        "detectors": ["haar", "mtcnn", "centerface"],
        "people": {"references": "people"},
        "events": "events.csv",
    }
    study = lay_inputs(config)
    write_config(tmp_path, **config)
    process = snakemake(tmp_path, *TARGETS, "--summary", *GPU)
    assert process.returncode == 0, process.stdout
    written = Counter(re.findall(r"^(results/.+?)\t", process.stdout, re.M))
    assert [path for path, rules in written.items() if rules > 1] == []
    again = {path for path in everything(study) if path.startswith("results/frames/resampled/")}
    assert {*written} == {*everything(study)} - again

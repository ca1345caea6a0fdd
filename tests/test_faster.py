"""What Snakemake is spared: it answers as it would without."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import GPU, ROOT, environment, noise, snakemake, write_clip, write_config

AS_IT_IS = """
import sys
from snakemake.cli import main
from facetally.snakemake_compat import faster
faster.be_faster = lambda: None
main(sys.argv[1:])
"""
"""Runs Snakemake with nothing of its own replaced."""

PLANS = {
    "everything": [*GPU],
    "commands": ["--printshellcmds", *GPU],
    "in groups, for a cluster": ["--profile", str(ROOT / "workflow" / "profiles" / "slurm")],
    "annotated": ["annotate", "--printshellcmds", *GPU],
    "a detector left out": ["--config", "detectors=[haar]", "--printshellcmds", *GPU],
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of which one video is analysed and another, with a name to quote, is new."""
    folder = tmp_path_factory.mktemp("plans")
    write_clip(folder / "clips" / "one.mp4", noise(3, seed=1))
    (folder / "labels.csv").write_text("filename,label\none,Positive\n")
    write_config(folder, datasets={"d": {"videos": "clips", "labels": "labels.csv"}})
    process = snakemake(folder, *GPU)
    assert process.returncode == 0, process.stdout
    write_clip(folder / "clips" / "it's new $HOME.mp4", noise(3, seed=2))
    return folder


def plan(study: Path, *command: str) -> list[str]:
    """What a dry run prints, without what tells the time, and without empty lines.

    Snakemake leaves a line empty where a job follows something else: their number depends on the
    order, which differs between runs.
    """
    process = subprocess.run(
        [sys.executable, *command, "--snakefile", ROOT / "Snakefile", "--dry-run", "--cores", "2"],
        cwd=study,
        env={**environment(), "PYTHONPATH": str(ROOT / "workflow"), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    told = process.stdout + process.stderr
    passing = r" *(\[.*\d\d:\d\d:\d\d|Elapsed|$)"
    return [line for line in told.splitlines() if not re.match(passing, line)]


@pytest.mark.workflow
@pytest.mark.parametrize("arguments", PLANS.values(), ids=PLANS)
def test_a_plan_is_the_same_without_it(study: Path, arguments: list[str]) -> None:
    faster = plan(study, "-m", "snakemake", *arguments)
    assert any("detect_emotions" in line for line in faster)
    assert sorted(faster) == sorted(plan(study, "-c", AS_IT_IS, *arguments))

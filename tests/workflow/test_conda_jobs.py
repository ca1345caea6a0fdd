"""A study whose jobs run in an environment made by conda."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.clips import noise, write_clip
from support.locks import UV, pins
from support.snakemake_runs import GPU, jobs, snakemake
from support.studies import write_config

CONDA = """\
#!{python}
# Answers what Snakemake asks conda, and makes a virtual environment in place of conda's.
import json, re, subprocess, sys
from pathlib import Path

match sys.argv[1:]:
    case ["--version"]:
        print("conda 25.1.0")
    case ["info", "--json"]:
        print(json.dumps({{"conda_prefix": str(Path(__file__).parents[1]), "platform": "linux-64"}}))
    case ["config", "--get", "channel_priority", "--json"]:
        print(json.dumps({{"get": {{"channel_priority": "strict"}}}}))
    case ["env", "create", *_, "--file", file, "--prefix", prefix]:
        uv = re.search(r"^  - uv =(.+)$", Path(file).read_text(), re.M)[1]
        subprocess.run([{uv!r}, "venv", "--quiet", "--python", sys.executable, prefix], check=True)
        python = ["--python", f"{{prefix}}/bin/python"]
        subprocess.run([{uv!r}, "pip", "install", "--quiet", *python, f"uv=={{uv}}"], check=True)
        # Compiling all packages takes longer than all else; these jobs import a part of them.
        command = Path(prefix, "bin", "uv")
        command.rename(command.with_name("real-uv"))
        command.write_text('#!/bin/bash\\nexec real-uv "${{@/#--compile-bytecode/--quiet}}"\\n')
        command.chmod(0o755)
    case ["clean", "-y", "--tarballs"]:
        pass
    case other:
        sys.exit(f"unexpected: {{other}}")
"""
ACTIVATE = 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n'


@pytest.fixture
def conda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake `conda` that can do only what the environments of a study need."""
    for name, content in {
        "conda": CONDA.format(python=sys.executable, uv=UV),
        "activate": ACTIVATE,
    }.items():
        path = tmp_path / "conda" / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")


@pytest.mark.usefixtures("conda")
def test_jobs_run_in_an_environment_that_is_the_lock(tmp_path: Path) -> None:
    study = tmp_path / "study"
    write_clip(study / "data" / "one.mp4", noise(25))
    write_config(study, datasets={"set": {"videos": "data"}}, detectors=["haar"])
    page = "results/report/index.html"
    process = snakemake(study, page, *GPU, "--software-deployment-method", "conda")
    assert process.returncode == 0, process.stdout
    ran = jobs(process.stdout)
    assert (ran["export_models"], ran["detect_emotions"], ran["report"]) == (1, 1, 1)
    assert (study / page).exists()

    (python,) = (study / ".snakemake" / "conda").glob("*/bin/python")
    frozen = subprocess.run(
        [UV, "pip", "freeze", "--python", python], check=True, capture_output=True, text=True
    )
    # conda brings uv.
    found = [pin for pin in frozen.stdout.splitlines() if not pin.startswith("uv==")]
    assert sorted(found) == pins("study")

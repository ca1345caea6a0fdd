"""The conda environments are those of the lock files, and the study runs in them."""

import hashlib
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from support.clips import noise, write_clip
from support.locks import locked
from support.repository import ROOT
from support.snakemake_runs import GPU, jobs, snakemake
from support.studies import write_config

# The one that `make` installs: there may be no other.
UV = str(Path(sys.executable).parent / "uv")

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
    case ["clean", "-y", "--tarballs"]:
        pass
    case other:
        sys.exit(f"unexpected: {{other}}")
"""

ACTIVATE = 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n'


@pytest.fixture
def conda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command `conda` that knows no more than the environments of a study need."""
    for name, content in {
        "conda": CONDA.format(python=sys.executable, uv=UV),
        "activate": ACTIVATE,
    }.items():
        path = tmp_path / "conda" / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")


def test_the_environments_are_written_from_the_locks() -> None:
    made = runpy.run_path(str(ROOT / "envs" / "conda.py"))["files"]()
    assert set(made) == {"cpu.yaml", "cpu.post-deploy.sh", "gpu.yaml", "gpu.post-deploy.sh"}
    for name, content in made.items():
        assert (ROOT / "envs" / name).read_text() == content
    for name, lock in (("cpu", "study"), ("gpu", "gpu")):
        content = (ROOT / "envs" / f"{lock}.lock.txt").read_bytes()
        assert hashlib.sha256(content).hexdigest() in made[f"{name}.post-deploy.sh"]


def test_the_locks_are_for_the_python_that_conda_installs() -> None:
    (python,) = re.findall(r"- python =(\S+)", (ROOT / "envs" / "cpu.yaml").read_text())
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert SpecifierSet(pyproject["project"]["requires-python"]).contains(f"{python}.0")


@pytest.mark.workflow
@pytest.mark.usefixtures("conda")
def test_jobs_run_in_an_environment_that_is_the_lock(tmp_path: Path) -> None:
    study = tmp_path / "study"
    for video in ("one", "two"):
        write_clip(study / "data" / f"{video}.mp4", noise(25))
    write_config(study, datasets={"set": {"videos": "data"}})
    process = snakemake(study, *GPU, "--software-deployment-method", "conda")
    assert process.returncode == 0, process.stdout
    assert jobs(process.stdout)["detect_emotions"] == 4
    assert (study / "results" / "report" / "index.html").exists()

    (python,) = (study / ".snakemake" / "conda").glob("*/bin/python")
    frozen = subprocess.run(
        [UV, "pip", "freeze", "--python", python], check=True, capture_output=True, text=True
    )
    # conda brings uv.
    found = [pin for pin in frozen.stdout.splitlines() if not pin.startswith("uv==")]
    assert sorted(found) == pins("study")


def test_the_gpu_environment_would_be_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its packages have 2 GB: uv is made to say only what it would install.
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(f'#!/bin/sh\nexec {UV} "$@" --dry-run\n')
    uv.chmod(0o755)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    monkeypatch.setenv("PATH", str(uv.parent), prepend=":")
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / "env"))
    monkeypatch.setenv("FACETALLY_START", str(ROOT / "workflow" / "start.py"))
    process = subprocess.run(
        ["sh", ROOT / "envs" / "gpu.post-deploy.sh"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert sorted(re.findall(r"^ \+ (\S+)$", process.stderr, re.M)) == pins("gpu")


def pins(name: str) -> list[str]:
    """What a lock file pins for the system and the Python that run this."""
    return sorted(
        str(pin).split(";")[0].strip()
        for of_package in locked(name).values()
        for pin in of_package
        if pin.marker is None or pin.marker.evaluate()
    )

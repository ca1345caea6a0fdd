"""The conda environments match the lock files, and the study runs in them."""

import hashlib
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from support.locks import UV, pins
from support.repository import ROOT


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


def test_the_gpu_environment_would_be_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its packages take 2 GB, so uv only reports what it would install.
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

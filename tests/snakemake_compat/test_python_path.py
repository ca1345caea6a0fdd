"""Another path of this Python, where its own needs quotes."""

import subprocess
import sys
from pathlib import Path

import pytest
from facetally.errors import FacetallyError
from facetally.snakemake_compat import python_path
from facetally.snakemake_compat.python_path import check_python_path, name_python_without_quotes
from support.environments import linked_environment


def test_python_has_a_path_without_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sys.executable
    name_python_without_quotes()
    check_python_path()
    assert sys.executable == before
    python = str(linked_environment(tmp_path / "My Documents") / "python")
    monkeypatch.setattr(sys, "executable", python)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "My Documents"))
    with pytest.raises(FacetallyError, match="My Documents/bin/python: a shell would need quotes"):
        check_python_path()
    name_python_without_quotes()
    try:
        shown = "import sys, numpy; print(sys.executable)"
        command = f"{sys.executable} -c '{shown}'"
        said = subprocess.run(command, shell=True, capture_output=True, text=True).stdout  # noqa: S602
        assert said == f"{sys.executable}\n"
        assert " " not in sys.executable
    finally:
        Path(sys.executable).parents[1].unlink()
    monkeypatch.setattr(sys, "executable", python)
    monkeypatch.setattr(python_path, "PLACES", ())
    with pytest.raises(FacetallyError, match="move the folder of facetally"):
        name_python_without_quotes()

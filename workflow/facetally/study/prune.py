"""Results of videos, datasets and detectors that a study no longer has."""

import re
from collections.abc import Iterable
from pathlib import Path

from facetally.study.config import Study
from facetally.study.outputs import PER_DATASET, PER_VIDEO


def outdated(study: Study, results: Path = Path("results")) -> dict[str, list[Path]]:
    """Find what is left of what a study no longer has.

    Args:
        study: as config.yaml and the folders of videos describe it now.
        results: the results folder.

    Returns:
        The files by the reason why they are outdated, both sorted.
    """
    found: dict[str, list[Path]] = {}
    for pattern in (*PER_VIDEO, *PER_DATASET):
        expression = re.compile(_as_expression(pattern))
        for path in _below(results / Path(pattern).parts[1]):
            match = expression.fullmatch(f"results/{path.relative_to(results).as_posix()}")
            if match and (reason := _reason(study, match.groupdict())):
                found.setdefault(reason, []).append(path)
    return {reason: sorted(found[reason]) for reason in sorted(found)}


def remove(paths: Iterable[Path]) -> None:
    """Remove files, and their folders where nothing else is left in them."""
    for path in paths:
        path.unlink()
        for folder in list(path.parents)[:-2]:
            if any(folder.iterdir()):
                break
            folder.rmdir()


def _below(folder: Path) -> list[Path]:
    """Return all files below a folder, hidden ones aside."""
    return [path for path in folder.rglob("[!.]*") if path.is_file()]


def _as_expression(pattern: str) -> str:
    """Turn a path with names in braces into a regular expression with groups of these names."""
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern))


def _reason(study: Study, named: dict[str, str]) -> str | None:
    """Return why something of these names is outdated, or None if it is not."""
    dataset = study.datasets.get(named["dataset"])
    if dataset is None:
        return f"config.yaml no longer names dataset {named['dataset']}"
    for name in ("detector", "first", "second"):
        if name in named and named[name] not in study.detectors:
            return f"config.yaml no longer names detector {named[name]}"
    if "video" in named and named["video"] not in dataset.videos:
        return f"dataset {named['dataset']} no longer has video {named['video']}"
    return None

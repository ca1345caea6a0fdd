"""Results of videos, datasets and detectors that a study no longer has."""

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from facetally.files import writing
from facetally.study.config import Study
from facetally.study.names import shown
from facetally.study.outputs import (
    EVENT_PAIRS,
    EVENTS,
    IDENTITIES_PAGE,
    PER_DATASET,
    PER_VIDEO,
    RATER_FILES,
    as_expression,
)

SCRIPT: Final = Path(__file__).parents[2] / "scripts" / "prune.py"
"""The script that removes everything that :func:`outdated` finds."""

OF_VERSION_1: Final = (
    "results/people/{dataset}.csv",  # And {dataset}_pairs.csv, {dataset}_time.csv and so on.
    "results/people/videos/{dataset}.csv",
    "results/figures/{dataset}/{first}-{second}.svg",
    "results/pictures/disagreements/{dataset}.json",
    "results/pictures/people/{dataset}.json",
    "results/pictures/thumbnails/{dataset}/{video}.json",
)
"""Where version 1 had tables about people, figures of two detectors, and galleries."""

MOVED: Final = "version 1 had them there, and they have another place now"


def outdated(study: Study, results: Path = Path("results")) -> dict[str, list[Path]]:
    """Find files of results that belong to nothing in the study any more.

    Args:
        study: the study as config.yaml and the folders of videos describe it now.
        results: the results folder.

    Returns:
        The files by the reason why they are outdated, both sorted; each file has one reason.
    """
    reasons: dict[Path, str] = {}
    for reason, paths in _left_over(study, results, (*PER_VIDEO, *PER_DATASET)):
        for path in filter(Path.is_file, paths):
            reasons.setdefault(path, reason)
    found: dict[str, list[Path]] = {reason: [] for reason in sorted({*reasons.values()})}
    for path in sorted(reasons):
        found[reasons[path]].append(path)
    return found


def leftovers(study: Study, results: Path = Path("results")) -> str | None:
    """Return one line about results that belong to nothing in the study any more.

    Unlike :func:`outdated`, this does not look at each video, and so takes no time.

    Args:
        study: the study as config.yaml describes it now.
        results: the results folder.

    Returns:
        The line, with one path for each reason and the command that removes them all; None if
        there are no such results.
    """
    # Below the folder of frames is one that has a dataset's place, for frames sampled again, and
    # below that of pictures were the galleries of version 1. Where their videos are gone, so are
    # those of raw FER JSON.
    others = ("results/frames/", "results/pictures/")
    kept = (pattern for pattern in PER_VIDEO if not pattern.startswith(others))
    folders = (pattern.removesuffix(Path(pattern).name) for pattern in kept)
    found: dict[str, Path] = {}
    for reason, paths in _left_over(study, results, (*folders, *PER_DATASET)):
        if reason not in found and (first := next(filter(_is_there, paths), None)):
            found[reason] = first
    if not found:
        return None
    left = ", ".join(f"{shown(str(found[each]))} ({shown(each)})" for each in sorted(found))
    command = shlex.join(["python", os.path.relpath(SCRIPT)])
    return f"old results remain: {left}; {command} removes them"


def remove(paths: Iterable[Path]) -> None:
    """Remove files, and their folders if these are then empty, but no link to a folder.

    Raises:
        WriteError: if one cannot be removed.
    """
    for path in paths:
        with writing(path):
            path.unlink(missing_ok=True)
            for folder in list(path.parents)[:-2]:
                if folder.is_symlink() or any(folder.iterdir()):
                    break
                folder.rmdir()


def _left_over(
    study: Study, results: Path, patterns: Iterable[str]
) -> Iterator[tuple[str, Iterable[Path]]]:
    """Return reasons, perhaps repeatedly, with paths that match patterns or have one place."""
    if not study.identities:
        page = results / Path(IDENTITIES_PAGE).relative_to("results")
        known = [*(results / "identities").rglob("[!.]*"), page]
        yield "config.yaml no longer asks to tell people apart", filter(Path.is_file, known)
    if not study.is_rated:
        tables = (results / Path(name).name for name in RATER_FILES)
        yield "no video has labels from several raters any more", tables
    if not study.events:
        tables = (path for each in (EVENTS, EVENT_PAIRS) for path, _ in _matching(each, results))
        yield "config.yaml no longer names events", tables
    for pattern in patterns:
        for path, named in _matching(pattern, results):
            if reason := _reason(study, named):
                yield reason, [path]
    for pattern in OF_VERSION_1:
        yield (
            MOVED,
            (path for path, _ in _matching(pattern, results) if not _has_place(path, results)),
        )


def _matching(pattern: str, results: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Return what is there of a pattern, sorted, except hidden files, and the names in it.

    A pattern that ends with a slash is one of folders.
    """
    inside = pattern.removeprefix("results/")
    expression = as_expression(inside.removesuffix("/"))
    for path in sorted(results.glob(re.sub(r"\{\w+\}", "[!.]*", inside))):
        if match := expression.fullmatch(path.relative_to(results).as_posix()):
            yield path, match.groupdict()


def _has_place(path: Path, results: Path) -> bool:
    """Return whether a path is one of this version's."""
    inside = path.relative_to(results).as_posix()
    return any(as_expression(each).fullmatch(f"results/{inside}") for each in PER_DATASET)


def _is_there(path: Path) -> bool:
    """Return whether there is such a file, or a folder with something in it."""
    return path.is_file() or any(path.glob("[!.]*"))


def _reason(study: Study, named: dict[str, str]) -> str | None:
    """Return why a file of these names is outdated, or None if it is not."""
    if named["dataset"] not in study.datasets:
        return f"config.yaml no longer names dataset {named['dataset']}"
    for name in ("detector", "first", "second"):
        if name in named and named[name] not in study.detectors:
            return f"config.yaml no longer names detector {named[name]}"
    if "video" in named and named["video"] not in study.datasets[named["dataset"]].videos:
        return f"dataset {named['dataset']} no longer has video {named['video']}"
    return None

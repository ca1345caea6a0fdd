"""Whether dvc.yaml names what a study reads, and what it makes.

DVC does not run a stage that it considers up to date. So a file that no dep includes must be
refused in the first run after config.yaml named it. A result that no out includes is missing in a
clone, where all that is made from it would be made again.
"""

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from facetally.errors import ConfigError
from facetally.study.config import Study
from facetally.study.names import shown
from facetally.study.outputs import ABOUT_IDENTITIES, IDENTITIES_PAGE, made_from_raw

STAGES: Final = ("raw", "results")
"""The stages of dvc.yaml that read videos and labels."""


def check_deps(study: Study, pipeline: Path = Path("dvc.yaml")) -> None:
    """Refuse folders of videos, and files, in which DVC would not notice a change.

    Args:
        study: the study that config.yaml describes.
        pipeline: DVC's file, in the folder to which its paths are relative.

    Raises:
        ConfigError: if the deps of a stage do not include one of them.
    """
    stages = yaml.safe_load(pipeline.read_text(encoding="utf-8"))["stages"]
    deps = {name: _paths(stages[name].get("deps", [])) for name in STAGES if name in stages}
    missing = {
        path: stages
        for path in _read_by(study)
        if (stages := [name for name in deps if not _is_within(path, deps[name])])
    }
    if missing:
        names = " and ".join(name for name in STAGES if any(name in of for of in missing.values()))
        wanted = " and ".join(f"'{shown(_as_item(path))}'" for path in missing)
        raise ConfigError(
            f"{pipeline}: dvc repro would not notice a change in what config.yaml names outside "
            f"the deps; add {wanted} to the deps of {names}"
        )


def check_outs(study: Study, pipeline: Path = Path("dvc.yaml")) -> None:
    """Refuse outs of the stage ``results`` that leave out results, so that no clone has them.

    What identifies people may be left out: it is for the person to decide who gets it.

    Args:
        study: the study that config.yaml describes.
        pipeline: DVC's file, in the folder to which its paths are relative.

    Raises:
        ConfigError: if the outs do not include one of them.
    """
    stages = yaml.safe_load(pipeline.read_text(encoding="utf-8"))["stages"]
    outs = {part for stage in stages.values() for part in _paths(stage.get("outs", []))}
    private = (Path(ABOUT_IDENTITIES), Path(IDENTITIES_PAGE))
    results = map(Path, made_from_raw(study))
    missing = [path for path in results if not {path, *path.parents} & {*outs, *private}]
    if missing:
        below = dict.fromkeys(Path(*path.parts[:2]) for path in missing)
        wanted = " and ".join(f"'- {path}: {{persist: true}}'" for path in below)
        raise ConfigError(
            f"{pipeline}: dvc push would leave out results, and whoever pulls the others would "
            f"have to make all tables again; add {wanted} to the outs of results"
        )


def _read_by(study: Study) -> list[Path]:
    """Return what a study reads but does not make: folders of videos and labels, and files."""
    card = study.recognizer
    found = [card.path, card.network] if card else []
    for dataset in study.datasets.values():
        found += {path.parent: None for path in dataset.videos.values()}
        found += dataset.named_labels
    return list(dict.fromkeys([*found, *study.named_files]))


def _paths(deps: Iterable[Any]) -> list[Path]:
    """Return the paths of deps: each dep is a path, or a mapping of a path to its settings."""
    return [Path(path) for dep in deps for path in ([dep] if isinstance(dep, str) else dep)]


def _is_within(path: Path, deps: Collection[Path]) -> bool:
    """Return whether DVC looks at a path for one of its deps.

    DVC follows a dep that is a link, and links to files, but not links to folders below a dep.
    """
    path = _absolute(path)
    followed = [path, *path.parents]
    for number, folder in enumerate(followed):
        if any(_absolute(dep) == folder for dep in deps):
            return not any(below.is_symlink() and below.is_dir() for below in followed[:number])
    return False


def _absolute(path: Path) -> Path:
    """Return an absolute path without resolving links."""
    return Path(os.path.normpath(Path.cwd() / path))


def _as_item(path: Path) -> str:
    """Return the line of YAML to add a path to a list."""
    return yaml.safe_dump([str(path)], allow_unicode=True, width=float("inf")).strip()

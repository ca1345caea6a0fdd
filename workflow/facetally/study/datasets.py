"""The videos of a dataset.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from facetally.errors import ConfigError
from facetally.study.names import fault_of_video, normal, shown, unmistakable

VIDEO_SUFFIXES: Final = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")


def find_videos(dataset: str, folder: Path, promised: Collection[Path] = ()) -> dict[str, Path]:
    """Find the videos of a folder by their names without extension, sorted.

    Links to videos are videos too. Sub-folders are not searched, and hidden files are passed
    over.

    Args:
        dataset: the dataset's name, for the error messages.
        folder: the folder.
        promised: files that need not exist yet, because the workflow renders them.

    Raises:
        ConfigError: if the folder is missing or holds no video, if a video's name cannot be
            used, if two videos have the same name, or if a link leads nowhere.
    """
    found = {path for path in promised if path.parent == folder}
    found |= {path for path in _entries(dataset, folder, bool(found)) if _is_video(dataset, path)}
    videos: dict[str, Path] = {}
    same: dict[str, Path] = {}
    for path in sorted(found):
        other = same.setdefault(normal(path.stem), path)
        if other != path:
            spelt = "" if other.stem == path.stem else ", spelt with other characters of Unicode"
            raise ConfigError(
                f"dataset {dataset}: {shown(str(other))} and {shown(str(path))} have the same "
                f"name without extension{spelt}; rename one of them"
            )
        videos[path.stem] = unmistakable(path)
    if not videos:
        raise ConfigError(
            f"dataset {dataset}: folder {shown(str(folder))} holds no video "
            f"({' '.join('*' + suffix for suffix in VIDEO_SUFFIXES)})"
        )
    return dict(sorted(videos.items()))


def _entries(dataset: str, folder: Path, may_be_absent: bool) -> list[Path]:
    """List what is in a folder."""
    name = shown(str(folder))
    way_out = f"correct datasets.{dataset}.videos"
    try:
        return list(folder.iterdir())
    except NotADirectoryError:
        why = f"{name} is not a folder; {way_out}"
    except (FileNotFoundError, ValueError):  # The latter where the name has a null byte.
        if may_be_absent:
            return []
        why = f"folder {name} does not exist; create it or {way_out}"
    except OSError as error:
        why = f"folder {name} cannot be read ({error.strerror}); {way_out}"
    raise ConfigError(f"dataset {dataset}: {why}")


def _is_video(dataset: str, path: Path) -> bool:
    """Say whether something in a folder is a video, and refuse it if it is one of no use."""
    if path.name.startswith(".") or path.suffix.lower() not in VIDEO_SUFFIXES:
        return False
    fault = None
    if path.is_file():
        fault = fault_of_video(path)
    elif path.is_symlink() and not path.exists():
        fault = "is a link that leads nowhere; correct or remove it"
    else:
        return False
    if fault:
        raise ConfigError(f"dataset {dataset}: {shown(str(path))} {fault}")
    return True

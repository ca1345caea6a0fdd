"""The videos of a dataset, and what else is in their folder.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetally.errors import ConfigError
from facetally.study.names import fault_of_video, first, normal, shown, unmistakable

VIDEO_SUFFIXES: Final = (
    ".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mts", ".m2ts", ".m2t", ".ts", ".mpg",
    ".mpeg", ".mpe", ".m1v", ".m2v", ".vob", ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2",
    ".ogv", ".ogm", ".mxf", ".dv", ".divx", ".mp4v", ".qt",
)  # fmt: skip
"""Extensions of the files that FFmpeg opens with the formats allowed by
:mod:`facetally.video.decode`."""

SIDECAR_SUFFIXES: Final = (
    ".csv", ".tsv", ".xlsx", ".xls", ".ods", ".txt", ".md", ".pdf", ".doc", ".docx", ".odt",
    ".rtf", ".html", ".json", ".xml", ".yaml", ".yml", ".log", ".srt", ".vtt", ".ass", ".ssa",
    ".dvc",
)  # fmt: skip
"""Extensions of tables, texts and subtitles, which nobody takes for videos."""

SIDECARS: Final = ("thumbs.db", "ehthumbs.db", "desktop.ini")
"""Files that Windows puts into folders, in lower case."""

FILE: Final = "file"
FOLDER: Final = "folder"
OTHER: Final = "neither, such as a pipe"
NOTHING: Final = "a link that leads nowhere"
"""What an entry of a folder may be."""

NAMED_AT_MOST: Final = 5
LONGEST_NAME: Final = 80


@dataclass(frozen=True)
class Folder:
    """What is in the folder of a dataset.

    Attributes:
        videos: path by name without extension, sorted by name.
        passed_over: sub-folders, then files whose name is not that of a video, both sorted.
            Hidden files, and files that nobody takes for videos, are left out.
    """

    videos: dict[str, Path]
    passed_over: list[Path]


def read_folder(dataset: str, folder: Path, promised: Collection[Path] = ()) -> Folder:
    """Find the videos in a folder, and what else is in it.

    Links to videos are videos too, whether or not their target exists. Sub-folders are not
    searched, and hidden files are passed over.

    Args:
        dataset: the dataset's name, for error messages.
        folder: the folder.
        promised: files that need not exist yet, because the workflow renders them.

    Raises:
        ConfigError: if the folder is missing or has no video in it, if a video's name cannot be
            used, or if two videos have the same name.
    """
    found = {path for path in promised if path.parent == folder}
    folders, others = [], []
    for entry in _entries(dataset, folder, bool(found)):
        path, kind = folder / entry.name, kind_of(entry)
        if entry.name.startswith("."):
            continue
        if kind in (FILE, NOTHING) and path.suffix.lower() in VIDEO_SUFFIXES:
            if fault := fault_of_video(path):
                raise ConfigError(f"dataset {dataset}: {shown(str(path))} {fault}")
            found.add(path)
        elif kind == FOLDER:
            folders.append(path)
        elif not is_sidecar(path):
            others.append(path)
    passed_over = [*sorted(folders), *sorted(others)]
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
        suffixes = " ".join(f"*{suffix}" for suffix in VIDEO_SUFFIXES)
        there = f"; {notice(passed_over)}" if passed_over else ""
        raise ConfigError(
            f"dataset {dataset}: folder {shown(str(folder))} holds no video ({suffixes}){there}"
        )
    return Folder(dict(sorted(videos.items())), passed_over)


def notice(passed_over: Sequence[Path]) -> str:
    """Return one line that says what is passed over, and what to do about it."""
    return (
        f"not analysed: {named(passed_over)} (sub-folders, or without a video's extension); to "
        "include them, move videos up into the dataset's folder or convert them to .mp4"
    )


def files_of(passed_over: Iterable[Path]) -> Iterator[Path]:
    """Return what is passed over, with the files in its sub-folders, which are read for it."""
    for path in passed_over:
        yield path
        for folder, _, names in os.walk(path):
            inside = (Path(folder, name) for name in sorted(names) if name[0] != ".")
            yield from (file for file in inside if not is_sidecar(file))


def named(paths: Sequence[Path]) -> str:
    """Return the first of some paths for a message, folders with a slash at the end."""
    return first(
        paths, NAMED_AT_MOST, lambda path: shown(str(path), LONGEST_NAME) + "/" * path.is_dir()
    )


def _entries(dataset: str, folder: Path, may_be_absent: bool) -> list[os.DirEntry[str]]:
    """List the entries of a folder."""
    name = shown(str(folder))
    way_out = f"correct datasets.{dataset}.videos"
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except NotADirectoryError:
        why = f"{name} is not a folder; {way_out}"
    except (FileNotFoundError, ValueError):  # ValueError: the name has a null byte.
        if may_be_absent:
            return []
        why = f"folder {name} does not exist; create it or {way_out}"
    except OSError as error:
        why = f"folder {name} cannot be read ({error.strerror}); {way_out}"
    raise ConfigError(f"dataset {dataset}: {why}")


def kind_of(entry: os.DirEntry[str]) -> str:
    """Return what an entry of a folder is, or what a link leads to, mostly without disk access."""
    try:
        if entry.is_file():
            return FILE
        if entry.is_dir():
            return FOLDER
        entry.stat()
    except OSError:
        return NOTHING
    return OTHER


def is_sidecar(path: Path) -> bool:
    """Return whether a file's name is one that nobody takes for a video's."""
    return path.suffix.lower() in SIDECAR_SUFFIXES or path.name.lower() in SIDECARS

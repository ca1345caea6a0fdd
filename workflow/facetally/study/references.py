"""Pictures of people: a folder for each person, and what else people and systems put there.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from facetally.errors import ConfigError
from facetally.study.csv_file import LONGEST_VALUE
from facetally.study.datasets import FILE, FOLDER, NOTHING, is_sidecar, kind_of, named
from facetally.study.identities import NOT_A_FACE, UNKNOWN
from facetally.study.matching import alike, tidy
from facetally.study.names import fault_of, first, shown
from facetally.study.people import SHOWN_AT_MOST, Turn

PICTURES: Final = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""The extensions of pictures of people, in any case."""

OTHER_PICTURES: Final = (".avif", ".gif", ".heic", ".heif", ".jfif", ".jpe")
"""Those of pictures that are not read."""

OF_SYSTEMS: Final = ("__macosx", "@eadir")
"""Folders that macOS puts into archives, and network drives beside pictures, in lower case."""


@dataclass
class References:
    """What is in a folder of pictures of people.

    Attributes:
        pictures: by person, both sorted by name.
        passed_over: what is not used but may be meant to be: sub-folders of people's folders, and
            files without a picture's extension that nobody takes for something else.
    """

    pictures: dict[str, list[Path]] = field(default_factory=dict)
    passed_over: list[Path] = field(default_factory=list)


def read_references(folder: Path) -> References:
    """Find the pictures of people: a sub-folder for each person, named after them.

    Links count as what they lead to. Hidden files, tables, texts and what systems put into folders
    are passed over.

    Raises:
        ConfigError: if the folder cannot be used.
    """
    title_of = f"config.yaml: people.references: {shown(str(folder), LONGEST_VALUE)}"
    if fault := fault_of(folder):
        raise ConfigError(f"{title_of} {fault}")
    found = References()
    for path, kind in _entries(title_of, folder):
        place = f"{title_of}: {shown(path.name, LONGEST_VALUE)}"
        if kind == FOLDER:
            person = tidy(path.name)
            if not person or alike(person) in (UNKNOWN, NOT_A_FACE):
                raise ConfigError(f"{place}: cannot be a person's name; rename the folder")
            if alike(person) in map(alike, found.pictures):
                raise ConfigError(f"{place}: is also another folder's name; put both into one")
            found.pictures[person] = _pictures(place, path, found.passed_over)
        elif path.suffix.lower() in PICTURES:
            raise ConfigError(f"{place}: is not in any person's folder; move it into one")
        elif kind == NOTHING:
            raise ConfigError(
                f"{place}: is a link that leads nowhere; mount or fetch what it leads to, or "
                "remove it"
            )
        else:
            found.passed_over.append(path)
    if not found.pictures:
        there = f"; {not_used(found.passed_over)}" if found.passed_over else ""
        raise ConfigError(
            f"{title_of}: is empty; make a folder of pictures for each person in it{there}"
        )
    return found


def not_used(passed_over: Sequence[Path]) -> str:
    """Return one line that says what is passed over, and what to do about it."""
    return (
        f"not used as pictures of people: {named(passed_over)} (sub-folders, or without a "
        "picture's extension); to use them, save them as JPEG or PNG in the person's own folder"
    )


def _pictures(place: str, folder: Path, passed_over: list[Path]) -> list[Path]:
    """Return the pictures of one person; what is passed over is added to a list."""
    if fault := fault_of(folder):
        raise ConfigError(f"{place} {fault}")
    pictures: list[Path] = []
    others: list[Path] = []
    for path, kind in _entries(place, folder):
        is_picture = kind in (FILE, NOTHING) and path.suffix.lower() in PICTURES
        (pictures if is_picture else others).append(path)
        if is_picture and (fault := fault_of(path)):
            raise ConfigError(f"{place}: {shown(path.name, LONGEST_VALUE)} {fault}")
    if not pictures:
        there = f"; {not_used(others)}" if others else ""
        raise ConfigError(
            f"{place}: has no picture ({', '.join(PICTURES)}); add some or remove the folder"
            f"{there}"
        )
    passed_over += others
    return pictures


def _entries(title_of: str, folder: Path) -> list[tuple[Path, str]]:
    """List what is in a folder, sorted, without what nobody takes for pictures or people."""
    try:
        with os.scandir(folder) as entries:
            found = [(folder / entry.name, kind_of(entry)) for entry in entries]
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise ConfigError(
            f"{title_of}: is not a folder; make it, with a folder of pictures for each person"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{title_of}: cannot be read ({error.strerror}); make it readable, or name another "
            "folder"
        ) from None
    return sorted(
        (path, kind)
        for path, kind in found
        if not path.name.startswith(".")
        and not (path.name.lower() in OF_SYSTEMS if kind == FOLDER else is_sidecar(path))
    )


def check_pictures(
    dataset: str,
    videos: Collection[str],
    turns: Mapping[str, Sequence[Turn]],
    references: Collection[str],
) -> None:
    """Refuse videos in which no face could ever count with ``face: person``.

    Args:
        dataset: the dataset's name.
        videos: the names of its videos.
        turns: who is seen in each video, see :func:`facetally.study.people.people_of`.
        references: the people with reference pictures.

    Raises:
        ConfigError: if for some videos nobody is named, or nobody with reference pictures.
    """
    without = {
        video: [turn.name for turn in turns.get(video, ())]
        for video in videos
        if not any(turn.name in references for turn in turns.get(video, ()))
    }
    if without:
        listed = first(
            sorted(without),
            SHOWN_AT_MOST,
            lambda video: shown(f"{video} ({(without[video] or ['nobody named'])[0]})"),
        )
        raise ConfigError(
            f"config.yaml: face: person: {dataset}: there are no pictures of the people in these "
            f"videos: {listed}; add them to people.references, name the person in people.file or "
            "the label file, or write face: tracked"
        )

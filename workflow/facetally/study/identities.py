"""How people are told apart: pictures of them, and corrections of what was found.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Final

from facetally.errors import ConfigError, PeopleError
from facetally.study.csv_file import LONGEST_VALUE, Kind, read_records, title
from facetally.study.matching import VideoNames, could_mean, folded, key
from facetally.study.names import fault_of, first, shown, visible
from facetally.study.people import SHOWN_AT_MOST, Turn

CORRECTIONS: Final = Kind("a file of corrections", ("video", "track", "person"), PeopleError)

PICTURES: Final = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""The extensions of pictures of people, in any case."""

PERSON: Final = "person"
"""What ``face`` says where the face of the person counts to whom a video belongs."""

UNKNOWN: Final = "unknown"
"""The person of a track that resembles nobody of whom there are pictures."""


Place = tuple[str, str, str]
"""Dataset, detector and video."""


@dataclass(frozen=True)
class Correction:
    """What a person says of a track.

    Attributes:
        dataset: a dataset.
        detector: the detector whose track it is.
        video: a video of the dataset.
        track: the number of the track.
        person: who it is.
    """

    dataset: str
    detector: str
    video: str
    track: int
    person: str


@dataclass(frozen=True)
class Identities:
    """How people are told apart.

    Attributes:
        references: pictures by person; without any, the study finds who recurs.
        corrections: what is known better.
        files: the folder of pictures and the file of corrections, if there are any.
    """

    references: Mapping[str, Sequence[Path]]
    corrections: Sequence[Correction] = ()
    files: Sequence[Path] = ()

    @property
    def pictures(self) -> list[Path]:
        """The pictures of all people."""
        return [picture for own in self.references.values() for picture in own]


@dataclass(frozen=True)
class Belonging:
    """Whose a video is, and what is known better than the vectors of its faces say.

    Attributes:
        turns: who is to be seen when, in order of time.
        corrected: the person by track.
    """

    turns: Sequence[Turn] = ()
    corrected: Mapping[int, str] = field(default_factory=dict)

    def person_at(self, time: float) -> str | None:
        """Return whose a moment of the video is, in seconds; None if it is nobody's."""
        for turn in self.turns:
            if turn.start <= time and (turn.end is None or time < turn.end):
                return turn.name
        return None

    def as_text(self) -> str:
        """Put it into an argument of a command."""
        turns = [astuple(turn) for turn in self.turns]
        return json.dumps({"turns": turns, "corrected": self.corrected})


def corrected_by_video(corrections: Iterable[Correction]) -> dict[Place, dict[int, str]]:
    """Return what is known better: the person by track, of each video that has corrections."""
    found: dict[Place, dict[int, str]] = {}
    for each in corrections:
        place = (each.dataset, each.detector, each.video)
        found.setdefault(place, {})[each.track] = each.person
    return found


def belonging(text: str) -> Belonging:
    """Read what :meth:`Belonging.as_text` has written."""
    read = json.loads(text)
    return Belonging(
        [Turn(*turn) for turn in read["turns"]],
        {int(track): person for track, person in read["corrected"].items()},
    )


def read_references(folder: Path) -> dict[str, list[Path]]:
    """Find the pictures of people: a sub-folder for each person, named after them.

    Returns:
        The pictures by person, both sorted by name.

    Raises:
        ConfigError: if the folder cannot be used.
    """
    told = f"config.yaml: people.references: {shown(str(folder), LONGEST_VALUE)}"
    if fault := fault_of(folder):
        raise ConfigError(f"{told} {fault}")
    if not folder.is_dir():
        raise ConfigError(
            f"{told}: is no folder; make it, with a folder of pictures for each person in it"
        )
    found: dict[str, list[Path]] = {}
    for own in sorted(folder.iterdir()):
        if own.name.startswith("."):
            continue
        place = f"{told}: {shown(own.name, LONGEST_VALUE)}"
        if not own.is_dir():
            raise ConfigError(f"{place}: is in no person's folder; move it into one")
        person = key(visible(own.name))
        if not person or folded(person) == UNKNOWN:
            raise ConfigError(f"{place}: is no name for a person; rename the folder")
        pictures = sorted(
            path
            for path in own.iterdir()
            if path.suffix.lower() in PICTURES and not path.name.startswith(".")
        )
        if not pictures:
            raise ConfigError(
                f"{place}: has no picture ({', '.join(PICTURES)}); add some or remove the folder"
            )
        for path in pictures:
            if fault := fault_of(path):
                raise ConfigError(f"{place}: {shown(path.name, LONGEST_VALUE)} {fault}")
        if folded(person) in map(folded, found):
            raise ConfigError(f"{place}: is another folder's name too; put both into one")
        found[person] = pictures
    if not found:
        raise ConfigError(f"{told}: is empty; make a folder of pictures for each person in it")
    return found


def check_pictures(
    dataset: str,
    videos: Collection[str],
    turns: Mapping[str, Sequence[Turn]],
    references: Collection[str],
) -> None:
    """Refuse videos in which no face could ever count, where it is to be the person's.

    Args:
        dataset: its name.
        videos: their names.
        turns: who is to be seen in each, see :func:`facetally.study.people.people_of`.
        references: the people of whom there are pictures.

    Raises:
        ConfigError: if of some videos nobody is named, or nobody of whom there are pictures.
    """
    without = {
        video: [turn.name for turn in turns.get(video, ())]
        for video in videos
        if not any(turn.name in references for turn in turns.get(video, ()))
    }
    if without:
        told = first(
            sorted(without),
            SHOWN_AT_MOST,
            lambda video: shown(f"{video} ({(without[video] or ['nobody named'])[0]})"),
        )
        raise ConfigError(
            f"config.yaml: face: person: {dataset}: no pictures of whom these videos show: "
            f"{told}; add them to people.references, name the person in people.file or the label "
            "file, or write face: tracked"
        )


def read_corrections(
    path: Path, videos: Mapping[str, Collection[str]], detectors: Sequence[str]
) -> list[Correction]:
    """Read corrections: CSV with the columns ``video``, ``track`` and ``person``.

    A column ``dataset`` is needed where several have a video of a name, and a column
    ``detector`` where there are several: each has tracks of its own.

    Args:
        path: the file.
        videos: the names of the videos of each dataset.
        detectors: those of the study.

    Raises:
        PeopleError: if it cannot be used, or corrects what the study does not have, or a track
            twice.
    """
    table = read_records(path, CORRECTIONS)
    _, header = next(table)
    names = {dataset: VideoNames(own) for dataset, own in videos.items()}
    found: dict[tuple[str, str, str, int], Correction] = {}
    for number, cells in table:
        cell = dict(zip_longest(header, cells[: len(header)], fillvalue=""))
        place = f"{title(path)}, row {number}"
        dataset, video = _video(place, cell, names)
        detector = _one_of(place, "detector", cell.get("detector", ""), detectors)
        if not (cell["track"].isascii() and cell["track"].isdigit()):
            raise PeopleError(
                f"{place}: track '{shown(cell['track'], LONGEST_VALUE)}' is no number; write one "
                "of results/identities/tracks.csv"
            )
        track = int(cell["track"][:9])
        person = key(visible(cell["person"]))
        if not person:
            raise PeopleError(
                f"{place}: the person is empty; write a name, or {UNKNOWN} for nobody of the study"
            )
        read = Correction(dataset, detector, video, track, person)
        before = found.setdefault((dataset, detector, video, track), read)
        if before.person != person:
            raise PeopleError(
                f"{place}: corrects track {track} of {shown(video, LONGEST_VALUE)} again, to "
                "someone else; remove one of the rows"
            )
    return sorted(found.values(), key=astuple)


def _video(
    place: str, cell: Mapping[str, str], names: Mapping[str, VideoNames]
) -> tuple[str, str]:
    """Return the dataset and the name of the video that a row is of."""
    written = cell["video"]
    told = shown(written, LONGEST_VALUE)
    wanted = cell.get("dataset", "")
    if wanted and wanted not in names:
        _one_of(place, "dataset", wanted, list(names))
    meant = [
        (dataset, own)
        for dataset in ([wanted] if wanted else names)
        for own in [names[dataset].meant(written)]
        if own
    ]
    if not meant:
        raise PeopleError(f"{place}: no such video: {told}; correct the name or remove the row")
    if len(meant) > 1:
        datasets = " and ".join(dataset for dataset, _ in meant[:2])
        raise PeopleError(f"{place}: {told} is in {datasets}; say which in a column dataset")
    ((dataset, own),) = meant
    if len(own) > 1:
        raise PeopleError(f"{place}: {told} {could_mean(own)}")
    return dataset, own[0]


def _one_of(place: str, column: str, value: str, known: Sequence[str]) -> str:
    """Return what a column says, or the only one there is."""
    if not value and len(known) == 1:
        return known[0]
    if value not in known:
        what = f"'{shown(value, LONGEST_VALUE)}' is none of" if value else "is empty, of several:"
        raise PeopleError(f"{place}: {column} {what} {', '.join(known)}; write one")
    return value

"""How people are told apart: pictures of them, and corrections of what was found.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
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
"""The value of ``face`` if the face of the person to whom a video belongs counts."""

UNKNOWN: Final = "unknown"
"""The person of a track that resembles nobody with reference pictures."""


Place = tuple[str, str, str]
"""Dataset, detector and video."""


@dataclass(frozen=True)
class Correction:
    """A user's statement of whom a track shows.

    Attributes:
        dataset: the dataset of the video.
        detector: the detector whose track it is.
        video: the name of the video.
        track: the number of the track.
        person: whom the track shows.
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
        references: pictures by person; without any, the study finds people who recur.
        corrections: corrections of whom tracks show.
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
    """To whom a video belongs, and corrections of whom its tracks show.

    Attributes:
        turns: who is seen when, in order of time.
        corrected: the person by track, for tracks with a correction.
    """

    turns: Sequence[Turn] = ()
    corrected: Mapping[int, str] = field(default_factory=dict)

    def person_at(self, time: float) -> str | None:
        """Return to whom a time in seconds belongs; None if it belongs to nobody."""
        for turn in self.turns:
            if turn.start <= time and (turn.end is None or time < turn.end):
                return turn.name
        return None

    def as_text(self) -> str:
        """Return a text that can be passed on a command line."""
        turns = [astuple(turn) for turn in self.turns]
        return json.dumps({"turns": turns, "corrected": self.corrected})


def corrected_by_video(corrections: Iterable[Correction]) -> dict[Place, dict[int, str]]:
    """Return the corrected person by track, for each video that has corrections."""
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
    title_of = f"config.yaml: people.references: {shown(str(folder), LONGEST_VALUE)}"
    if fault := fault_of(folder):
        raise ConfigError(f"{title_of} {fault}")
    if not folder.is_dir():
        raise ConfigError(
            f"{title_of}: is not a folder; make it, with a folder of pictures for each person"
        )
    found: dict[str, list[Path]] = {}
    for own in sorted(folder.iterdir()):
        if own.name.startswith("."):
            continue
        place = f"{title_of}: {shown(own.name, LONGEST_VALUE)}"
        if not own.is_dir():
            raise ConfigError(f"{place}: is not in any person's folder; move it into one")
        person = key(visible(own.name))
        if not person or folded(person) == UNKNOWN:
            raise ConfigError(f"{place}: cannot be a person's name; rename the folder")
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
            raise ConfigError(f"{place}: is also another folder's name; put both into one")
        found[person] = pictures
    if not found:
        raise ConfigError(f"{title_of}: is empty; make a folder of pictures for each person in it")
    return found


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


def read_corrections(
    path: Path, videos: Mapping[str, Collection[str]], detectors: Sequence[str]
) -> list[Correction]:
    """Read corrections: CSV with the columns ``video``, ``track`` and ``person``.

    A column ``dataset`` is needed if several datasets have a video of that name, and a column
    ``detector`` if there are several detectors, because each has its own tracks.

    Args:
        path: the file.
        videos: the names of the videos in each dataset.
        detectors: the detectors of the study.

    Raises:
        PeopleError: if the file cannot be used, corrects something that the study does not have,
            or corrects a track twice.
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
                f"{place}: track '{shown(cell['track'], LONGEST_VALUE)}' is not a number; write "
                "one from results/identities/tracks.csv"
            )
        track = int(cell["track"][:9])
        person = key(visible(cell["person"]))
        if not person:
            raise PeopleError(
                f"{place}: the person is empty; write a name, or {UNKNOWN} for someone who is not "
                "in the study"
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
    """Return the dataset and the name of the video that a row is about."""
    written = cell["video"]
    name = shown(written, LONGEST_VALUE)
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
        raise PeopleError(f"{place}: no such video: {name}; correct the name or remove the row")
    if len(meant) > 1:
        datasets = " and ".join(dataset for dataset, _ in meant[:2])
        raise PeopleError(f"{place}: {name} is in {datasets}; say which in a column dataset")
    ((dataset, own),) = meant
    if len(own) > 1:
        raise PeopleError(f"{place}: {name} {could_mean(own)}")
    return dataset, own[0]


def _one_of(place: str, column: str, value: str, known: Sequence[str]) -> str:
    """Return the entry of a column, or the only possible one if it is empty."""
    if not value and len(known) == 1:
        return known[0]
    if value not in known:
        what = f"'{shown(value, LONGEST_VALUE)}' is" if value else "is empty,"
        raise PeopleError(f"{place}: {column} {what} not one of {', '.join(known)}; write one")
    return value

"""Who is seen in which video, and when: files of people and events as users write them.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Final

from facetally.errors import PeopleError
from facetally.study.csv_file import LONGEST_VALUE, TO_QUOTE, Kind, read_records, title
from facetally.study.golden import LabelFiles
from facetally.study.matching import VideoNames, as_seen, could_mean, folded, key
from facetally.study.names import first, shown, visible

PEOPLE: Final = Kind("a file of people", ("filename", "person"), PeopleError)
EVENTS: Final = Kind("a file of events", ("filename", "start", "end", "event"), PeopleError)

CLOCK: Final = re.compile(r"(?:(?P<h>\d+):)??(?:(?P<m>\d+):)?(?P<s>\d+(?:[.,]\d+)?)")
"""A time: seconds, m:ss or h:mm:ss, each with or without decimals."""

SHOWN_AT_MOST: Final = 10
MILLISECONDS: Final = 1000


@dataclass(frozen=True)
class Turn:
    """A part of a video, and who is seen in it or what it is about.

    Attributes:
        name: the person, or the event.
        start: in seconds from the first picture; a frame at this time belongs to the turn.
        end: in seconds; a frame at this time does not belong to it. None for the end of the
            video.
    """

    name: str
    start: float = 0
    end: float | None = None

    def overlaps(self, other: "Turn") -> bool:
        """Return whether any moment belongs to both."""
        one, two = sorted((self, other), key=lambda turn: turn.start)
        return one.end is None or two.start < one.end


Turns = Mapping[str, Sequence[Turn]]
"""The turns of each video, by its name, in order of time."""


@dataclass(frozen=True)
class _Row:
    number: int
    filename: str
    turn: Turn


def seconds_of(text: str) -> float | None:
    """Read a time: seconds, m:ss or h:mm:ss, with or without decimals.

    Returns:
        The time in seconds; None if the text is not a time.
    """
    if not (read := CLOCK.fullmatch(text.strip())):
        return None
    hours, minutes, seconds = (
        float((read[part] or "0").replace(",", ".")) for part in ("h", "m", "s")
    )
    if read["m"] and (seconds >= 60 or (read["h"] and minutes >= 60)):
        return None
    return round(hours * 3600 + minutes * 60 + seconds, 6)


def read_people(path: Path, videos: Collection[str]) -> dict[str, list[Turn]]:
    """Read a file of people: CSV with the columns ``filename`` and ``person``.

    If it also has the columns ``start`` and ``end``, a row is a turn: who is seen from when to
    when. An empty start or end is that of the video.

    Args:
        path: the file.
        videos: the names of some videos; rows for others are passed over.

    Returns:
        The turns of each video that has a row, in order of time.

    Raises:
        PeopleError: if the file cannot be used, or if two turns of a video overlap.
    """
    return _by_video(path, _rows(path, PEOPLE, "person"), VideoNames(videos), overlap=False)


def read_events(paths: Iterable[Path | str], videos: Collection[str]) -> dict[str, list[Turn]]:
    """Read files of events, which may overlap: a frame then belongs to all of them.

    Args:
        paths: CSV files with the columns ``filename, start, end, event``; or subtitles (.srt,
            .vtt) and ELAN's annotations (.eaf, all tiers), which are named after their video.
        videos: the names of some videos; events in others are passed over.

    Returns:
        The events by video, in order of time.

    Raises:
        PeopleError: if a file cannot be used.
    """
    found: dict[str, list[Turn]] = {}
    names = VideoNames(videos)
    for path in map(Path, paths):
        for video, own in _by_video(path, _events(path), names, overlap=True).items():
            found[video] = sorted([*found.get(video, []), *own], key=lambda turn: turn.start)
    return found


def check_names(path: Path, kind: Kind, videos: Collection[str]) -> None:
    """Refuse a file of people or events that cannot be used, or names videos that do not exist.

    Args:
        path: the file.
        kind: PEOPLE or EVENTS.
        videos: the names of all videos of the study.

    Raises:
        PeopleError: if the file cannot be used, or with the names that have no video (the first
            ten of many).
    """
    rows = _events(path) if kind is EVENTS else _rows(path, kind, kind.columns[-1])
    # Videos of two datasets may have the same name: a row is then about both.
    names = VideoNames(set(videos))
    _by_video(path, rows, names, overlap=kind is EVENTS)
    absent = list(dict.fromkeys(row.filename for row in rows if not names.meant(row.filename)))
    if absent:
        listed = first(absent, SHOWN_AT_MOST, lambda name: shown(name, LONGEST_VALUE))
        raise PeopleError(
            f"{title(path)}: no such video: {listed}; correct the names or remove the rows"
        )


def people_of(
    videos: Collection[str],
    labels: LabelFiles,
    people: Path | None,
    known: Collection[str] | None = None,
) -> dict[str, list[Turn]]:
    """Return who is seen in each video of a dataset.

    Args:
        videos: the names of the dataset's videos.
        labels: the dataset's label files.
        people: the file that ``people`` names in config.yaml, if there is one.
        known: the people with reference pictures, if people are told apart; otherwise None. Names
            that differ from these only in case are spelt like them.

    Returns:
        The turns by video: what ``people`` says; or else the column ``person`` or ``group`` of
        the label file; or else the name up to the first underscore (``biden_58_0``: biden), but
        if people are told apart, only if it is the name of one of them. Other videos have no
        turns.

    Raises:
        PeopleError: as in :func:`read_people`.
        LabelError: as in :meth:`facetally.study.golden.LabelFiles.labelled`.
    """
    listed = read_people(people, videos) if people else {}
    rows = labels.labelled(videos)
    spelt = {folded(name): name for name in known or ()}
    turns = {}
    for video in videos:
        start = video.partition("_")[0] or video
        if known is not None:
            start = spelt.get(folded(start), "")
        person = (rows[video].person if video in rows else "") or start
        if own := listed.get(video) or ([Turn(person)] if person else []):
            turns[video] = [
                replace(turn, name=spelt.get(folded(turn.name), turn.name)) for turn in own
            ]
    return turns


def by_faces(
    videos: Collection[str],
    labels: LabelFiles,
    people: Path | None,
    known: Collection[str] | None = None,
) -> set[str]:
    """Return the videos of a dataset in which faces alone decide who is seen.

    Args:
        videos: as in :func:`people_of`.
        labels: the same.
        people: the same.
        known: the same.

    Returns:
        Their names; none if people are not told apart.
    """
    if known is None:
        return set()
    return set(videos) - people_of(videos, labels, people, known).keys()


def _events(path: Path) -> list[_Row]:
    """Read a file of events in the format that its extension says.

    Raises:
        PeopleError: if the file cannot be used.
    """
    read = {".srt": _subtitles, ".vtt": _subtitles, ".eaf": _annotations}.get(path.suffix.lower())
    if read is None:
        return _rows(path, EVENTS, "event")
    if not path.is_file():
        raise PeopleError(
            f"{title(path)}: file of events does not exist; create it or correct config.yaml"
        )
    try:
        found = list(read(path))
    except Exception as error:
        problem = shown(str(error), LONGEST_VALUE)
        raise PeopleError(
            f"{title(path)}: cannot be read as {path.suffix} ({problem}); correct it, or "
            "write a CSV file"
        ) from error
    rows = [
        _Row(number, path.stem, Turn(name, start / MILLISECONDS, end / MILLISECONDS))
        for number, (start, end, text) in enumerate(found, 1)
        if (name := " ".join(visible(text).split())) and start < end
    ]
    if not rows:
        raise PeopleError(f"{title(path)}: has no event; add some or remove the file")
    return rows


def _subtitles(path: Path) -> Iterator[tuple[int, int, str]]:
    # Imported only if needed, so that the workflow can be parsed with nothing but Snakemake.
    import pysubs2

    for line in pysubs2.load(str(path), format_=path.suffix[1:].lower()):
        yield line.start, line.end, line.plaintext


def _annotations(path: Path) -> Iterator[tuple[int, int, str]]:
    from pympi.Elan import Eaf

    file = Eaf(str(path), suppress_version_warning=True)
    for tier in file.get_tier_names():
        for start, end, text, *_ in file.get_annotation_data_for_tier(tier):
            yield start, end, text


def _rows(path: Path, kind: Kind, column: str) -> list[_Row]:
    """Read the rows that are not empty."""
    table = read_records(path, kind)
    _, header = next(table)
    for one, other in (("start", "end"), ("end", "start")):
        if one in header and other not in header:
            raise kind.error(f"{title(path)}: has a column {one} but no column {other}; add it")
    found = []
    for number, cells in table:
        cell = dict(zip_longest(header, cells[: len(header)], fillvalue=""))
        filename, name = cell["filename"], key(visible(cell[column]))
        place = f"{title(path)}, row {number}"
        if any(cells[len(header) :]):
            raise kind.error(f"{place}: has {len(cells)} fields, more than the header; {TO_QUOTE}")
        for what, value in (("filename", as_seen(filename)), (column, name)):
            if not value:
                raise kind.error(f"{place}: the {what} is empty; write it or remove the row")
        start, end = (
            _time(place, kind, what, cell.get(what, ""), needed=kind is EVENTS)
            for what in ("start", "end")
        )
        if end is not None and end <= (start or 0):
            raise kind.error(
                f"{place}: ends at {cell['end']}, not after its start "
                f"({cell['start'] or 0}); correct the times"
            )
        found.append(_Row(number, filename, Turn(name, start or 0, end)))
    if not found:
        raise kind.error(f"{title(path)}: has no rows below its header; add some")
    return found


def _time(place: str, kind: Kind, column: str, text: str, needed: bool) -> float | None:
    if not text and not needed:
        return None
    time = seconds_of(text)
    if time is None:
        raise kind.error(
            f"{place}: {column} '{shown(text, LONGEST_VALUE)}' is not a time; "
            "write seconds, m:ss or h:mm:ss"
        )
    return time


def _by_video(
    path: Path, rows: Iterable[_Row], names: VideoNames, overlap: bool
) -> dict[str, list[Turn]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        meant = names.meant(row.filename)
        if len(meant) > 1:
            name = shown(row.filename, LONGEST_VALUE)
            raise PeopleError(f"{title(path)}, row {row.number}: {name} {could_mean(meant)}")
        for video in meant:
            found.setdefault(video, []).append(row)
    turns = {}
    for video, own in found.items():
        own.sort(key=lambda row: (row.turn.start, row.number))
        for before, after in pairwise(own):
            if not overlap and before.turn.overlaps(after.turn):
                raise PeopleError(
                    f"{title(path)}: {shown(video, LONGEST_VALUE)}: rows {before.number} and "
                    f"{after.number} overlap in time; end one turn before the next begins"
                )
        turns[video] = [row.turn for row in own]
    return turns

"""Who is seen in which video, and when: files of people and events as users write them.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Final

from facetally.errors import PeopleError
from facetally.study.csv_file import LONGEST_VALUE, TO_QUOTE, Kind, read_records, title
from facetally.study.cues import EVENTS, Cue, seconds_of
from facetally.study.elan import read_annotations
from facetally.study.golden import LabelFiles
from facetally.study.matching import VideoNames, alike, as_seen, could_mean, tidy
from facetally.study.names import first, shown
from facetally.study.subtitles import read_subtitles

PEOPLE: Final = Kind("a file of people", ("filename", "person"), PeopleError)

NAMED_AFTER_VIDEO: Final[Mapping[str, Callable[[Path], Iterator[Cue]]]] = MappingProxyType(
    {".srt": read_subtitles, ".vtt": read_subtitles, ".eaf": read_annotations}
)
"""What reads the files of events that are about one video, whose name they have, by extension."""

SHOWN_AT_MOST: Final = 10


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
class Row:
    """A row of a file of people or events; or a cue or an annotation.

    Attributes:
        number: its number, which grows in the file.
        place: where it is in the file, for messages, such as "row 7".
        filename: the video, as it is written.
        turn: who is seen when, or what the video is about.
    """

    number: int
    place: str
    filename: str
    turn: Turn


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
    return _by_video(path, read_rows(path, PEOPLE), VideoNames(videos), overlap=False)


def read_events(paths: Iterable[Path | str], videos: Collection[str]) -> dict[str, list[Turn]]:
    """Read files of events, which may overlap: a frame then belongs to all of them.

    Args:
        paths: CSV files with the columns ``filename, start, end, event``; or subtitles (.srt,
            .vtt) and ELAN's annotations (.eaf, all tiers), which are named after their video.
        videos: the names of some videos; events in others are passed over.

    Returns:
        The events by video, in order of time. Of several spellings of an event's name (see
        :func:`facetally.study.matching.alike`), the first in the files, in their order, is taken.

    Raises:
        PeopleError: if a file cannot be used.
    """
    found: dict[str, list[Turn]] = {}
    spelt: dict[str, str] = {}
    names = VideoNames(videos)
    for path in map(Path, paths):
        rows = read_rows(path, EVENTS)
        for row in rows:
            spelt.setdefault(alike(row.turn.name), row.turn.name)
        for video, own in _by_video(path, rows, names, overlap=True).items():
            named = [replace(turn, name=spelt[alike(turn.name)]) for turn in own]
            found[video] = sorted([*found.get(video, []), *named], key=lambda turn: turn.start)
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
    rows = read_rows(path, kind)
    # Videos of two datasets may have the same name: a row is then about both.
    names = VideoNames(set(videos))
    _by_video(path, rows, names, overlap=kind is EVENTS)
    absent = list(dict.fromkeys(row.filename for row in rows if not names.meant(row.filename)))
    if absent:
        listed = first(absent, SHOWN_AT_MOST, lambda name: shown(name, LONGEST_VALUE))
        way_out = (
            "name the file after its video"
            if path.suffix.lower() in NAMED_AFTER_VIDEO
            else "correct the names or remove the rows"
        )
        raise PeopleError(f"{title(path)}: no such video: {listed}; {way_out}")


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
        known: the people with reference pictures, if people are told apart; otherwise None.

    Returns:
        The turns by video: what ``people`` says; or else the column ``person`` or ``group`` of
        the label file; or else the name up to the first underscore (``biden_58_0``: biden), but
        if people are told apart, only if it is the name of one of them. Other videos have no
        turns. Names are spelt like those of ``known``, or else as ``labels`` says.

    Raises:
        PeopleError: as in :func:`read_people`.
        LabelError: as in :meth:`facetally.study.golden.LabelFiles.labelled`.
    """
    listed = read_people(people, videos) if people else {}
    rows = labels.labelled(videos)
    pictured = {alike(name): name for name in known or ()}
    turns = {}
    for video in videos:
        start = person_in(video)
        if known is not None:
            start = pictured.get(alike(start), "")
        person = (rows[video].person if video in rows else "") or start
        if own := listed.get(video) or ([Turn(person)] if person else []):
            turns[video] = [
                replace(turn, name=pictured.get(alike(turn.name)) or labels.spelt(turn.name))
                for turn in own
            ]
    return turns


def person_in(video: str) -> str:
    """Return the person whom the name of a video names: the part up to the first underscore."""
    return tidy(video.partition("_")[0]) or video


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


def read_rows(path: Path, kind: Kind) -> list[Row]:
    """Read a file of people or events, for any videos, in the format that its extension says.

    Args:
        path: the file.
        kind: PEOPLE or EVENTS.

    Raises:
        PeopleError: if the file cannot be used.
    """
    read = NAMED_AFTER_VIDEO.get(path.suffix.lower()) if kind is EVENTS else None
    return _cues(path, read) if read else _records(path, kind, kind.columns[-1])


def _cues(path: Path, read: Callable[[Path], Iterator[Cue]]) -> list[Row]:
    """Read a file of events that is named after its video.

    Raises:
        PeopleError: if the file cannot be used.
    """
    rows = []
    for number, cue in enumerate(read(path), 1):
        place = f"{title(path)}, {cue.place}"
        name = tidy(cue.text)
        if not name:
            raise EVENTS.error(f"{place}: the event is empty; write it or remove it")
        if cue.end <= cue.start:
            raise EVENTS.error(
                f"{place}: ends at {cue.end:.10g} s, not after its start ({cue.start:.10g} s); "
                "correct the times"
            )
        rows.append(Row(number, cue.place, path.stem, Turn(name, cue.start, cue.end)))
    if not rows:
        raise EVENTS.error(f"{title(path)}: has no event; add some or remove the file")
    return rows


def _records(path: Path, kind: Kind, column: str) -> list[Row]:
    """Read the rows that are not empty."""
    table = read_records(path, kind)
    _, header = next(table)
    for one, other in (("start", "end"), ("end", "start")):
        if one in header and other not in header:
            raise kind.error(f"{title(path)}: has a column {one} but no column {other}; add it")
    found = []
    for number, cells in table:
        cell = dict(zip_longest(header, cells[: len(header)], fillvalue=""))
        filename, name = cell["filename"], tidy(cell[column])
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
        found.append(Row(number, f"row {number}", filename, Turn(name, start or 0, end)))
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
    path: Path, rows: Iterable[Row], names: VideoNames, overlap: bool
) -> dict[str, list[Turn]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        meant = names.meant(row.filename)
        if len(meant) > 1:
            name = shown(row.filename, LONGEST_VALUE)
            raise PeopleError(f"{title(path)}, {row.place}: {name} {could_mean(meant)}")
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

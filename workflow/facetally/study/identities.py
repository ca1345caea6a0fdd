"""How people are told apart: pictures of them, and corrections of what was found.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from facetally.errors import PeopleError
from facetally.study.csv_file import LONGEST_VALUE, TO_QUOTE, Kind, read_records, title
from facetally.study.cues import seconds_of
from facetally.study.matching import VideoNames, alike, as_seen, could_mean, tidy
from facetally.study.names import shown
from facetally.study.people import Turn

BOX: Final = ("x", "y", "width", "height")

CORRECTIONS: Final = Kind(
    "a file of corrections",
    ("video", "start", "end", *BOX, "person"),
    PeopleError,
    formerly={
        "track": "corrects tracks by their numbers, which are other faces' as soon as sampling or "
        "the code changes; write the columns video,start,end,x,y,width,height,person instead, "
        "which results/report/identities.html saves (docs/identities.md#corrections)"
    },
)

PERSON: Final = "person"
"""The value of ``face`` if the face of the person to whom a video belongs counts."""

UNKNOWN: Final = "unknown"
"""The person of a track that resembles nobody with reference pictures."""

NOT_A_FACE: Final = "not a face"
"""The person in corrections of tracks that show no face."""

NUMBER: Final = re.compile(r"[-+]?\d{1,9}(?:[.,]\d+)?")
"""A number of pixels."""

SAME_MOMENT: Final = 0.5
SAME_PLACE: Final = 0.5
"""Two rows of a file are about the same face, without looking at any, if their middles are at most
this many seconds apart and their boxes overlap by this much (intersection over union)."""

Box = tuple[float, float, float, float]
"""x, y, width and height in pixels."""


@dataclass(frozen=True, order=True)
class Correction:
    """A user's statement of whose face is at a place in a video, or that it is not a face.

    Attributes:
        dataset: the dataset of the video.
        video: the name of the video.
        start: from when the face is seen, in seconds from the first picture.
        end: until when; None for the end of the video.
        box: where it is midway.
        person: whose face it is; UNKNOWN or NOT_A_FACE.
        row: the row of the file, counted from 1.
    """

    dataset: str
    video: str
    start: float
    end: float | None
    box: Box
    person: str
    row: int = 0

    @property
    def names_someone(self) -> bool:
        """Whether ``person`` is somebody's name."""
        return self.person not in (UNKNOWN, NOT_A_FACE)

    @property
    def middle(self) -> float:
        """The time midway, in seconds; the start if it holds until the end of the video."""
        return self.start if self.end is None else (self.start + self.end) / 2

    def contradicts(self, other: "Correction") -> bool:
        """Return whether another one of the video names someone else at that time and place."""
        return (
            self.person != other.person
            and abs(self.middle - other.middle) <= SAME_MOMENT
            and _overlap(self.box, other.box) >= SAME_PLACE
        )


def _overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes."""
    shared = 1.0
    for place, length in ((0, 2), (1, 3)):
        ends = one[place] + one[length], other[place] + other[length]
        shared *= max(0.0, min(ends) - max(one[place], other[place]))
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


@dataclass(frozen=True)
class Identities:
    """How people are told apart.

    Attributes:
        references: pictures by person; without any, the study finds people who recur.
        corrections: corrections of whose faces are seen.
        corrections_file: the file that has them, if there is one.
        files: the folder of pictures and the file of corrections, if there are any.
        folder: the folder of pictures.
        passed_over: what else is in it: sub-folders, and files that are not pictures by their name
            but may be meant as such.
    """

    references: Mapping[str, Sequence[Path]]
    corrections: Sequence[Correction] = ()
    corrections_file: Path | None = None
    files: Sequence[Path] = ()
    folder: Path | None = None
    passed_over: Sequence[Path] = ()

    @property
    def pictures(self) -> list[Path]:
        """The pictures of all people."""
        return [picture for own in self.references.values() for picture in own]


@dataclass(frozen=True)
class Belonging:
    """To whom a video belongs, and corrections of whose faces are seen in it.

    Attributes:
        turns: who is seen when, in order of time.
        corrections: of the faces of this video.
    """

    turns: Sequence[Turn] = ()
    corrections: Sequence[Correction] = ()

    def person_at(self, time: float) -> str | None:
        """Return to whom a time in seconds belongs; None if it belongs to nobody."""
        for turn in self.turns:
            if turn.start <= time and (turn.end is None or time < turn.end):
                return turn.name
        return None

    def as_text(self) -> str:
        """Return a text that can be passed on a command line.

        It leaves out which rows of a file the corrections are: a row more above them changes
        nothing about this video.
        """
        turns = [astuple(turn) for turn in self.turns]
        corrections = [astuple(each)[:-1] for each in self.corrections]
        return json.dumps({"turns": turns, "corrections": corrections})


def corrected_by_video(
    corrections: Iterable[Correction],
) -> dict[tuple[str, str], list[Correction]]:
    """Return the corrections by dataset and video, for those that have any."""
    found: dict[tuple[str, str], list[Correction]] = {}
    for each in corrections:
        found.setdefault((each.dataset, each.video), []).append(each)
    return found


def belonging(text: str) -> Belonging:
    """Read what :meth:`Belonging.as_text` has written."""
    read = json.loads(text)
    return Belonging([Turn(*turn) for turn in read["turns"]], corrections_of(read["corrections"]))


def corrections_of(rows: Iterable[Sequence[Any]]) -> list[Correction]:
    """Return corrections from their fields, as JSON or Snakemake's parameters have them."""
    return [
        Correction(dataset, video, start, end, (box[0], box[1], box[2], box[3]), *rest)
        for dataset, video, start, end, box, *rest in rows
    ]


def read_corrections(
    path: Path, videos: Mapping[str, Collection[str]], known: Iterable[str] = ()
) -> list[Correction]:
    """Read corrections: CSV with the columns of CORRECTIONS.

    A column ``dataset`` is needed if several datasets have a video of that name. Rows without a
    person say nothing: the page for checking who is who saves them to be filled in.

    Args:
        path: the file.
        videos: the names of the videos in each dataset.
        known: the people with reference pictures. Names that are alike are spelt like them.

    Returns:
        The corrections in the order of the file.

    Raises:
        PeopleError: if the file cannot be used, corrects something that the study does not have,
            or contradicts itself.
    """
    table = read_records(path, CORRECTIONS)
    _, header = next(table)
    names = {dataset: VideoNames(own) for dataset, own in videos.items()}
    spelt = {alike(name): name for name in known}
    found: list[Correction] = []
    for number, cells in table:
        cell = dict(zip_longest(header, cells[: len(header)], fillvalue=""))
        place = f"{title(path)}, row {number}"
        if any(cells[len(header) :]):
            raise PeopleError(
                f"{place}: has {len(cells)} fields, more than the header; {TO_QUOTE}"
            )
        dataset, video = _video(place, cell, names)
        person = tidy(cell["person"])
        start, end = _time(place, cell, "start"), _time(place, cell, "end")
        if end is not None and end < (start or 0):
            raise PeopleError(
                f"{place}: ends at {cell['end']}, before its start ({cell['start'] or 0}); "
                "correct the times"
            )
        box = _box(place, cell)
        if not person:
            continue
        form = alike(person)
        person = form if form in (UNKNOWN, NOT_A_FACE) else spelt.setdefault(form, person)
        found.append(Correction(dataset, video, start or 0, end, box, person, number))
    for own in corrected_by_video(found).values():
        ordered = sorted(own, key=lambda each: each.middle)
        middles = [each.middle for each in ordered]
        for at, one in enumerate(ordered):
            for other in ordered[at + 1 : bisect_right(middles, one.middle + SAME_MOMENT)]:
                if one.contradicts(other):
                    raise contradiction(title(path), one, other)
    return found


def contradiction(name: str, one: Correction, other: Correction) -> PeopleError:
    """Return the error about two rows of a file that name two people for one face."""
    first_row, second_row = sorted((one, other), key=lambda each: each.row)
    people = " and ".join(shown(each.person, LONGEST_VALUE) for each in (first_row, second_row))
    return PeopleError(
        f"{name}, rows {first_row.row} and {second_row.row}: say of one face in "
        f"{shown(one.video, LONGEST_VALUE)} that it is two people's ({people}); remove one of "
        "the rows"
    )


def _time(place: str, cell: Mapping[str, str], column: str) -> float | None:
    text = cell[column]
    time = seconds_of(text) if text else None
    if text and time is None:
        raise PeopleError(
            f"{place}: {column} '{shown(text, LONGEST_VALUE)}' is not a time; "
            "write seconds, m:ss or h:mm:ss"
        )
    return time


def _box(place: str, cell: Mapping[str, str]) -> Box:
    for column in BOX:
        text = cell[column]
        if not (text.isascii() and NUMBER.fullmatch(text)):
            what = f"'{shown(text, LONGEST_VALUE)}' is not" if text else "is empty, not"
            raise PeopleError(
                f"{place}: {column} {what} a number; write the face's box in pixels, as in "
                "results/identities/tracks.csv"
            )
    x, y, width, height = (float(cell[column].replace(",", ".")) for column in BOX)
    if width <= 0 or height <= 0:
        raise PeopleError(f"{place}: the box has no area; write its width and height in pixels")
    return x, y, width, height


def _video(
    place: str, cell: Mapping[str, str], names: Mapping[str, VideoNames]
) -> tuple[str, str]:
    """Return the dataset and the name of the video that a row is about."""
    written = cell["video"]
    if not as_seen(written):
        raise PeopleError(f"{place}: the video is empty; write it or remove the row")
    name = shown(written, LONGEST_VALUE)
    wanted = cell.get("dataset", "")
    if wanted and wanted not in names:
        raise PeopleError(
            f"{place}: dataset '{shown(wanted, LONGEST_VALUE)}' is not one of "
            f"{', '.join(names)}; write one"
        )
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

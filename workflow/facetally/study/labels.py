"""Golden labels: files as spreadsheets and people write them, and which video a row means.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetally.emotions import LABELS
from facetally.errors import LabelError
from facetally.study.csv_file import LONGEST_VALUE, TO_QUOTE, Kind, read_records, title
from facetally.study.datasets import files_of
from facetally.study.matching import VideoNames, as_seen, could_mean, key, without_suffix
from facetally.study.names import first, shown, visible

COLUMNS: Final = ("filename", "label")
GROUP: Final = "group"
PERSON: Final = "person"
"""The columns that a label file may have: what videos have in common that share a person."""

KIND: Final = Kind("a label file", COLUMNS, LabelError, frozenset(LABELS))

SHOWN_AT_MOST: Final = 10
TO_WRITE: Final = "write Positive, Neutral or Negative"
TO_REMOVE: Final = "remove one of the rows"


@dataclass(frozen=True)
class Row:
    """A row of a label file.

    Attributes:
        number: as a spreadsheet counts, from 1; an editor does too, unless fields have lines.
        name: what stands in the column ``filename``, without spaces around it.
        label: the class: Pos, Neg or Neut.
        group: what stands in the column ``group``, else in ``person``; or empty.
        person: what stands in the column ``person``, else in ``group``; or empty.
    """

    number: int
    name: str
    label: str
    group: str = ""
    person: str = ""


def read_labels(path: Path) -> dict[str, str]:
    """Read a label file: CSV with the columns ``filename`` and ``label``.

    Columns stand in any order, others among them, separated by commas, semicolons or tabs: what
    the header, in any case, is separated by, or a line ``sep=;`` above it says. Rows of empty
    cells are passed over. The text is UTF-8, or UTF-16 with its mark, or, if it is not UTF-8,
    taken for Windows-1252. What is invisible in headers, labels and groups does not count.

    Returns:
        The class (Pos, Neg or Neut) by the name that the file gives, in its order.

    Raises:
        LabelError: if the file is missing, is not such a CSV, names a video twice, or has a
            label other than Positive, Neutral, Negative or Pos, Neut, Neg (in any case).
    """
    return {row.name: row.label for row in read_rows(path)}


def golden_labels(paths: Iterable[Path | str], videos: Collection[str]) -> dict[str, str]:
    """Read the golden labels of videos from their dataset's label files: none or one.

    Returns:
        The class by video; rows without a video are passed over.

    Raises:
        LabelError: as :func:`read_labels`, or if a row could mean two videos, or two rows one.
    """
    return {video: row.label for video, row in labelled_rows(paths, videos).items()}


def labelled_rows(paths: Iterable[Path | str], videos: Collection[str]) -> dict[str, Row]:
    """Read the row of each video that has one from its dataset's label files: none or one.

    Raises:
        LabelError: as :func:`golden_labels`.
    """
    found: dict[str, Row] = {}
    for path in map(Path, paths):
        found |= _match(path, read_rows(path), videos)[0]
    return found


def check_labels(
    path: Path, videos: Collection[str], passed_over: Collection[Path] = ()
) -> dict[str, Path]:
    """Refuse a label file that cannot be used, or that names videos that are not there.

    Args:
        path: the label file.
        videos: the names of its dataset's videos.
        passed_over: what else lies in their folder.

    Returns:
        Of the labels without a video those of something that is passed over: where it lies, by
        the name that the label file gives, without extension.

    Raises:
        LabelError: as :func:`golden_labels`, or with the names (the first ten of many).
    """
    absent = _match(path, read_rows(path), videos)[1]
    there: dict[str, Path] = {}
    for file in files_of(passed_over) if absent else ():
        for name in (file.name, file.stem):
            there.setdefault(as_seen(name), file)
    found: dict[str, Path] = {}
    nowhere: list[str] = []
    for row in absent:
        name = without_suffix(row.name)
        # It may be given with its sub-folder.
        keys = [as_seen(each.rpartition("/")[2]) for each in (row.name, name)]
        places = [there[key] for key in keys if key in there]
        if places:
            found[name] = places[0]
        else:
            nowhere.append(row.name)
    if nowhere:
        names = first(nowhere, SHOWN_AT_MOST, lambda name: shown(name, LONGEST_VALUE))
        raise LabelError(
            f"{title(path)}: label without a video: {names}; add the videos or remove the rows"
        )
    return found


def _match(
    path: Path, rows: Iterable[Row], videos: Collection[str]
) -> tuple[dict[str, Row], list[Row]]:
    """Find the video that each row means; give the rows by video, and those without one."""
    names = VideoNames(videos)
    found: dict[str, Row] = {}
    absent = []
    for row in rows:
        meant = names.meant(row.name)
        if not meant:
            absent.append(row)
            continue
        place = f"{title(path)}, row {row.number}: {shown(row.name, LONGEST_VALUE)}"
        if len(meant) > 1:
            raise LabelError(f"{place} {could_mean(meant)}")
        (video,) = meant
        if video in found:
            raise LabelError(
                f"{place} is labelled twice, {_as_before(row, found[video])}; {TO_REMOVE}"
            )
        found[video] = row
    return found, absent


def read_rows(path: Path) -> list[Row]:
    """Read the rows of a label file that say something.

    Raises:
        LabelError: as :func:`read_labels`.
    """
    table = read_records(path, KIND)
    _, header = next(table)
    places = [header.index(column) for column in COLUMNS]
    extra = [header.index(name) if name in header else len(header) for name in (GROUP, PERSON)]
    rows: dict[str, Row] = {}
    problems: list[str] = []
    ways_out: list[str] = []
    for number, cells in table:
        name, value = (cells[place] if place < len(cells) else "" for place in places)
        label = LABELS.get(visible(value).strip().lower())
        before = rows.get(key(name))
        if any(cells[len(header) :]):
            problem = f"has {len(cells)} fields, more than the header"
            way_out = TO_QUOTE
        elif not as_seen(name):
            problem, way_out = "the filename is empty", "write it or remove the row"
        elif label is None:
            told = shown(value, LONGEST_VALUE), shown(name, LONGEST_VALUE)
            problem, way_out = "label '{}' of {} is unknown".format(*told), TO_WRITE
        elif before:
            again = _as_before(Row(number, name, label), before)
            problem = f"{shown(name, LONGEST_VALUE)} is labelled twice, {again}"
            way_out = TO_REMOVE
        else:
            group, person = (
                key(visible(cells[place])) if place < len(cells) else "" for place in extra
            )
            rows[key(name)] = Row(number, name, label, group or person, person or group)
            continue
        problems.append(f"row {number}: {problem}")
        ways_out += [] if way_out in ways_out or problems[SHOWN_AT_MOST:] else [way_out]
    if problems:
        problem = first(problems, SHOWN_AT_MOST)
        raise LabelError(f"{title(path)}, {problem}; {', '.join(ways_out)}")
    return list(rows.values())


def _as_before(row: Row, before: Row) -> str:
    """Say what an earlier row of the same video says."""
    if before.label == row.label:
        return f"as in row {before.number}"
    return f"{row.label} here and {before.label} in row {before.number}"

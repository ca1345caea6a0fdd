"""Label files as spreadsheets and people write them, and which video a row means.

The labels of several raters are combined in :mod:`facetally.study.golden`.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import os
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from facetally.emotions import CANNOT_TELL, LABELS
from facetally.errors import LabelError
from facetally.study.csv_file import LONGEST_VALUE, TO_QUOTE, Kind, read_records, title
from facetally.study.datasets import NAMED_AT_MOST, SIDECARS, files_of
from facetally.study.matching import (
    VideoNames,
    alike,
    as_seen,
    could_mean,
    key,
    tidy,
    without_suffix,
)
from facetally.study.names import first, shown, visible

COLUMNS: Final = ("filename", "label")
GROUP: Final = "group"
PERSON: Final = "person"
"""Optional columns of a label file, whose entry is the same for videos that share a person."""

RATER: Final = "rater"
"""The column that says who gave a label."""

TIME: Final = "time"
"""The column that says when: ISO 8601 with the offset from UTC. Anything else is ignored, because
people use the word for other things, too."""

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
"""No other words for labels."""

KIND: Final = Kind("a label file", COLUMNS, LabelError, frozenset(LABELS))

FILE_SUFFIXES: Final = (".csv", ".tsv", ".txt")
"""Extensions of a name that can only mean a file."""

OF_OPEN_FILE: Final = "~$"
"""What the names of the files begin with that Excel puts beside those it has open."""

SHOWN_AT_MOST: Final = 10
TO_WRITE: Final = "write Positive, Neutral or Negative, or name it in label_names"
TO_REMOVE: Final = "remove one of the rows"
TO_FILL: Final = "write it or remove the row"


@dataclass(frozen=True)
class Row:
    """A row of a label file.

    Attributes:
        number: the number of the row, counted from 1 as in a spreadsheet; it is also the line
            number, unless a field has several lines.
        name: the entry in the column ``filename``, without surrounding spaces.
        label: the class, Pos, Neg or Neut, or CANNOT_TELL.
        rater: the entry in the column ``rater``; without this column, the file's name.
        group: the entry in the column ``group``, or else in ``person``; or empty.
        person: the entry in the column ``person``, or else in ``group``; or empty.
        time: when the label was given, by the column ``time``; None if that does not say.
    """

    number: int
    name: str
    label: str
    rater: str = ""
    group: str = ""
    person: str = ""
    time: datetime | None = None


def label_files(path: Path) -> tuple[list[Path], list[Path]]:
    """Return the label files that a path names, and what else is in a folder that it names.

    Returns:
        The path itself, or the CSV files in a folder, none if it is empty; and the other entries
        of the folder, except for hidden ones, a README and what Windows, Excel and DVC put
        there.

    Raises:
        LabelError: if there is neither a file nor a folder, or if the folder has entries but no
            CSV file among them, or cannot be read.
    """
    if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir fails if a name is too long.
        if path.suffix.lower() not in FILE_SUFFIXES and not os.path.lexists(path):
            raise LabelError(
                f"{title(path)}: does not exist; make the folder (mkdir -p "
                f"{shlex.quote(title(path))}) or correct config.yaml"
            )
        return [path], []
    try:
        entries = sorted(
            entry for entry in path.iterdir() if not entry.name.startswith((".", OF_OPEN_FILE))
        )
    except OSError as error:
        raise LabelError(
            f"{title(path)}: cannot be read ({error.strerror}); correct it or config.yaml"
        ) from None
    found = [entry for entry in entries if entry.suffix.lower() == ".csv"]
    tracked = {entry.with_name(f"{entry.name}.dvc") for entry in found}
    others = [
        entry
        for entry in entries
        if entry not in found and entry not in tracked and not _is_beside(entry.name)
    ]
    if others and not found:
        raise LabelError(
            f"{title(path)}: is a folder without a CSV file, but with {_entries(others)}; put "
            "label files there, as CSV, or correct config.yaml"
        )
    return found, others


def _is_beside(name: str) -> bool:
    """Return whether nobody takes an entry of a folder of label files for one of them."""
    return name.lower().startswith("readme") or name.lower() in SIDECARS


def _entries(paths: Sequence[Path]) -> str:
    """Return the first of some entries of a folder for a message, folders with a slash."""
    return first(
        paths,
        NAMED_AT_MOST,
        lambda path: shown(path.name, LONGEST_VALUE) + "/" * path.is_dir(),
    )


def notes_on(path: Path, files: Sequence[Path], others: Sequence[Path]) -> list[str]:
    """Return what a run says about a folder of label files: none yet, or some not read."""
    if others:
        return [
            f"{title(path)}: not read, because label files end in .csv: {_entries(others)}; save "
            "labels as CSV (UTF-8)"
        ]
    return [] if files else [f"{title(path)}: has no label file yet, so there is no accuracy"]


def check_labels(
    path: Path,
    videos: Collection[str],
    passed_over: Collection[Path] = (),
    names: Mapping[str, str] = NO_NAMES,
) -> tuple[dict[str, list[Row]], dict[str, Path]]:
    """Refuse a label file that cannot be used, or that names videos that do not exist.

    Args:
        path: the label file.
        videos: the names of its dataset's videos.
        passed_over: what else is in their folder.
        names: as in :func:`read_rows`.

    Returns:
        The rows by video, one per rater; and the files that are passed over but have a label:
        their paths, by the name in the label file, without extension.

    Raises:
        LabelError: as in :func:`rows_by_video`, or with the names that have no video (the first
            ten of many).
    """
    rows, absent = rows_by_video(path, videos, names)
    there: dict[str, Path] = {}
    for file in files_of(passed_over) if absent else ():
        for name in (file.name, file.stem):
            there.setdefault(as_seen(name), file)
    found: dict[str, Path] = {}
    nowhere: list[str] = []
    for row in absent:
        name = without_suffix(row.name)
        # The name may include the sub-folder.
        keys = [as_seen(each.rpartition("/")[2]) for each in (row.name, name)]
        places = [there[key] for key in keys if key in there]
        if places:
            found[name] = places[0]
        else:
            nowhere.append(row.name)
    if nowhere:
        which = first(nowhere, SHOWN_AT_MOST, lambda name: shown(name, LONGEST_VALUE))
        raise LabelError(
            f"{title(path)}: label without a video: {which}; add the videos or remove the rows"
        )
    return rows, found


def rows_by_video(
    path: Path, videos: Collection[str], names: Mapping[str, str] = NO_NAMES
) -> tuple[dict[str, list[Row]], list[Row]]:
    """Find the video that each row of a label file means.

    Args:
        path: the label file.
        videos: the names of its dataset's videos.
        names: as in :func:`read_rows`.

    Returns:
        The rows by video, one per rater, and the rows without a video.

    Raises:
        LabelError: as in :func:`read_rows`, or if a row could mean two videos, or if two rows of
            a rater mean the same one.
    """
    known = VideoNames(videos)
    found: dict[str, list[Row]] = {}
    absent = []
    for row in read_rows(path, names):
        meant = known.meant(row.name)
        if not meant:
            absent.append(row)
            continue
        place = f"{title(path)}, row {row.number}: {shown(row.name, LONGEST_VALUE)}"
        if len(meant) > 1:
            raise LabelError(f"{place} {could_mean(meant)}")
        rows = found.setdefault(meant[0], [])
        before = next((each for each in rows if same_rater(each, row)), None)
        if before:
            raise LabelError(f"{place} is labelled twice, {_as_before(row, before)}; {TO_REMOVE}")
        rows.append(row)
    return found, absent


def same_rater(row: Row, other: Row) -> bool:
    """Return whether two rows are by the same rater, whose name may be spelt otherwise."""
    return alike(row.rater) == alike(other.rater)


def read_rows(path: Path, names: Mapping[str, str] = NO_NAMES) -> list[Row]:
    """Read a label file: CSV with the columns ``filename`` and ``label``.

    Columns may be in any order, with others among them. They are separated by commas, semicolons
    or tabs, whichever the header uses, or as a line ``sep=;`` above it says. Case does not matter
    in the header. Rows of empty cells are skipped. The text is UTF-8, UTF-16 with its mark, or, if
    it is not valid UTF-8, assumed to be Windows-1252. Invisible characters in headers, labels and
    groups are ignored.

    Args:
        path: the file.
        names: the class, or CANNOT_TELL, for other words for labels, in lower case.

    Raises:
        LabelError: if the file is missing or is not a CSV file with these columns, if a rater
            labels a video twice, or if a label is not one of Positive, Neutral, Negative, Pos,
            Neut, Neg and cannot tell (in any case), or of ``names``.
    """
    table = read_records(path, KIND)
    _, header = next(table)

    def cell(cells: list[str], column: str) -> str:
        place = header.index(column) if column in header else len(header)
        return cells[place] if place < len(cells) else ""

    known = LABELS | {CANNOT_TELL: CANNOT_TELL} | dict(names)
    rows: dict[tuple[str, str], Row] = {}
    problems: list[str] = []
    ways_out: list[str] = []
    for number, cells in table:
        name, value = (cell(cells, column) for column in COLUMNS)
        group, person, rater = (tidy(cell(cells, one)) for one in (GROUP, PERSON, RATER))
        label = known.get(" ".join(visible(value).lower().split()))
        if RATER not in header:
            rater = path.stem
        before = rows.get((key(name), alike(rater)))
        if any(cells[len(header) :]):
            problem = f"has {len(cells)} fields, more than the header"
            way_out = TO_QUOTE
        elif not as_seen(name):
            problem, way_out = "the filename is empty", TO_FILL
        elif label is None:
            word, video = shown(value, LONGEST_VALUE), shown(name, LONGEST_VALUE)
            problem, way_out = f"label '{word}' of {video} is unknown", TO_WRITE
        elif not rater:
            problem, way_out = f"the rater of {shown(name, LONGEST_VALUE)} is empty", TO_FILL
        elif before:
            again = _as_before(Row(number, name, label), before)
            problem = f"{shown(name, LONGEST_VALUE)} is labelled twice, {again}"
            way_out = TO_REMOVE
        else:
            rows[key(name), alike(rater)] = Row(
                number,
                name,
                label,
                rater,
                group or person,
                person or group,
                _moment(visible(cell(cells, TIME))),
            )
            continue
        problems.append(f"row {number}: {problem}")
        ways_out += [] if way_out in ways_out or problems[SHOWN_AT_MOST:] else [way_out]
    if problems:
        problem = first(problems, SHOWN_AT_MOST)
        raise LabelError(f"{title(path)}, {problem}; {', '.join(ways_out)}")
    return list(rows.values())


def _moment(text: str) -> datetime | None:
    """Read a time in ISO 8601; return None for anything else, and without the offset from UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _as_before(row: Row, before: Row) -> str:
    """Return how a row's label compares with that of an earlier row for the same video."""
    if before.label == row.label:
        return f"as in row {before.number}"
    return f"{row.label} here and {before.label} in row {before.number}"

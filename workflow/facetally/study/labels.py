"""Label files as spreadsheets and people write them, and which video a row means.

What several raters say of one video is put together in :mod:`facetally.study.golden`.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from facetally.emotions import CANNOT_TELL, LABELS
from facetally.errors import LabelError
from facetally.study.csv_file import LONGEST_VALUE, TO_QUOTE, Kind, read_records, title
from facetally.study.datasets import files_of
from facetally.study.matching import (
    VideoNames,
    as_seen,
    could_mean,
    folded,
    key,
    without_suffix,
)
from facetally.study.names import first, shown, visible

COLUMNS: Final = ("filename", "label")
GROUP: Final = "group"
PERSON: Final = "person"
"""The columns that a label file may have: what videos have in common that share a person."""

RATER: Final = "rater"
"""The column that says who gave a label."""

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
"""Stands for no other words for labels."""

KIND: Final = Kind("a label file", COLUMNS, LabelError, frozenset(LABELS))

SHOWN_AT_MOST: Final = 10
TO_WRITE: Final = "write Positive, Neutral or Negative, or name it in label_names"
TO_REMOVE: Final = "remove one of the rows"
TO_FILL: Final = "write it or remove the row"


@dataclass(frozen=True)
class Row:
    """A row of a label file.

    Attributes:
        number: as a spreadsheet counts, from 1; an editor does too, unless fields have lines.
        name: what stands in the column ``filename``, without spaces around it.
        label: the class, Pos, Neg or Neut, or CANNOT_TELL.
        rater: what stands in the column ``rater``; without one, the file's name.
        group: what stands in the column ``group``, else in ``person``; or empty.
        person: what stands in the column ``person``, else in ``group``; or empty.
    """

    number: int
    name: str
    label: str
    rater: str = ""
    group: str = ""
    person: str = ""


def label_files(path: Path) -> list[Path]:
    """Return the label files that a path names: itself, or the CSV files of a folder.

    Raises:
        LabelError: if there is no CSV file in the folder, or it cannot be read.
    """
    if not path.is_dir():
        return [path]
    try:
        found = sorted(
            file
            for file in path.iterdir()
            if file.suffix.lower() == ".csv" and not file.name.startswith(".")
        )
    except OSError as error:
        raise LabelError(
            f"{title(path)}: cannot be read ({error.strerror}); correct it or config.yaml"
        ) from None
    if not found:
        raise LabelError(f"{title(path)}: is a folder without a CSV file; put label files there")
    return found


def check_labels(
    path: Path,
    videos: Collection[str],
    passed_over: Collection[Path] = (),
    names: Mapping[str, str] = NO_NAMES,
) -> tuple[dict[str, list[Row]], dict[str, Path]]:
    """Refuse a label file that cannot be used, or that names videos that are not there.

    Args:
        path: the label file.
        videos: the names of its dataset's videos.
        passed_over: what else lies in their folder.
        names: as :func:`read_rows`.

    Returns:
        The rows by video, one a rater; and of the labels without a video those of something that
        is passed over: where it lies, by the name that the label file gives, without extension.

    Raises:
        LabelError: as :func:`rows_by_video`, or with the names (the first ten of many).
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
        # It may be given with its sub-folder.
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
        names: as :func:`read_rows`.

    Returns:
        The rows by video, one a rater, and the rows without a video.

    Raises:
        LabelError: as :func:`read_rows`, or if a row could mean two videos, or two rows of a
            rater mean one.
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
    """Say whether two rows are of one rater, in whatever case the name is written."""
    return folded(row.rater) == folded(other.rater)


def read_rows(path: Path, names: Mapping[str, str] = NO_NAMES) -> list[Row]:
    """Read a label file: CSV with the columns ``filename`` and ``label``.

    Columns stand in any order, others among them, separated by commas, semicolons or tabs: what
    the header, in any case, is separated by, or a line ``sep=;`` above it says. Rows of empty
    cells are passed over. The text is UTF-8, or UTF-16 with its mark, or, if it is not UTF-8,
    taken for Windows-1252. What is invisible in headers, labels and groups does not count.

    Args:
        path: the file.
        names: the class, or CANNOT_TELL, by other words for labels, in lower case.

    Raises:
        LabelError: if the file is missing, is not such a CSV, has a rater name a video twice, or
            has a label that is none of Positive, Neutral, Negative, Pos, Neut, Neg, cannot tell
            (in any case) and of ``names``.
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
        group, person, rater = (key(visible(cell(cells, one))) for one in (GROUP, PERSON, RATER))
        label = known.get(" ".join(visible(value).lower().split()))
        if RATER not in header:
            rater = path.stem
        before = rows.get((key(name), folded(rater)))
        if any(cells[len(header) :]):
            problem = f"has {len(cells)} fields, more than the header"
            way_out = TO_QUOTE
        elif not as_seen(name):
            problem, way_out = "the filename is empty", TO_FILL
        elif label is None:
            told = shown(value, LONGEST_VALUE), shown(name, LONGEST_VALUE)
            problem, way_out = "label '{}' of {} is unknown".format(*told), TO_WRITE
        elif not rater:
            problem, way_out = f"the rater of {shown(name, LONGEST_VALUE)} is empty", TO_FILL
        elif before:
            again = _as_before(Row(number, name, label), before)
            problem = f"{shown(name, LONGEST_VALUE)} is labelled twice, {again}"
            way_out = TO_REMOVE
        else:
            rows[key(name), folded(rater)] = Row(
                number, name, label, rater, group or person, person or group
            )
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

"""Golden labels: files as spreadsheets and people write them, and which video a row means.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetally.emotions import LABELS
from facetally.errors import LabelError
from facetally.study.datasets import VIDEO_SUFFIXES, files_of
from facetally.study.names import first, normal, shown, visible

COLUMNS: Final = ("filename", "label")
GROUP: Final = "group"
"""The column that a label file may have: what videos have in common that share a person."""

SEPARATORS: Final = (",", ";", "\t")
SEPARATOR_LINE: Final = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t ]*(\r\n|\r|\n|$)', re.IGNORECASE)
"""The first line by which Excel is told what separates the columns, and which it does not show."""

EMPTY: Final = " \t,;"
"""What a row may have that says nothing."""

SPREADSHEETS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What the files of Excel and LibreOffice begin with: zip archives and OLE documents."""

BYTE_ORDER_MARK: Final = "\ufeff"

SHOWN_AT_MOST: Final = 10
LONGEST_VALUE: Final = 80
SAVE_AS: Final = "save it as CSV (UTF-8)"
TO_WRITE: Final = "write Positive, Neutral or Negative"
TO_REMOVE: Final = "remove one of the rows"


@dataclass(frozen=True)
class Row:
    """A row of a label file.

    Attributes:
        number: as a spreadsheet counts, from 1; an editor does too, unless fields have lines.
        name: what stands in the column ``filename``, without spaces around it.
        label: the class: Pos, Neg or Neut.
        group: what stands in the column ``group``; empty where there is none.
    """

    number: int
    name: str
    label: str
    group: str = ""


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
            there.setdefault(_as_seen(name), file)
    found: dict[str, Path] = {}
    nowhere: list[str] = []
    for row in absent:
        name = _without_suffix(row.name)
        # It may be given with its sub-folder.
        keys = [_as_seen(each.rpartition("/")[2]) for each in (row.name, name)]
        places = [there[key] for key in keys if key in there]
        if places:
            found[name] = places[0]
        else:
            nowhere.append(row.name)
    if nowhere:
        names = first(nowhere, SHOWN_AT_MOST, lambda name: shown(name, LONGEST_VALUE))
        raise LabelError(
            f"{_title(path)}: label without a video: {names}; add the videos or remove the rows"
        )
    return found


def _match(
    path: Path, rows: Iterable[Row], videos: Collection[str]
) -> tuple[dict[str, Row], list[Row]]:
    """Find the video that each row means; give the rows by video, and those without one.

    A name is a video's as it stands, or with an extension; if there is none, in another case; if
    there is none, with or without what is invisible. Of names that differ in their Unicode form
    alone, none is another.
    """
    forms: tuple[Callable[[str], str], ...] = (_key, _folded, _as_seen)
    by_form: list[dict[str, list[str]]] = [{}, {}, {}]
    for form, named in zip(forms, by_form, strict=True):
        for video in videos:
            named.setdefault(form(video), []).append(video)
    found: dict[str, Row] = {}
    absent = []
    for row in rows:
        for form, named in zip(forms, by_form, strict=True):
            whole = form(row.name)
            names = {whole, form(_without_suffix(whole))}
            meant = [video for name in names for video in named.get(name, [])]
            if meant:
                break
        else:
            absent.append(row)
            continue
        place = f"{_title(path)}, row {row.number}: {shown(row.name, LONGEST_VALUE)}"
        if len(meant) > 1:
            could = " and ".join(f"'{shown(video, LONGEST_VALUE)}'" for video in sorted(meant)[:2])
            raise LabelError(f"{place} could mean the videos {could}; rename one of them")
        (video,) = meant
        if video in found:
            raise LabelError(
                f"{place} is labelled twice, {_as_before(row, found[video])}; {TO_REMOVE}"
            )
        found[video] = row
    return found, absent


def _key(name: str) -> str:
    """Return what names have in common that a person would call the same."""
    return normal(name).strip()


def _folded(name: str) -> str:
    """Return the same whatever the case."""
    return _key(name).casefold()


def _as_seen(name: str) -> str:
    """Return the same whatever else cannot be seen."""
    return _folded(visible(name))


def _without_suffix(name: str) -> str:
    suffix = Path(name).suffix
    return name[: -len(suffix)] if suffix.lower() in VIDEO_SUFFIXES else name


def read_rows(path: Path) -> list[Row]:
    """Read the rows of a label file that say something.

    Raises:
        LabelError: as :func:`read_labels`.
    """
    table = _records(path, _text(path))
    _, header = next(table)
    places = [header.index(column) for column in COLUMNS]
    group_place = header.index(GROUP) if GROUP in header else len(header)
    rows: dict[str, Row] = {}
    problems: list[str] = []
    ways_out: list[str] = []
    for number, cells in table:
        name, value = (cells[place] if place < len(cells) else "" for place in places)
        label = LABELS.get(visible(value).strip().lower())
        before = rows.get(_key(name))
        if any(cells[len(header) :]):
            problem = f"has {len(cells)} fields, more than the header"
            way_out = "put fields that have the separator in them between quotes"
        elif not _as_seen(name):
            problem, way_out = "the filename is empty", "write it or remove the row"
        elif label is None:
            told = shown(value, LONGEST_VALUE), shown(name, LONGEST_VALUE)
            problem, way_out = "label '{}' of {} is unknown".format(*told), TO_WRITE
        elif before:
            again = _as_before(Row(number, name, label), before)
            problem = f"{shown(name, LONGEST_VALUE)} is labelled twice, {again}"
            way_out = TO_REMOVE
        else:
            group = cells[group_place] if group_place < len(cells) else ""
            rows[_key(name)] = Row(number, name, label, _key(visible(group)))
            continue
        problems.append(f"row {number}: {problem}")
        ways_out += [] if way_out in ways_out or problems[SHOWN_AT_MOST:] else [way_out]
    if problems:
        problem = first(problems, SHOWN_AT_MOST)
        raise LabelError(f"{_title(path)}, {problem}; {', '.join(ways_out)}")
    return list(rows.values())


def _as_before(row: Row, before: Row) -> str:
    """Say what an earlier row of the same video says."""
    if before.label == row.label:
        return f"as in row {before.number}"
    return f"{row.label} here and {before.label} in row {before.number}"


def _title(path: Path) -> str:
    return shown(str(path))


def _text(path: Path) -> str:
    """Read a label file as text.

    Raises:
        LabelError: if there is none, or if it is something else.
    """
    title = _title(path)
    try:
        if path.is_dir():
            raise LabelError(f"{title}: is a folder; name a label file in config.yaml, or none")
        if path.exists() and not path.is_file():
            raise LabelError(f"{title}: is not a file; correct config.yaml")
        content = path.read_bytes()
    except (FileNotFoundError, ValueError):
        raise LabelError(
            f"{title}: label file does not exist; create it or correct config.yaml"
        ) from None
    except OSError as error:
        raise LabelError(
            f"{title}: cannot be read ({error.strerror}); correct it or config.yaml"
        ) from None
    if content.startswith(SPREADSHEETS):
        raise LabelError(f"{title}: is a spreadsheet, not CSV; open it and {SAVE_AS}")
    text = _decoded(content)
    if text is None or any(
        unicodedata.category(sign) == "Cc" and sign not in "\t\r\n" for sign in text
    ):
        raise LabelError(f"{title}: is not a text file; {SAVE_AS}")
    # Where texts have been put together, such marks are in the middle.
    return text.replace(BYTE_ORDER_MARK, "")


def _decoded(content: bytes) -> str | None:
    """Decode a text; None if it is none."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        # Any bytes of a few are text in Windows-1252, hardly any such text is UTF-8.
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Split a text into the header, its names as in COLUMNS, and the rows that are not empty.

    Raises:
        LabelError: if there is no such header, or if quotes are not closed.
    """
    line = SEPARATOR_LINE.match(text)
    text = text[line.end() :] if line else text
    separator = _separator(path, text, [*line[1], *SEPARATORS] if line else SEPARATORS)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    header: list[str] = []
    number = 0
    try:
        for cells in reader:
            number += 1
            stripped = [cell.strip() for cell in cells]
            if not any(visible(cell).strip(EMPTY) for cell in cells):
                continue
            if not header:
                stripped = header = [_column(cell) for cell in cells]
            yield number, stripped
    except csv.Error as error:
        raise LabelError(
            f"{_title(path)}, row {number + 1}: cannot be read as CSV ({shown(str(error))}); "
            f"correct its quotes, or {SAVE_AS}"
        ) from None


def _separator(path: Path, text: str, separators: Iterable[str]) -> str:
    """Return the one of some separators that the header's columns are separated by.

    Raises:
        LabelError: if there is no header, or if it lacks a column or has it twice.
    """
    line = next((line for line in text.splitlines() if visible(line).strip(EMPTY)), None)
    if line is None:
        raise LabelError(f"{_title(path)}: is empty; write the header {','.join(COLUMNS)}")
    for separator in separators:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
        columns = [_column(cell) for cell in cells]
        if set(COLUMNS) <= set(columns):
            twice = next((name for name in COLUMNS if columns.count(name) > 1), None)
            if twice:
                raise LabelError(
                    f"{_title(path)}: the header names the column {twice} twice; rename one"
                )
            return separator
    row = text[: text.index(line)].count("\n") + 1
    fields = {field.strip(' "').lower() for field in re.split(r"[,;\t]", visible(line))}
    if fields & LABELS.keys():
        raise LabelError(
            f"{_title(path)}, row {row}: the header is missing; "
            f"write {','.join(COLUMNS)} above the first row"
        )
    raise LabelError(
        f"{_title(path)}: the header is '{shown(line, LONGEST_VALUE)}'; "
        f"it must name the columns {','.join(COLUMNS)}"
    )


def _column(cell: str) -> str:
    """Return a column's name as COLUMNS has it, however it is written."""
    return "".join(visible(cell).split()).lower()

"""CSV files as spreadsheets and people write them.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetally.errors import FacetallyError
from facetally.study.names import shown, visible

SEPARATORS: Final = (",", ";", "\t")
SEPARATOR_LINE: Final = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t ]*(\r\n|\r|\n|$)', re.IGNORECASE)
"""The first line by which Excel is told what separates the columns, and which it does not show."""

EMPTY: Final = " \t,;"
"""What a row may have that says nothing."""

SPREADSHEETS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What the files of Excel and LibreOffice begin with: zip archives and OLE documents."""

BYTE_ORDER_MARK: Final = "\ufeff"

LONGEST_VALUE: Final = 80
SAVE_AS: Final = "save it as CSV (UTF-8)"
TO_QUOTE: Final = "put fields that have the separator in them between quotes"


@dataclass(frozen=True)
class Kind:
    """What a CSV file is for.

    Attributes:
        what: its kind with an article, for messages: a label file.
        columns: those that it must have.
        error: what is raised where it cannot be used.
        values: in lower case, what tells a row from a header that is missing.
    """

    what: str
    columns: tuple[str, ...]
    error: type[FacetallyError]
    values: frozenset[str] = frozenset()


def title(path: Path) -> str:
    """Return the path of a file as messages name it."""
    return shown(str(path))


def _text(path: Path, kind: Kind) -> str:
    """Read a file as text.

    Raises:
        FacetallyError: if there is none, or if it is something else.
    """
    told = title(path)
    try:
        if path.is_dir():
            raise kind.error(f"{told}: is a folder; name {kind.what} in config.yaml, or none")
        if path.exists() and not path.is_file():
            raise kind.error(f"{told}: is not a file; correct config.yaml")
        content = path.read_bytes()
    except (FileNotFoundError, ValueError):
        what = kind.what.removeprefix("a ")
        raise kind.error(
            f"{told}: {what} does not exist; create it or correct config.yaml"
        ) from None
    except OSError as error:
        raise kind.error(
            f"{told}: cannot be read ({error.strerror}); correct it or config.yaml"
        ) from None
    if content.startswith(SPREADSHEETS):
        raise kind.error(f"{told}: is a spreadsheet, not CSV; open it and {SAVE_AS}")
    text = _decoded(content)
    if text is None or any(
        unicodedata.category(sign) == "Cc" and sign not in "\t\r\n" for sign in text
    ):
        raise kind.error(f"{told}: is not a text file; {SAVE_AS}")
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


def read_records(path: Path, kind: Kind) -> Iterator[tuple[int, list[str]]]:
    """Read the header, its names in lower case without spaces, and the rows that are not empty.

    Columns stand in any order, others among them, separated by commas, semicolons or tabs: what
    the header, in any case, is separated by, or a line ``sep=;`` above it says. The text is UTF-8,
    or UTF-16 with its mark, or, if it is not UTF-8, taken for Windows-1252.

    Args:
        path: the file.
        kind: what it must be.

    Yields:
        The number of the row, as a spreadsheet counts, from 1, and its cells without spaces around
        them.

    Raises:
        FacetallyError: the kind's error, if it is no such CSV.
    """
    text = _text(path, kind)
    line = SEPARATOR_LINE.match(text)
    text = text[line.end() :] if line else text
    separators = [*line[1], *SEPARATORS] if line else SEPARATORS
    separator = _separator(path, kind, text, separators)
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
        raise kind.error(
            f"{title(path)}, row {number + 1}: cannot be read as CSV ({shown(str(error))}); "
            f"correct its quotes, or {SAVE_AS}"
        ) from None


def _separator(path: Path, kind: Kind, text: str, separators: Iterable[str]) -> str:
    """Return the one of some separators that the header's columns are separated by.

    Raises:
        FacetallyError: if there is no header, or if it lacks a column or has it twice.
    """
    line = next((line for line in text.splitlines() if visible(line).strip(EMPTY)), None)
    if line is None:
        raise kind.error(f"{title(path)}: is empty; write the header {','.join(kind.columns)}")
    for separator in separators:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
        columns = [_column(cell) for cell in cells]
        if set(kind.columns) <= set(columns):
            twice = next((name for name in kind.columns if columns.count(name) > 1), None)
            if twice:
                raise kind.error(
                    f"{title(path)}: the header names the column {twice} twice; rename one"
                )
            return separator
    row = text[: text.index(line)].count("\n") + 1
    fields = {field.strip(' "').lower() for field in re.split(r"[,;\t]", visible(line))}
    if fields & kind.values:
        raise kind.error(
            f"{title(path)}, row {row}: the header is missing; "
            f"write {','.join(kind.columns)} above the first row"
        )
    raise kind.error(
        f"{title(path)}: the header is '{shown(line, LONGEST_VALUE)}'; "
        f"it must name the columns {','.join(kind.columns)}"
    )


def _column(cell: str) -> str:
    """Return a column's name as a kind's columns have it, however it is written."""
    return "".join(visible(cell).split()).lower()

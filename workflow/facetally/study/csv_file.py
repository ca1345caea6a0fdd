"""CSV files as spreadsheets and people write them.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from facetally.errors import FacetallyError
from facetally.study.names import shown, visible

SEPARATORS: Final = (",", ";", "\t")
SEPARATOR_LINE: Final = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t ]*(\r\n|\r|\n|$)', re.IGNORECASE)
"""The first line that sets the separator for Excel, which does not show the line."""

EMPTY: Final = " \t,;"
"""Characters that a row without content may have."""

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
        what: its name with an article, for messages, such as "a label file".
        columns: the columns that it must have.
        error: the error that is raised if the file cannot be used.
        values: values, in lower case, that mark a first row as data, so that the header is
            missing.
        formerly: columns of files for earlier versions: what to say of a file that has one but
            not the present columns.
    """

    what: str
    columns: tuple[str, ...]
    error: type[FacetallyError]
    values: frozenset[str] = frozenset()
    formerly: Mapping[str, str] = field(default_factory=dict)


def title(path: Path) -> str:
    """Return the path of a file as messages show it."""
    return shown(str(path))


def read_text(
    path: Path,
    kind: Kind,
    save_as: str = SAVE_AS,
    declared: Callable[[bytes], str | None] = lambda _: None,
) -> str:
    """Read a file as text: UTF-8, UTF-16 with its mark, or, if that fails, Windows-1252.

    Args:
        path: the file.
        kind: the kind of file it must be.
        save_as: what to do with a file that is not text, for messages.
        declared: returns the encoding that a file itself names, if that is another one.

    Raises:
        FacetallyError: if the file does not exist, or is not a text file.
    """
    name = title(path)
    try:
        if path.is_dir():
            raise kind.error(f"{name}: is a folder; name {kind.what} in config.yaml, or none")
        if path.exists() and not path.is_file():
            raise kind.error(f"{name}: is not a file; correct config.yaml")
        content = path.read_bytes()
    except (FileNotFoundError, ValueError):
        what = kind.what.removeprefix("a ")
        raise kind.error(
            f"{name}: {what} does not exist; create it or correct config.yaml"
        ) from None
    except OSError as error:
        raise kind.error(
            f"{name}: cannot be read ({error.strerror}); correct it or config.yaml"
        ) from None
    if content.startswith(SPREADSHEETS):
        raise kind.error(f"{name}: is a spreadsheet, not CSV; open it and {SAVE_AS}")
    encoding = declared(content)
    text = content.decode(encoding) if encoding else _decoded(content)
    if text is None or any(
        unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\r\n" for sign in text
    ):
        raise kind.error(f"{name}: is not a text file; {save_as}")
    # In files that were concatenated, there are marks in the middle too.
    return text.replace(BYTE_ORDER_MARK, "")


def _decoded(content: bytes) -> str | None:
    """Decode a text; return None if the content is not text."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        # All but a few byte values are text in Windows-1252, but hardly any such text is valid
        # UTF-8.
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def read_records(path: Path, kind: Kind) -> Iterator[tuple[int, list[str]]]:
    """Read the header, its names in lower case without spaces, and the rows that are not empty.

    Columns may be in any order, with others among them. They are separated by commas, semicolons
    or tabs, whichever the header uses, or as a line ``sep=;`` above it says. Case does not matter
    in the header. The text is UTF-8, UTF-16 with its mark, or, if it is not valid UTF-8, assumed
    to be Windows-1252.

    Args:
        path: the file.
        kind: the kind of file it must be.

    Yields:
        The number of the row, counted from 1 as in a spreadsheet, and its cells without
        surrounding spaces.

    Raises:
        FacetallyError: the kind's error, if the file is not a CSV file of this kind.
    """
    text = read_text(path, kind)
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
    """Return which of several separators the header uses.

    Raises:
        FacetallyError: if there is no header, or if it lacks a column or has one twice.
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
    if old := next((kind.formerly[column] for column in kind.formerly if column in fields), None):
        raise kind.error(f"{title(path)}: {old}")
    raise kind.error(
        f"{title(path)}: the header is '{shown(line, LONGEST_VALUE)}'; "
        f"it must name the columns {','.join(kind.columns)}"
    )


def _column(cell: str) -> str:
    """Return a column's name in the form used in a kind's columns, however it is written."""
    return "".join(visible(cell).split()).lower()

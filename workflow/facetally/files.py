"""Files that appear whole or not at all, and their content's checksum."""

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from facetally.errors import WriteError

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The system's numbers for a disk, a quota or a limit that leaves no room."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Return a temporary path beside ``path`` that is moved there on success.

    On an exception the temporary file is removed and ``path`` stays as it was. The
    temporary name keeps the suffix, from which libraries guess the format; it is short, because
    ``path`` may have the longest name that there can be.

    Raises:
        WriteError: if the disk is full, or if the folder cannot be written to.

    Example:
        >>> with atomic_path(Path("table.csv")) as partial:
        ...     partial.write_text("a,b")
    """
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    partial = path.with_name(f".partial-{name}{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except Exception as error:
        about = getattr(error, "filename", None)
        number = _system_error(error)
        if (number in FULL and about in (None, str(partial))) or (
            number and (about == str(partial) or str(partial) in str(error))
        ):
            raise cannot_write(path, error) from error
        raise
    finally:
        # Where it cannot be removed, it could not be made.
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_whole(path: Path | str, write: Callable[[Path], object]) -> None:
    """Let a function write a file that appears whole or not at all, as :func:`atomic_path`.

    Raises:
        WriteError: if the disk is full, or if the folder cannot be written to.

    Example:
        >>> write_whole("table.csv", table.write_csv)
    """
    with atomic_path(Path(path)) as partial:
        write(partial)


def write_text(path: Path | str, text: str) -> None:
    """Write a text in UTF-8 that appears whole or not at all, as :func:`atomic_path`.

    Raises:
        WriteError: if the disk is full, or if the folder cannot be written to.
    """
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Let an error of the system say which path cannot be written.

    Raises:
        WriteError: in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: Exception) -> WriteError:
    """Say what the system says against writing a file, and what helps."""
    number = _system_error(error)
    way_out = "free disk space" if number in FULL else "make it, and its folder, writable"
    return WriteError(
        f"{path}: cannot be written ({os.strerror(number)}); {way_out}, and run again"
    )


def _system_error(error: Exception) -> int:
    """Return the system's number of an error, or 0."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    # Polars tells the number only in its text, as Rust's standard library writes it.
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if told else 0


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

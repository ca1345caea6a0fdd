"""Files that appear whole or not at all, and the checksum of a file's content."""

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
"""The system's error numbers for a full disk, or a quota or size limit that is exceeded."""

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
"""Access for nobody but the owner."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Return a temporary path beside ``path`` that is moved there on success.

    On an exception the temporary file is removed and ``path`` stays as it was. The
    temporary name keeps the suffix, because libraries guess the format from it. The rest is
    short, because ``path`` may already have the longest name that is allowed.

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
        # If it cannot be removed, it could not have been created either.
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def private_path(path: Path, folder: str) -> Iterator[Path]:
    """Like :func:`atomic_path`, but only the owner may read the file, or open its folder.

    Args:
        path: the file, in ``folder``, which is there.
        folder: the folder of results that nobody else may open, such as ``results/identities``.
    """
    # The outermost one: a dataset may have the same name.
    own = [each for each in path.parents if each.parts[-2:] == Path(folder).parts]
    for each in own[-1:]:
        each.chmod(FOLDER_MODE)
    with atomic_path(path) as partial:
        partial.touch(FILE_MODE)
        yield partial


def write_whole(path: Path | str, write: Callable[[Path], object]) -> None:
    """Call a function to write a file that appears whole or not at all; see :func:`atomic_path`.

    Raises:
        WriteError: if the disk is full, or if the folder cannot be written to.

    Example:
        >>> write_whole("table.csv", table.write_csv)
    """
    with atomic_path(Path(path)) as partial:
        write(partial)


def write_text(path: Path | str, text: str) -> None:
    """Write UTF-8 text to a file that appears whole or not at all; see :func:`atomic_path`.

    Raises:
        WriteError: if the disk is full, or if the folder cannot be written to.
    """
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a system error into one that says which path cannot be written.

    Raises:
        WriteError: in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: Exception) -> WriteError:
    """Return an error that gives the system's reason for not writing a file, and a remedy."""
    number = _system_error(error)
    way_out = "free disk space" if number in FULL else "make it, and its folder, writable"
    return WriteError(
        f"{path}: cannot be written ({os.strerror(number)}); {way_out}, and run again"
    )


def _system_error(error: Exception) -> int:
    """Return the system's number of an error, or 0."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    # Polars has the number only in its text, as Rust's standard library writes it.
    found = re.search(r"\(os error (\d+)\)", str(error))
    return int(found[1]) if found else 0


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

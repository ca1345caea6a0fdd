"""Files that appear whole or not at all, and their content's checksum."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that is moved there on success.

    On an exception the temporary file is removed and ``path`` stays as it was. The
    temporary name keeps the suffix, from which libraries guess the format; it is short, because
    ``path`` may have the longest name that there can be.

    Example:
        >>> with atomic_path(Path("table.csv")) as partial:
        ...     partial.write_text("a,b")
    """
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    partial = path.with_name(f".partial-{name}{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file's content in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

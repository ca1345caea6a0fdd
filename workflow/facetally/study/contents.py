"""The content of a study's files, told by checksums that are taken once.

Only the standard library is imported: the workflow itself uses this.
"""

import contextlib
import json
from pathlib import Path
from typing import Any, Final

from facetally.errors import WriteError
from facetally.files import atomic_path, file_digest

DIGESTS: Final = Path(".snakemake/facetally_digests.json")


class Digests:
    """Checksums of files, kept so that only what has changed is read again.

    A file counts as unchanged while its size, inode and times do. Its change time is among
    them, which no program can set back.
    """

    def __init__(self, kept: Path = DIGESTS) -> None:
        self._path = kept
        self._news = False
        self._known: dict[str, list[Any]] = {}
        with contextlib.suppress(OSError, ValueError):
            self._known = json.loads(kept.read_text(encoding="utf-8"))

    def __call__(self, path: Path) -> str:
        """Give the SHA-256 of a file's content in hexadecimal."""
        status = path.stat()
        state = [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]
        known = self._known.get(str(path))
        if not known or known[0] != state:
            known = self._known[str(path)] = [state, file_digest(path)]
            self._news = True
        return str(known[1])

    def save(self) -> None:
        """Keep the checksums taken, beside those that were kept before, where there is room."""
        if self._news and self._path.parent.is_dir():
            with contextlib.suppress(WriteError), atomic_path(self._path) as partial:
                partial.write_text(json.dumps(self._known), encoding="utf-8")

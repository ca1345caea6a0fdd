"""Scripts of rules start in an environment below a folder whose name has a blank or the like.

Upstream: snakemake/snakemake#2645. Snakemake starts a rule's ``script:`` with ``sys.executable``,
which it does not quote for the shell. Tried with Snakemake 9.27; tests/workflow/test_places.py
fails without this.
"""

import atexit
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from facetally.errors import FacetallyError

PLACES: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108
"""Where a link may lie if the path of the temporary folder needs quotes as well."""

WAY_OUT: Final = (
    "a shell would need quotes for this path, and Snakemake writes none; move the folder of "
    "facetally to a path of letters, digits, '-', '_' and '.', and set it up again there"
)


def needs_quotes(path: str) -> bool:
    """Say whether a shell takes a path for something else unless it is quoted."""
    return shlex.quote(path) != path


def check_python_path() -> None:
    """Refuse a cluster's jobs, which would be started with this Python's path.

    Raises:
        FacetallyError: if it needs quotes.
    """
    if needs_quotes(sys.executable):
        raise FacetallyError(f"{sys.executable}: {WAY_OUT}")


def name_python_without_quotes() -> None:
    """Let Snakemake start scripts with this Python by another path, if its own needs quotes.

    Raises:
        FacetallyError: if there is no place for one.
    """
    if not needs_quotes(sys.executable):
        return
    python = Path(sys.executable)
    for folder in _folders():
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        if not needs_quotes(folder):
            link = Path(folder) / "environment"
            link.symlink_to(python.parents[1])
            sys.executable = str(link / python.relative_to(python.parents[1]))
            return
    raise FacetallyError(f"{sys.executable}: {WAY_OUT}")


def _folders() -> Iterator[str]:
    """Make temporary folders, open to nobody else."""
    for place in (None, *PLACES):
        try:
            yield tempfile.mkdtemp(prefix="facetally-", dir=place)
        except OSError:
            continue

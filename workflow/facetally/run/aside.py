"""Results that are to be replaced, set aside until what replaces them is there.

Snakemake removes an output before its job starts, and what a failed job leaves. So each result
that a run is to replace has a second name while the run lasts, from which it comes back.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from facetally.files import writing

ASIDE: Final = Path(".snakemake/facetally_aside")


def set_aside(outputs: Iterable[str], move: bool) -> None:
    """Give outputs that are there a second name.

    Args:
        outputs: paths in the study's folder.
        move: whether the first name goes: where Snakemake keeps what failed jobs leave, it would
            take the old output of a job that never started for a new one.

    Raises:
        WriteError: if one cannot be written.
    """
    for output in map(Path, outputs):
        if output.is_absolute() or not os.path.lexists(output) or output.is_dir():
            continue
        second = ASIDE / output
        with writing(second):
            second.parent.mkdir(parents=True, exist_ok=True)
            second.unlink(missing_ok=True)
            if move:
                shutil.move(output, second)
            else:
                _link(output, second)


def put_back() -> None:
    """Let outputs come back that nothing has replaced, and forget the second names.

    Raises:
        WriteError: if one cannot be written.
    """
    if not ASIDE.is_dir():
        return
    for second in sorted(ASIDE.rglob("*")):
        output = second.relative_to(ASIDE)
        if os.path.lexists(output) or (second.is_dir() and not second.is_symlink()):
            continue
        with writing(output):
            output.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(second, output)
            # Else Snakemake's record of the failed job could pass for this file's.
            os.utime(output)
    shutil.rmtree(ASIDE)


def _link(output: Path, second: Path) -> None:
    """Return a file a second name, or copy it to another disk."""
    try:
        os.link(output, second, follow_symlinks=False)
    except OSError:
        shutil.copy2(output, second, follow_symlinks=False)

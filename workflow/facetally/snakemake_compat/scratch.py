"""Frames on a disk of the machine that works on them, in place of the one that all share.

Frames live for seconds and are the largest files of a study. Their path in the study stays the
same on all machines, because it is part of what results were made from: it leads through one
symbolic link to a folder that each machine has for itself.

Upstream: snakemake/snakemake#1474 (a flag for files of a node's own disk) and #522. Of any
version: nothing private to Snakemake is used. tests/snakemake_compat/test_scratch.py and
tests/cluster fail without it.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from facetally.errors import WriteError
from facetally.files import cannot_write, writing


def place_frames(frames: Path, scratch: Path | None) -> None:
    """Lead the path of the frames to a scratch disk, or back.

    Frames that lie there from an earlier run are removed or left behind: they are temporary.

    Args:
        frames: the folder of the frames, as the study names it.
        scratch: a folder that is there on every machine, of that machine's own; None keeps the
            frames where they are named.

    Raises:
        WriteError: if a folder or the link cannot be made.
    """
    try:
        if scratch is None:
            if frames.is_symlink():
                frames.unlink()
            return
        study = hashlib.sha256(os.fsencode(frames.absolute())).hexdigest()[:16]
        target = scratch.absolute() / f"facetally-{os.getuid()}" / study
        _make_folder(target)
        if frames.is_symlink() and frames.readlink() == target:
            return
        if frames.is_dir() and not frames.is_symlink():
            shutil.rmtree(frames)
        frames.parent.mkdir(parents=True, exist_ok=True)
        link = frames.with_name(f".{frames.name}-{os.getpid()}")
        link.symlink_to(target)
        link.replace(frames)
    except OSError as error:
        raise cannot_write(Path(error.filename or frames), error) from error


def make_folder_here(frames: Path) -> None:
    """Make the folder that the path of the frames leads to on this machine.

    Raises:
        WriteError: if it cannot be made.
    """
    if frames.is_symlink():
        target = frames.readlink()
        with writing(target):
            _make_folder(target)


def _make_folder(target: Path) -> None:
    """Make a study's folder, within one that is open to nobody else: frames show faces.

    Raises:
        OSError: if it cannot be made.
        WriteError: if somebody else has made the outer one.
    """
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        target.parent.mkdir(mode=0o700)
    if target.parent.is_symlink() or target.parent.stat().st_uid != os.getuid():
        raise WriteError(
            f"{target.parent}: belongs to another user; name another folder with scratch, "
            "and run again"
        )
    target.mkdir(exist_ok=True)

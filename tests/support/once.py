"""What takes long is made by one of the test processes, for all of them."""

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def made_once(temporary: Path, worker: str, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder, unless another process has made it.

    Args:
        temporary: where this process puts its files.
        worker: this process's name in pytest-xdist, or ``master`` if there is no other.
        name: the folder's name.
        make: makes the folder and everything in it.

    Returns:
        The folder, which must not be changed.
    """
    shared = temporary if worker == "master" else temporary.parent
    folder, done = shared / name, shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            make(folder)
            done.touch()
    return folder

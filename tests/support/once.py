"""What takes long, made by one of the processes that run tests, for all of them."""

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def made_once(temporary: Path, worker: str, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder, unless another process has made it.

    Args:
        temporary: where pytest has this process put its files.
        worker: what pytest-xdist names this process, or ``master`` where there is no other.
        name: the folder's.
        make: makes it and all that is in it.

    Returns:
        The folder. It is not to be changed.
    """
    shared = temporary if worker == "master" else temporary.parent
    folder, done = shared / name, shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            make(folder)
            done.touch()
    return folder

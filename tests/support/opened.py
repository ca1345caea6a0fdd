"""Which files of a folder are opened while something runs, as the kernel says (inotify)."""

import ctypes
import os
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

IN_OPEN = 0x20
IN_Q_OVERFLOW = 0x4000
EVENT = struct.Struct("iIII")


@contextmanager
def watched(folder: Path) -> Iterator[Callable[[], Counter[str]]]:
    """Watch the files directly in a folder.

    Yields:
        A function that returns how often each has been opened since it was last called.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.inotify_init1(os.O_NONBLOCK)
    if queue < 0 or libc.inotify_add_watch(queue, bytes(folder), IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), f"{folder}: cannot be watched")

    def opened() -> Counter[str]:
        found: Counter[str] = Counter()
        while True:
            try:
                content = os.read(queue, 1 << 16)
            except BlockingIOError:
                return found
            while content:
                _, mask, _, length = EVENT.unpack_from(content)
                assert not mask & IN_Q_OVERFLOW
                name = content[EVENT.size : EVENT.size + length].rstrip(b"\0")
                content = content[EVENT.size + length :]
                if name:  # Otherwise it is the folder itself, to list it.
                    found[os.fsdecode(name)] += 1

    try:
        yield opened
    finally:
        os.close(queue)

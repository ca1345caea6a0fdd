"""Commands on a terminal, and keys pressed there."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CTRL_C = b"\x03"
PAUSE_S = 0.1
"""Snakemake takes no notice of Ctrl-C while it writes a line."""

SIZE = (40, 200)
"""Rows and columns."""

TERM = {"TERM": "xterm-256color"}
ELSEWHERE = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"}
"""Variables of another terminal."""

ON_ITS_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Not as ``preexec_fn``: that forks this process, which has many threads, and the fork may wait for
ever for what one of them held."""

WITHIN_S = 300
"""Longer than any of the commands takes on a slow machine."""


def watch(command: Sequence[str], folder: Path, **env: str) -> str:
    """Run a command on a terminal of its own.

    Args:
        command: what runs.
        folder: where it runs.
        env: its variables.

    Returns:
        All that it says, with what moves the cursor and sets colours.

    Raises:
        AssertionError: with what it has said, if it does not end within WITHIN_S.
    """
    return _said(b"", command, folder, "", env)


def press(key: bytes, command: Sequence[str], folder: Path, after: str, **env: str) -> str:
    """Run a command on a terminal of its own, and press a key once it has said something.

    Args:
        key: what the terminal gets.
        command: what runs.
        folder: where it runs.
        after: what it says before.
        env: its variables.

    Returns:
        All that it says, without colours.

    Raises:
        AssertionError: with what it has said, if it does not end within WITHIN_S.
    """
    return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]|\r", "", _said(key, command, folder, after, env))


def _said(
    key: bytes, command: Sequence[str], folder: Path, after: str, env: Mapping[str, str]
) -> str:
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("4H", *SIZE, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", ON_ITS_TERMINAL, *command],
        cwd=folder,
        env={name: value for name, value in env.items() if name not in ELSEWHERE} | TERM,
        stdin=end,
        stdout=end,
        stderr=end,
        start_new_session=True,
    )
    os.close(end)
    told, pressed = b"", False
    last = time.monotonic() + WITHIN_S
    try:
        while select.select([terminal], [], [], max(0, last - time.monotonic()))[0]:
            if not (data := os.read(terminal, 65536)):
                break
            told += data
            if not pressed and after.encode() in told:
                time.sleep(PAUSE_S)
                os.write(terminal, key)
                pressed = True
        else:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError(f"it never ends: {told.decode()}")
    except OSError:
        pass  # Its end is closed.
    finally:
        os.close(terminal)
        process.wait(timeout=60)
    assert pressed, told.decode()
    return told.decode(errors="replace")

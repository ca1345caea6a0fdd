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
SIZE = (40, 200)
"""Rows and columns."""

TERM = {"TERM": "xterm-256color"}
ELSEWHERE = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"}
"""Variables of another terminal."""

ON_ITS_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Ctrl-C is ignored where the tests were started in the background. Not as ``preexec_fn``: that forks this process, which has many threads, and the fork may wait for
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
    return _run(b"", command, folder, "", 0, env)[0]


def press(
    key: bytes,
    command: Sequence[str],
    folder: Path,
    after: str,
    pause: float = 0,
    **env: str,
) -> tuple[str, int]:
    """Run a command on a terminal of its own, and press a key once it has said something.

    Args:
        key: what the terminal gets.
        command: what runs.
        folder: where it runs.
        after: what it says before.
        pause: seconds between that and the key. If it has ended by then, no key is pressed.
        env: its variables.

    Returns:
        All that it says, without colours, and its exit status.

    Raises:
        AssertionError: with what it has said, if it does not end within WITHIN_S.
    """
    said, status = _run(key, command, folder, after, pause, env)
    return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]|\r", "", said), status


def _run(
    key: bytes,
    command: Sequence[str],
    folder: Path,
    after: str,
    pause: float,
    env: Mapping[str, str],
) -> tuple[str, int]:
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
    said, due, pressed = b"", None, False
    last = time.monotonic() + WITHIN_S
    try:
        while True:
            now = time.monotonic()
            if now > last:
                os.killpg(process.pid, signal.SIGKILL)
                raise AssertionError(f"it never ends: {said.decode()}")
            if due is not None and now >= due and not pressed:
                os.write(terminal, key)
                pressed = True
            until = last if due is None or pressed else due
            if select.select([terminal], [], [], until - now)[0]:
                if not (data := os.read(terminal, 65536)):
                    break
                said += data
                if due is None and after.encode() in said:
                    due = time.monotonic() + pause
    except OSError:
        pass  # Its end is closed.
    finally:
        os.close(terminal)
        status = process.wait(timeout=60)
    assert due is not None, said.decode()
    return said.decode(errors="replace"), status

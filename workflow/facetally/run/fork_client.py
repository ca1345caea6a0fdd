"""Run a script in a fork of :mod:`facetally.run.fork_server`, or here, where no server runs.

Little is imported, because this is what each job costs.
"""

from __future__ import annotations

import marshal
import os
import signal
import socket
import sys

TYPE_CHECKING = False  # As type checkers read it; importing typing takes a third of the start.
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, NoReturn

ADDRESS: Final = "FACETALLY_FORK_SERVER"
"""The environment variable that names the server's socket."""

STREAMS: Final = (0, 1, 2)
LENGTH_BYTES: Final = 4
KILLED: Final = 128
"""What a shell adds to the number of the signal that ended a program, for its exit status."""

STARTED: Final = b"+"
"""A client sends its standard streams with the length of its request, then the request: working
directory, arguments and environment, marshalled (both sides are one Python). The server answers
STARTED and, when the job has ended, one byte, its exit status."""


def run_script(script: str, arguments: Sequence[str]) -> NoReturn:
    """Run a script, forked from the server that the environment names, or else here.

    Raises:
        SystemExit: with the script's exit status, or 128 and the signal that ended it.
    """
    address = os.environ.pop(ADDRESS, None)
    argv = [script, *arguments]
    status = _run_forked(address, argv) if address else None
    sys.exit(run(argv) if status is None else status)


def _run_forked(address: str, argv: list[str]) -> int | None:
    """Return the exit status of a forked script; None if it has not been started."""
    request = marshal.dumps((os.getcwd(), argv, dict(os.environ)))  # noqa: PTH109
    # An interrupt from the keyboard reaches the script as well, and ends it.
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(address)
            socket.send_fds(server, [len(request).to_bytes(LENGTH_BYTES)], STREAMS)
            server.sendall(request)
            started = server.recv(1) == STARTED
        except OSError:
            started = False
        if not started:
            signal.signal(signal.SIGINT, interrupted)
            return None
        status = server.recv(1)
    if not status:
        sys.exit("facetally: the process that starts the jobs has ended; run the command again")
    if status[0] > KILLED and status[0] != KILLED + signal.SIGINT:
        from facetally.run.killed import job_killed
        from facetally.run.terminal import open_terminal

        logs = [option.removeprefix("--log=") for option in argv if option.startswith("--log=")]
        line = job_killed((logs or argv)[0], status[0] - KILLED)
        try:
            with open_terminal() as terminal:
                print(line, file=terminal)
            for log in logs:
                with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123, not imported
                    print(line, file=file)
        except OSError:
            pass  # The disk may be full. The line is on the terminal.
    return status[0]


def run(argv: list[str]) -> int:
    """Run a script in this process, as Python runs its main module; return its exit status."""
    import runpy

    sys.argv = argv
    try:
        runpy.run_path(argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BaseException:
        import traceback

        traceback.print_exc()
        return 1
    return 0

"""Start jobs in milliseconds: a process that has imported what they need forks itself for each.

A job of a short video works for less time than Python takes to import NumPy, OpenCV, PyAV and
ONNX Runtime (0.3 s of CPU). So a run on this machine starts a :class:`ForkServer`, and its
jobs ask the server, through :mod:`facetally.run.fork_client`, for a copy of it in which to work.
A job keeps its own arguments, working directory, environment, standard streams and exit
status, and ends when the process that asked for it ends.

The standard library's :mod:`multiprocessing` has such a server too, but only for the process
that started it, not for the commands that Snakemake starts.
"""

import atexit
import contextlib
import gc
import importlib
import marshal
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, NoReturn, cast

from facetally.run.fork_client import ADDRESS, LENGTH_BYTES, STARTED, STREAMS, run
from facetally.run.lifetime import end_with_parent
from facetally.study.detectors import NETWORKS_OF

START_S: Final = 10.0
"""Seconds in which a client must have sent its request."""

PAUSE_S: Final = 0.05
"""Seconds until a client is accepted again, after the system has refused it."""

IMPORTED_BY_JOBS: Final = (
    "argparse",
    "facetally.detect.engine",
    "facetally.detect.recognizer",
    *(f"facetally.detect.{name}" for name in NETWORKS_OF),
    "facetally.faces.known",
    "facetally.faces.pictures",
    "facetally.faces.video_faces",
    "facetally.files",
    "facetally.learn.crop_files",
    "facetally.report.thumbnails",
    "facetally.run.job",
    "facetally.run.progress",
    "facetally.video.ahead",
    "facetally.video.sampling",
    "facetally.video.status",
)
"""What jobs of short videos import."""


def serve_jobs() -> int | None:
    """Let jobs that this process starts find a server, until this process ends.

    On other systems than Linux, the packages' libraries do not survive a fork.

    Returns:
        The number of the server's process; None without one.
    """
    if sys.platform != "linux":
        return None
    server = ForkServer(IMPORTED_BY_JOBS)
    os.environ[ADDRESS] = server.address
    atexit.register(server.close)
    return server.pid


class ForkServer:
    """A running server, which ends when this object is closed or this process ends.

    Args:
        modules: what it imports before it forks. None of them may start threads, which no
            fork would have.

    Attributes:
        address: what to put into the environment of jobs, as :data:`ADDRESS`.
        pid: the number of its process.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        # Ctrl-C reaches it too; while Python starts, it would end in a traceback. (``preexec_fn``
        # is not safe in a process with threads.)
        interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "facetally.run.fork_server", *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={
                    **os.environ,
                    "PYTHONPATH": str(Path(__file__).parents[2]),
                    # For products of the size met here, further threads of OpenBLAS only spin.
                    "OPENBLAS_NUM_THREADS": "1",
                },
            )
        finally:
            signal.signal(signal.SIGINT, interrupted)
        self.pid = self._process.pid
        with cast(IO[bytes], self._process.stdout) as output:
            self.address = os.fsdecode(output.readline()).strip()

    def close(self) -> None:
        """End the server and its jobs."""
        self._process.communicate()


class _Forker:
    """The process that forks. It has one thread, and never waits for a client or a job."""

    def __init__(self, address: str) -> None:
        self._jobs: dict[int, socket.socket] = {}
        self._clients: dict[int, int] = {}
        """The jobs whose clients are still there, by the client's file descriptor."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(socket.SOMAXCONN)
        self._ended, wake = os.pipe()
        for end in (self._ended, wake):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        # What stops the whole run is for the jobs and the starter, whose end ends this.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self._hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._poll = select.poll()
        for readable in (self._listener.fileno(), self._ended, 0):
            self._poll.register(readable, select.POLLIN)

    def serve(self) -> None:
        """Start jobs until standard input closes, which says that the starter has ended."""
        while True:
            ready = dict(self._poll.poll())
            # First those that have gone: below, their numbers may become those of others.
            for client in ready.keys() & self._clients.keys():
                self._abandon(client)
            if self._ended in ready:
                self._reap()
            if self._listener.fileno() in ready:
                self._start()
            if 0 in ready:
                for pid in self._jobs:
                    os.kill(pid, signal.SIGTERM)
                return

    def _start(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            time.sleep(PAUSE_S)  # Too many files are open; clients wait meanwhile.
            return
        try:
            pid = os.fork()
        except OSError:
            client.close()  # It runs the job itself.
            return
        if pid == 0:
            self._become_job(client)
        self._jobs[pid] = client
        self._clients[client.fileno()] = pid
        # A job is nothing but its client's: it ends with it. No events but its end are asked for.
        self._poll.register(client, 0)

    def _become_job(self, client: socket.socket) -> NoReturn:
        """Turn a fork of this process into the job that the client asks for."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, self._hangup)
            for open_socket in (self._listener, *self._jobs.values()):
                open_socket.close()
            if request := _received(client):
                status = _run(*request)
        finally:
            os._exit(status)

    def _abandon(self, client: int) -> None:
        self._poll.unregister(client)
        os.kill(self._clients.pop(client), signal.SIGTERM)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._ended, 1024)
        while self._jobs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            code = os.waitstatus_to_exitcode(status)
            client = self._jobs.pop(pid)
            if self._clients.pop(client.fileno(), None):
                self._poll.unregister(client)
            with contextlib.suppress(OSError):
                client.sendall(bytes([128 - code if code < 0 else code]))
            client.close()


Request = tuple[list[int], str, list[str], dict[str, str]]
"""The streams of a job, its working folder, its arguments and its environment."""


def _received(client: socket.socket) -> Request | None:
    """Return what a client asks for, after answering; None if it does not within START_S."""
    client.settimeout(START_S)
    try:
        length, streams, _, _ = socket.recv_fds(client, LENGTH_BYTES, len(STREAMS))
        with client.makefile("rb") as received:
            request = received.read(int.from_bytes(length))
        folder, argv, environment = marshal.loads(request)  # noqa: S302, the user's own
        client.sendall(STARTED)
    except (OSError, EOFError, ValueError, TypeError):
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)  # It runs the job itself, or has ended.
        return None
    client.close()
    return streams, folder, argv, environment


def _run(streams: list[int], folder: str, argv: list[str], environment: dict[str, str]) -> int:
    """Run a job in this process, and return its exit status."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        end_with_parent()
        for stream, target in zip(streams, STREAMS, strict=True):
            os.dup2(stream, target)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        status = run(argv)
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT  # Snakemake has said what there is to say.
    except BaseException:
        traceback.print_exc()
        return 1
    return status


def main() -> None:
    """Serve until the process that started this one ends."""
    folder = tempfile.mkdtemp(prefix="facetally-")  # Open to nobody else.
    try:
        address = str(Path(folder) / "socket")
        try:
            forker = _Forker(address)
        except OSError:
            return  # Where the path is too long for a socket; jobs do without.
        try:
            os.write(1, os.fsencode(f"{address}\n"))
        except BrokenPipeError:
            return  # Whoever started this was stopped meanwhile.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)
        for module in sys.argv[1:]:
            importlib.import_module(module)
        gc.freeze()
        forker.serve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

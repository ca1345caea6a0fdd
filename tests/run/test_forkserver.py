"""A forked job is a job like any other, and ends with the process that wanted it."""

import json
import marshal
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from facetally.run.fork_client import ADDRESS, LENGTH_BYTES, STREAMS
from facetally.run.fork_server import ForkServer
from support.repository import ROOT

CLIENT = "import sys; from facetally.run.fork_client import run_script; run_script(sys.argv[1], sys.argv[2:])"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    running = ForkServer(["decimal"])
    yield running
    running.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a script with a body in ``tmp_path``, through the server at an address."""
    processes = []

    def run(body: str, *arguments: str, address: str = "", **env: str) -> subprocess.Popen[str]:
        script = tmp_path / f"script_{len(processes)}.py"
        script.write_text(f"import os, signal, sys, time\n{body}\n")
        process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(script), *arguments],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT / "workflow"), ADDRESS: address, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def sleeper(start: Start, address: str) -> tuple[subprocess.Popen[str], int]:
    """Start a long job; return its client and process number."""
    client = start("print(os.getpid(), flush=True)\ntime.sleep(60)", address=address)
    assert client.stdout is not None
    return client, int(client.stdout.readline())


def ended(pid: int, within: float = 20) -> bool:
    """Wait for a process to end."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_forked_job_is_its_clients(start: Start, server: ForkServer, tmp_path: Path) -> None:
    body = (
        "import json\n"
        "print(json.dumps([sys.argv[1:], os.getcwd(), os.environ.get('GIVEN'), __name__,"
        " os.environ.get('FACETALLY_FORK_SERVER'), sys.stdin.read()]))\n"
        "print('decimal' in sys.modules, file=sys.stderr)"
    )
    said = {}
    for address in (server.address, ""):
        process = start(body, "a b", "ü\udcff", address=address, GIVEN="x\udcfe")
        said[address] = process.communicate("typed")
        assert process.returncode == 0
        assert json.loads(said[address][0]) == [
            ["a b", "ü\udcff"], str(tmp_path), "x\udcfe", "__main__", None, "typed",
        ]  # fmt: skip
    assert said[server.address][1] == "True\n"
    assert said[""][1] == "False\n"


@pytest.mark.parametrize("forked", [True, False])
@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit('no such video')", 1, "no such video\n"),
        ("{}['key']", 1, "KeyError: 'key'\n"),
        ("os.kill(os.getpid(), signal.SIGINT); time.sleep(9)", 130, ""),
    ],
)
def test_exit_status(
    start: Start, server: ForkServer, forked: bool, body: str, status: int, said: str
) -> None:
    process = start(body, address=server.address if forked else "")
    assert process.communicate()[1].endswith(said)
    assert process.returncode == status


def test_a_killed_job_is_told(start: Start, server: ForkServer) -> None:
    process = start("os.kill(os.getpid(), signal.SIGKILL)", address=server.address)
    process.communicate()
    assert process.returncode == 128 + signal.SIGKILL


def test_many_jobs_at_a_time(start: Start, server: ForkServer) -> None:
    processes = [
        start("sys.exit(int(sys.argv[1]))", str(number), address=server.address)
        for number in range(20)
    ]
    assert [process.wait() for process in processes] == list(range(20))


def test_a_job_ends_with_its_client(start: Start, server: ForkServer) -> None:
    client, job = sleeper(start, server.address)
    other, other_job = sleeper(start, server.address)
    client.kill()
    assert ended(job)
    # The server has reaped the one, and has not ended the other.
    assert start("sys.exit(4)", address=server.address).wait() == 4
    assert other.poll() is None
    os.kill(other_job, 0)


def test_half_a_request_does_not_matter(start: Start, server: ForkServer) -> None:
    nonsense = b"no request"
    for sent in (
        b"",
        (100).to_bytes(LENGTH_BYTES),
        (100).to_bytes(LENGTH_BYTES) + b"\xe9",
        len(nonsense).to_bytes(LENGTH_BYTES) + nonsense,
        (5).to_bytes(LENGTH_BYTES) + marshal.dumps(1),
    ):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(server.address)
            if sent:
                socket.send_fds(client, [sent], STREAMS)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
    process = start("sys.exit(0 if 'decimal' in sys.modules else 1)", address=server.address)
    assert process.wait() == 0


def test_clients_that_say_nothing_delay_no_job(start: Start, server: ForkServer) -> None:
    silent = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    for number, client in enumerate(silent):
        client.connect(server.address)
        if number % 2:
            socket.send_fds(client, [(100).to_bytes(LENGTH_BYTES)], STREAMS)
    # Before the server gives them up.
    process = start("sys.exit(0 if 'decimal' in sys.modules else 1)", address=server.address)
    assert process.wait() == 0
    for client in silent:
        client.settimeout(0)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        client.close()


def test_jobs_that_end_as_their_clients_do_end_no_other(start: Start) -> None:
    server = ForkServer(["decimal"])
    other, other_job = sleeper(start, server.address)
    ending = [sleeper(start, server.address) for _ in range(8)]
    # So that it finds them all at once: jobs that have ended, clients that have, and new ones.
    os.kill(server.pid, signal.SIGSTOP)
    for client, job in ending:
        os.kill(job, signal.SIGKILL)
        client.kill()
        client.wait()
    new = [start("sys.exit(7)", address=server.address) for _ in range(8)]
    os.kill(server.pid, signal.SIGCONT)
    assert [process.wait() for process in new] == [7] * 8
    assert other.poll() is None
    os.kill(other_job, 0)
    server.close()


def test_a_server_with_too_many_open_files_goes_on(start: Start) -> None:
    server = ForkServer(["decimal"])
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (12, 12))
    silent = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for client in silent:
        client.connect(server.address)
    waiting = start("sys.exit(3)", address=server.address)
    for client in silent:
        client.close()
    assert waiting.wait() == 3
    server.close()


def test_an_interrupted_client_waits_for_its_job(start: Start, server: ForkServer) -> None:
    client, job = sleeper(start, server.address)
    client.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        client.wait(0.3)
    os.kill(job, signal.SIGINT)
    assert client.wait() == 130


def test_jobs_and_socket_end_with_the_server(start: Start) -> None:
    server = ForkServer([])
    client, job = sleeper(start, server.address)
    server.close()
    assert ended(job)
    assert client.wait() == 1
    assert not Path(server.address).parent.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's parent-death signal")
def test_jobs_end_with_a_killed_server(start: Start) -> None:
    server = ForkServer([])
    client, job = sleeper(start, server.address)
    server._process.kill()
    server.close()
    assert ended(job)
    _, said = client.communicate()
    assert client.returncode == 1
    assert said == "facetally: the process that starts the jobs has ended; run the command again\n"
    # The next job does without the server.
    process = start("sys.exit(4)", address=server.address)
    assert process.wait() == 4


def test_a_server_that_cannot_import_does_not_matter(start: Start) -> None:
    server = ForkServer(["no_such_module"])
    assert start("sys.exit(4)", address=server.address).wait() == 4
    server.close()


def test_a_folder_too_deep_for_a_socket_does_not_matter(
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    server = ForkServer([])
    assert start("sys.exit(4)", address=server.address).wait() == 4
    server.close()
    assert list(deep.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_an_interrupt_before_the_script_runs_says_nothing(start: Start) -> None:
    interrupted = (
        "import signal; from facetally.run import fork_server; "
        "fork_server.end_with_parent = lambda: signal.raise_signal(signal.SIGINT); "
        "fork_server.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", interrupted],
        env={"PYTHONPATH": str(ROOT / "workflow")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        job = start("print('ran')", address=running.stdout.readline().strip())
        assert job.communicate() == ("", "")
        assert job.returncode == 128 + signal.SIGINT
        running.communicate()


def test_a_server_whose_starter_was_stopped_says_nothing() -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "facetally.run.fork_server"],
        env={"PYTHONPATH": str(ROOT / "workflow")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert server.stdout is not None
    server.stdout.close()
    assert server.communicate()[1] == b""
    assert server.returncode == 0

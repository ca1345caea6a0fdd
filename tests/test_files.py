"""A file is written completely or not at all, and the message names the obstacle."""

import errno
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from facetally.errors import WriteError
from facetally.faces.raw import write_raw
from facetally.files import atomic_path
from facetally.video.frames import Frame, write_frames
from support.clips import noise

LIMIT = 20_000
"""Bytes, fewer than any of the writers makes."""


Writer = Callable[[Path], object]


def write_frames_file(path: Path) -> None:
    frames = (Frame(n, n, Fraction(1, 25), bgr) for n, bgr in enumerate(noise(4)))
    with atomic_path(path) as partial:
        write_frames(partial, path.with_suffix(".json"), frames)


def write_raw_file(path: Path) -> None:
    write_raw(path, ({"frame": number, "time": number / 25} for number in range(5000)))


def write_table(path: Path) -> None:
    table = pl.DataFrame({"score": [hash((number, "x")) / 7 for number in range(9000)]})
    with atomic_path(path) as partial:
        table.write_csv(partial) if path.suffix == ".csv" else table.write_parquet(partial)


def write_page(path: Path) -> None:
    with atomic_path(path) as partial:
        partial.write_text("x" * 100_000, encoding="utf-8")


WRITERS: dict[str, Writer] = {
    "frames.nut": write_frames_file,
    "raw.json": write_raw_file,
    "faces.parquet": write_table,
    "counts.csv": write_table,
    "index.html": write_page,
}


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 16 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def limited() -> Iterator[None]:
    """No file may grow beyond LIMIT."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", WRITERS)
def test_no_file_is_half_written_on_a_full_disk(full_disk: Path, name: str) -> None:
    path = full_disk / name
    path.write_text("old")
    with pytest.raises(WriteError) as said:
        WRITERS[name](path)
    assert str(said.value) == (
        f"{path}: cannot be written (No space left on device); free disk space, and run again"
    )
    assert path.read_text() == "old"
    assert not list(full_disk.glob(".partial*"))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.usefixtures("limited")
def test_no_file_is_half_written_where_none_may_grow(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(WriteError) as said:
        WRITERS[name](path)
    assert str(said.value) == (
        f"{path}: cannot be written (File too large); free disk space, and run again"
    )
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_read_is_no_fault_of_the_one_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "table.csv"):
        pl.read_parquet(tmp_path / "faces.parquet")
    with pytest.raises(OSError, match="Errno 28"), atomic_path(tmp_path / "table.csv"):
        raise OSError(errno.ENOSPC, "full", "/another/disk")


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / f"{'é' * 125}.html"
    with atomic_path(path) as partial:
        assert partial.suffix == ".html"
        partial.write_text("whole")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_partial_files_of_two_outputs_differ(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a.mp4") as one, atomic_path(tmp_path / "b.mp4") as other:
        assert one != other
        one.touch()
        other.touch()

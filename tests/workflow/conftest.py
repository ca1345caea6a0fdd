"""A finished study of one video, as a start for tests of what a run does to it."""

import shutil
from pathlib import Path

import pytest
from support.clips import noise, write_clip
from support.networks import Networks
from support.once import made_once
from support.snakemake_runs import GPU, lines, snakemake
from support.studies import write_config


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, worker_id: str, networks: Networks) -> Path:
    """A finished study of one video, made by one process for all."""

    def make(folder: Path) -> None:
        networks(folder)
        write_clip(folder / "clips" / "one.mp4", noise(3))
        (folder / "labels.csv").write_text("filename,label\none,Positive\n")
        write_config(
            folder,
            datasets={"d": {"videos": "clips", "labels": "labels.csv"}},
            sampling={"every_nth_frame": 2},
            detectors=["haar"],
        )
        process = snakemake(folder, *GPU)
        assert process.returncode == 0, process.stdout
        assert lines(process.stdout) == []

    return made_once(tmp_path_factory.getbasetemp(), worker_id, "finished", make)


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, with Snakemake's records."""
    folder = tmp_path / "study"
    shutil.copytree(finished, folder, symlinks=True)
    return folder

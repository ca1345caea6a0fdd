"""A finished study of one video, which tests of what a run does to one start from."""

import shutil
from pathlib import Path

import pytest
from support.clips import noise, write_clip
from support.networks import Networks
from support.snakemake_runs import GPU, lines, snakemake
from support.studies import write_config


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A finished study of one video."""
    folder = networks(tmp_path_factory.mktemp("finished"))
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
    return folder


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, with what Snakemake keeps."""
    folder = tmp_path / "study"
    shutil.copytree(finished, folder, symlinks=True)
    return folder

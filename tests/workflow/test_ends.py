"""What a person reads at the end of a run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.clips import noise, write_clip
from support.repository import ROOT
from support.snakemake_runs import GPU, lines, snakemake
from support.studies import write_config

CONFIG = {
    "datasets": {"d": {"videos": "clips", "labels": "labels.csv"}},
    "sampling": {"every_nth_frame": 2},
    "detectors": ["haar"],
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of one video."""
    folder = tmp_path_factory.mktemp("finished")
    write_clip(folder / "clips" / "one.mp4", noise(3))
    (folder / "labels.csv").write_text("filename,label\none,Positive\n")
    write_config(folder, **CONFIG)
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


def test_results_of_a_detector_and_a_dataset_that_are_gone_are_named(study: Path) -> None:
    for name in ("raw/d/mtcnn/one.json", "counts/d/mtcnn.csv", "raw/old/haar/two.json"):
        (study / "results" / name).parent.mkdir(parents=True, exist_ok=True)
        (study / "results" / name).touch()
    again = ("results/counts/d/haar.csv", "--forcerun", "count_labels", *GPU)
    process = snakemake(study, *again)
    assert process.returncode == 0, process.stdout
    script = os.path.relpath(ROOT / "workflow" / "scripts" / "prune.py", study)
    assert lines(process.stdout) == [
        "facetally: config.yaml no longer names dataset old (results/raw/old/haar), detector mtcnn "
        f"(results/raw/d/mtcnn), of which results are left; python {script} removes them"
    ]
    # A detector that the command line alone leaves out is no leftover.
    assert lines(snakemake(study, *again, "--config", "detectors=[haar]").stdout) == []
    subprocess.run([sys.executable, script], cwd=study, check=True, capture_output=True)
    assert lines(snakemake(study, *again).stdout) == []
    assert not (study / "results" / "raw" / "old").exists()

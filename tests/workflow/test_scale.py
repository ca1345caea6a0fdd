"""The way of docs/scale.md for large studies gives what one run gives."""

import shutil
from pathlib import Path

import kills
from support.clips import noise, write_clip
from support.networks import Networks
from support.repository import ROOT
from support.snakemake_runs import GPU, jobs, snakemake
from support.studies import write_config

BATCHES = 3
TABLES = ("--profile", str(ROOT / "workflow" / "profiles" / "tables"))


def ran(folder: Path, *arguments: str) -> dict[str, int]:
    """Run Snakemake on a study; give the jobs."""
    process = snakemake(folder, *arguments)
    assert process.returncode == 0, process.stdout
    return jobs(process.stdout)


def test_batches_and_the_tables_after_them_give_what_one_run_gives(
    tmp_path: Path, networks: Networks
) -> None:
    once, batched = networks(tmp_path / "once"), tmp_path / "batched"
    for dataset in ("one", "two"):
        for number in range(3):
            write_clip(once / dataset / f"{number}.mp4", noise(3, seed=number))
    write_config(
        once,
        datasets={name: {"videos": name} for name in ("one", "two")},
        sampling={"every_nth_frame": 2},
    )
    shutil.copytree(once, batched)
    ran(once, *GPU)
    for number in range(1, BATCHES + 1):
        told = ran(batched, "raw", "--batch", f"raw={number}/{BATCHES}", *GPU)
        assert (told["sample_frames"], told["detect_emotions"]) == (2, 4)
        assert len(list((batched / "results" / "raw").rglob("?.json"))) == 4 * number
        assert not (batched / "results" / "problems.csv").exists()
    assert ran(batched, "raw", "--batch", f"raw=2/{BATCHES}", *GPU) == {}
    assert not {"sample_frames", "detect_emotions"} & ran(batched, *TABLES).keys()
    assert kills.results(batched) == kills.results(once)

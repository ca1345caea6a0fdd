"""The procedure for large studies in docs/scale.md gives the same results as one run."""

import shutil
from pathlib import Path

import kills
from support.clips import noise, write_clip
from support.networks import Networks
from support.repository import ROOT
from support.snakemake_runs import GPU, jobs, snakemake
from support.studies import write_config

PARTS = 3
TABLES = ("--profile", str(ROOT / "workflow" / "profiles" / "tables"))


def ran(folder: Path, *arguments: str) -> dict[str, int]:
    """Run Snakemake on a study; return the jobs."""
    process = snakemake(folder, *arguments)
    assert process.returncode == 0, process.stdout
    return jobs(process.stdout)


def test_parts_and_the_tables_after_them_give_what_one_run_gives(
    tmp_path: Path, networks: Networks
) -> None:
    once, in_parts = networks(tmp_path / "once"), tmp_path / "in_parts"
    for dataset in ("one", "two"):
        for number in range(3):
            write_clip(once / dataset / f"{number}.mp4", noise(3, seed=number))
    write_config(
        once,
        datasets={name: {"videos": name} for name in ("one", "two")},
        sampling={"every_nth_frame": 2},
    )
    shutil.copytree(once, in_parts)
    ran(once, *GPU)
    raw = in_parts / "results" / "raw"
    for number in range(1, PARTS + 1):
        said = ran(in_parts, "raw", "--config", f"part={number}/{PARTS}", *GPU)
        assert (said["sample_frames"], said["detect_emotions"]) == (2, 4)
        assert len(list(raw.rglob("?.json"))) == 4 * number
        # Both detectors have seen the same videos.
        haar, mtcnn = (
            {(path.parts[-3], path.name) for path in raw.glob(f"*/{detector}/?.json")}
            for detector in ("haar", "mtcnn")
        )
        assert haar == mtcnn
        assert not (in_parts / "results" / "problems.csv").exists()
    assert ran(in_parts, "raw", "--config", f"part=2/{PARTS}", *GPU) == {}
    assert not {"sample_frames", "detect_emotions"} & ran(in_parts, *TABLES).keys()
    assert kills.results(in_parts) == kills.results(once)


def test_a_part_is_no_study(tmp_path: Path) -> None:
    write_clip(tmp_path / "one" / "0.mp4", noise(3))
    write_config(tmp_path, datasets={"one": {"videos": "one"}})
    process = snakemake(tmp_path, "--config", "part=1/1", *GPU)
    assert process.returncode == 1
    assert "part: 1/1 can only be used for the raw FER JSON; name the target raw" in process.stdout

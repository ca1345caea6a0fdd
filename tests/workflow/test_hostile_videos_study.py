"""All hostile videos in one study: each has its reason in the tables."""

from pathlib import Path

import polars as pl
from support.hostile_videos import CASES, FRAMES
from support.snakemake_runs import snakemake
from support.studies import write_config


def test_the_whole_corpus_as_a_study(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    # The names without suffix are those of the tables, and must differ.
    for name, hostile in CASES.items():
        stem, _, suffix = name.rpartition(".")
        (clips / f"{stem}_{suffix}.{suffix}").write_bytes(hostile.content())
    write_config(
        tmp_path, datasets={"d": {"videos": "clips"}}, detectors=["haar"], on_bad_video="skip"
    )
    process = snakemake(tmp_path, "--resources", "gpu=2")
    assert process.returncode == 0, process.stdout
    problems = pl.read_csv(tmp_path / "results" / "problems.csv")
    found = dict(problems.select("filename", "reason").iter_rows())
    assert found == {
        name[::-1].replace(".", "_", 1)[::-1]: hostile.reason
        for name, hostile in CASES.items()
        if hostile.reason
    }
    counts = pl.read_csv(tmp_path / "results" / "counts" / "d" / "haar.csv")
    assert counts.height == len(CASES)
    assert dict(counts.drop_nulls("problem").select("filename", "problem").iter_rows()) == found
    analysed = counts.filter(pl.col("problem").is_null())["frames"].to_list()
    assert analysed == [FRAMES // 20] * len(analysed)
    assert not (tmp_path / "executed").exists()

"""What lies in a dataset's folder and is no video, or has no content: named, never counted."""

from pathlib import Path

import polars as pl
from support.clips import noise, write_clip
from support.networks import Networks
from support.snakemake_runs import GPU, lines, snakemake
from support.studies import write_config

NOTICE = (
    "facetally: not analysed: clips/more/, clips/three.rm (sub-folders, or without a video's "
    "extension); to include them, move videos up into the dataset's folder or convert them to .mp4"
)


def test_what_is_passed_over_is_named_and_its_labels_are_not_counted(
    tmp_path: Path, networks: Networks
) -> None:
    clips = networks(tmp_path) / "clips"
    write_clip(clips / "one.mts", noise(3))
    write_clip(clips / "more" / "two.mp4", noise(3))
    (clips / "three.rm").touch()
    (clips / "labels.csv").write_text("filename,label\none,Pos\ntwo,Neg\nthree,Neg\n")
    write_config(
        tmp_path,
        datasets={"d": {"videos": "clips", "labels": "clips/labels.csv"}},
        detectors=["haar"],
    )
    process = snakemake(tmp_path, *GPU, "--dry-run")
    assert (process.returncode, lines(process.stdout)) == (0, [NOTICE]), process.stdout
    process = snakemake(tmp_path, *GPU)
    assert process.returncode == 0, process.stdout
    assert lines(process.stdout) == [
        NOTICE,
        "facetally: 2 videos cannot be analysed, 0 only in part: see results/problems.csv",
    ]
    problems = pl.read_csv(tmp_path / "results" / "problems.csv")
    assert problems.select("filename", "reason", "frames").rows() == [
        ("three", "not_analysed", 0),
        ("two", "not_analysed", 0),
    ]
    counts = pl.read_csv(tmp_path / "results" / "counts" / "d" / "haar.csv")
    assert counts.select("filename", "golden", "frames", "problem").rows() == [
        ("one", "Pos", 1, None)
    ]
    (row,) = pl.read_csv(tmp_path / "results" / "summary.csv").filter(method="majority").to_dicts()
    assert (row["count"], row["labelled"], row["bad_videos"]) == (1, 1, 0)
    assert "clips/more/two.mp4: is not analysed" in (
        tmp_path / "results" / "report" / "index.html"
    ).read_text().replace("&#39;", "'")
    # Moved up, it is analysed; that alone runs.
    (clips / "more" / "two.mp4").rename(clips / "two.mp4")
    process = snakemake(tmp_path, *GPU)
    assert process.returncode == 0, process.stdout
    counts = pl.read_csv(tmp_path / "results" / "counts" / "d" / "haar.csv")
    assert counts.select("filename", "golden").rows() == [("one", "Pos"), ("two", "Neg")]

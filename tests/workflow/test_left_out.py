"""Files in a dataset's folder that are not videos, or are empty: named, never counted."""

from pathlib import Path

import polars as pl
from support.clips import noise, write_clip
from support.networks import Networks
from support.snakemake_runs import GPU, TABLES, jobs, lines, snakemake
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
        "facetally: 2 videos cannot be analysed, 0 only in part: see results/problems.csv "
        "and, for what to do, docs/troubleshooting.md",
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
    process = snakemake(tmp_path, "results/counts/d/haar.csv", *GPU)
    assert process.returncode == 0, process.stdout
    ran = jobs(process.stdout)
    assert (ran["sample_frames"], ran["detect_emotions"]) == (1, 1)
    counts = pl.read_csv(tmp_path / "results" / "counts" / "d" / "haar.csv")
    assert counts.select("filename", "golden").rows() == [("one", "Pos"), ("two", "Neg")]


def test_a_link_without_content_has_a_reason_and_is_analysed_once_it_has_some(
    tmp_path: Path, networks: Networks
) -> None:
    clips = networks(tmp_path) / "clips"
    write_clip(clips / "good.mp4", noise(3))
    (clips / "link.mp4").symlink_to("../annex/key")
    (tmp_path / "labels.csv").write_text("filename,label\ngood,Pos\nlink,Neg\n")
    study = {
        "datasets": {"d": {"videos": "clips", "labels": "labels.csv"}},
        "detectors": ["haar"],
    }
    results = tmp_path / "results"
    absent = (
        "facetally: clips/link.mp4: is a link to a file that is not here; "
        "fetch it (git annex get, dvc pull) or remove it"
    )

    write_config(tmp_path, **study)
    process = snakemake(tmp_path, *GPU)
    assert process.returncode == 1
    assert "Traceback" not in process.stdout
    assert lines(process.stdout) == [
        absent,
        "facetally: 1 of 2 videos cannot be analysed: clips/link.mp4 (no content); remove or "
        "replace them, or leave them out with on_bad_video: skip in config.yaml",
    ]

    write_config(tmp_path, **study, on_bad_video="skip")
    process = snakemake(tmp_path, *GPU)
    assert process.returncode == 0, process.stdout
    problems = pl.read_csv(results / "problems.csv")
    assert problems.select("filename", "reason").rows() == [("link", "no_content")]
    counts = pl.read_csv(results / "counts" / "d" / "haar.csv")
    assert counts.select("filename", "frames", "problem").rows() == [
        ("good", 1, None),
        ("link", 0, "no_content"),
    ]
    (row,) = pl.read_csv(results / "summary.csv").filter(method="majority").to_dicts()
    assert (row["count"], row["labelled"], row["bad_videos"]) == (2, 1, 1)
    annotated = "results/annotated/d/haar/link.mp4"
    process = snakemake(tmp_path, annotated, *GPU)
    assert process.returncode == 0, process.stdout
    assert (tmp_path / annotated).stat().st_size
    assert jobs(snakemake(tmp_path, *GPU, "--dry-run").stdout) == {}

    content = write_clip(tmp_path / "annex" / "clip.mp4", noise(30, seed=2))
    content.rename(tmp_path / "annex" / "key")
    assert jobs(snakemake(tmp_path, *GPU, "--dry-run").stdout) == TABLES | {
        "sample_frames": 1,
        "detect_emotions": 1,
        "thumbnails": 1,
    } | dict.fromkeys(("collect_faces", "count_labels", "segments", "metrics"), 1)
    process = snakemake(tmp_path, "results/counts/d/haar.csv", *GPU)
    assert process.returncode == 0, process.stdout
    assert pl.read_csv(results / "problems.csv").is_empty()
    counts = pl.read_csv(results / "counts" / "d" / "haar.csv")
    assert counts.select("filename", "frames").rows() == [("good", 1), ("link", 2)]

    # If it is dropped after that, no result goes with it unless allowed.
    (tmp_path / "annex" / "key").unlink()
    write_config(tmp_path, **study)
    process = snakemake(tmp_path, *GPU)
    assert process.returncode == 1
    (said,) = lines(process.stdout)
    assert said.startswith("facetally: clips/link.mp4: can no longer be read, though analysed")
    counts = pl.read_csv(results / "counts" / "d" / "haar.csv")
    assert counts.select("filename", "frames").rows() == [("good", 1), ("link", 2)]
    write_config(tmp_path, **study, on_bad_video="skip")
    process = snakemake(tmp_path, "results/counts/d/haar.csv", *GPU)
    assert process.returncode == 0, process.stdout
    problems = pl.read_csv(results / "problems.csv")
    assert problems.select("filename", "reason").rows() == [("link", "no_content")]

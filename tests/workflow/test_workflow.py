"""The real workflow: what it makes, what a change reruns, and what it reports."""

import json
import os
import re
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from facetally.detect.onnx_runtime import onnxruntime
from facetally.emotions import EMOTIONS
from facetally.faces.raw import RawFrame, read_raw
from facetally.study.demo import FRAMES
from support.clips import noise, write_clip
from support.networks import Networks
from support.reference import opencv_frames, published_faces
from support.repository import ROOT
from support.snakemake_runs import (
    GPU,
    LABEL_CORRECTED,
    SEGMENTS_CHANGED,
    TABLES,
    VIDEO,
    jobs,
    lines,
    snakemake,
)
from support.studies import write_config

FACE_CHANGED = {
    rule: jobs for rule, jobs in TABLES.items() if rule not in ("problems", "accept_videos")
}
"""What another choice of the face that counts runs, besides the thumbnails of each video."""

PUBLISHED = ("paper", "fear_negative", "sad_negative", "fear_sad_negative")
"""The mappings that come with the project."""


def raw(folder: Path, dataset: str, detector: str, video: str) -> list[dict[str, Any]]:
    path = folder / "results" / "raw" / dataset / detector / f"{video}.json"
    return json.loads(path.read_text())


def raw_frames(folder: Path, dataset: str, detector: str, video: str) -> list[RawFrame]:
    return read_raw(folder / "results" / "raw" / dataset / detector / f"{video}.json")


def test_a_fresh_clone_makes_the_demos_table(demo_study: tuple[Path, str]) -> None:
    folder, said = demo_study
    assert jobs(said) == TABLES | {
        "demo": 1,
        "export_models": 1,
        "sample_frames": 7,
        "detect_emotions": 14,
        "collect_faces": 4,
        "count_labels": 4,
        "segments": 4,
        "people": 2,
        "predict": 2,
        "metrics": 4,
        "disagreements": 2,
        "portraits": 2,
        "thumbnails": 7,
    }
    summary = pl.read_csv(folder / "results" / "summary.csv")
    assert summary.columns[:5] == ["dataset", "count", "detector", "accuracy", "method"]
    assert summary.select("dataset", "count", "method", "detector").rows() == [
        (dataset, videos, method, detector)
        for dataset, videos in (("demo_large_faces", 3), ("demo_small_faces", 4))
        for method, detector in (
            ("majority", "haar"),
            ("majority", "mtcnn"),
            ("mean_score", "haar"),
            ("mean_score", "mtcnn"),
            ("ensemble", "haar+mtcnn"),
        )
    ]
    comparisons = pl.read_csv(folder / "results" / "comparisons.csv")
    assert comparisons["dataset"].value_counts(sort=True)["count"].to_list() == [10, 10]
    assert (folder / "results" / "summary.md").read_text() in said
    log = folder / "results/logs/detect_emotions/demo_small_faces/mtcnn/coffee.log"
    assert "demo_small_faces/mtcnn/coffee: frames 7, faces 0, " in log.read_text()
    assert "Removing temporary output" not in said
    counts = pl.read_csv(folder / "results" / "counts" / "demo_small_faces" / "mtcnn.csv")
    assert counts.columns[:6] == ["filename", "predict", "golden", "pos", "neg", "neut"]
    assert counts["filename"].to_list() == [
        "coffee",
        "collins_far",
        "heckler",
        "hopper_in_company",
    ]
    assert counts.row(0)[1:8] == (None, "Neut", 0, 0, 0, 7, 7)
    assert counts["several_faces"].sum() > 0
    assert not list((folder / "results").rglob("*.nut"))
    assert not list((folder / "results").rglob(".partial*"))


def test_the_documentation_shows_what_the_demo_does_and_says(demo_study: tuple[Path, str]) -> None:
    said = demo_study[1]
    readme = (ROOT / "README.md").read_text("utf-8")
    _, ends_with = re.split(r"^```\n(?=Share of each)", readme, maxsplit=1, flags=re.M)
    assert ends_with.split("```")[0] in said
    rules = set(jobs(said))
    drawing = (ROOT / "docs" / "rulegraph.svg").read_text("utf-8")
    assert set(re.findall(r">(\w+)</text>", drawing)) == rules
    outputs = (ROOT / "docs" / "outputs.md").read_text("utf-8")
    alternative = re.findall(r"!\[The rules: (.+)\]", outputs)
    assert {*alternative[0].split(", "), "all"} == rules


def test_every_job_has_left_a_log(demo_study: tuple[Path, str]) -> None:
    logs = demo_study[0] / "results" / "logs"
    of_the_study = [
        log for log in logs.rglob("*.log") if not {"annotate_video", "video_page"} & {*log.parts}
    ]
    assert len(of_the_study) == 1 + 1 + 7 + 14 + 2 + 4 * 4 + 2 + 1 + 1 + 1 + 2 + 2 + 7 + 1 + 1 + 4
    assert (logs / "export_models.log").exists()


def test_the_counts_are_those_of_the_raw_files(demo_study: tuple[Path, str]) -> None:
    folder, _ = demo_study
    counts = pl.read_csv(folder / "results" / "counts" / "demo_small_faces" / "haar.csv")
    for row in counts.iter_rows(named=True):
        records = raw(folder, "demo_small_faces", "haar", row["filename"])
        tops = [
            max(EMOTIONS, key=lambda emotion: record[f"{emotion}0"])
            for record in records
            if "box0" in record
        ]
        assert (len(records), len(records) - len(tops)) == (row["frames"], row["no_face"])
        assert [tops.count(emotion) for emotion in EMOTIONS] == [row[name] for name in EMOTIONS]
        assert row["pos"] == row["happy"] + row["surprise"]
        assert row["neut"] == row["neutral"] + row["fear"] + row["sad"]
        assert row["neg"] == row["disgust"] + row["angry"]


def test_a_second_run_does_nothing_whatever_the_file_times(demo_study: tuple[Path, str]) -> None:
    folder, _ = demo_study
    for path in (folder / "data" / "demo").rglob("*.*"):
        os.utime(path)
    process = snakemake(folder, *GPU, workflow=folder)
    assert (process.returncode, jobs(process.stdout)) == (0, {}), process.stdout


def test_a_change_of_all_code_runs_everything(demo_study: tuple[Path, str]) -> None:
    folder, said = demo_study
    workflow = folder / "workflow"
    sources = {path: path.read_text() for path in workflow.glob("[fs]*/**/*.py")}
    for path, source in sources.items():
        path.write_text(f"{source}CHANGED = True\n")
    process = snakemake(folder, *GPU, "--dry-run", workflow=folder)
    for path, source in sources.items():
        path.write_text(source)
    assert jobs(process.stdout) == jobs(said)


def test_snakemakes_own_report_is_written(demo_study: tuple[Path, str]) -> None:
    folder, _ = demo_study
    process = snakemake(folder, "--report", "report.html", workflow=folder)
    assert process.returncode == 0, process.stdout
    report = (folder / "report.html").read_text()
    for said in ("Accuracy", "Label counts", "Time segments", "Wilson", "Figures"):
        assert said in report
    captions = folder / "workflow" / "report"
    for caption in ("confusion", "coverage", "face_heights", "detectors"):
        first_words = " ".join((captions / f"{caption}.rst").read_text().split()[:5])
        assert first_words in report
        assert f"{caption}.svg" in report or caption == "detectors"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A study of two short clips in a folder of its own, run once; its name has a space."""
    folder = networks(tmp_path_factory.mktemp("a study"))
    clips = folder / "clips"
    write_clip(clips / "one.mp4", noise(3, seed=1))
    write_clip(clips / 'second "clip".MKV', noise(3, seed=2))
    (folder / "labels.csv").write_text("filename,label\none,Positive\n")
    write_config(folder, datasets={2019: {"videos": "clips", "labels": "labels.csv"}})
    process = snakemake(folder, *GPU)
    assert process.returncode == 0, process.stdout
    assert jobs(process.stdout) == TABLES | {
        "sample_frames": 2,
        "detect_emotions": 4,
        "thumbnails": 2,
    }
    return folder


@pytest.fixture
def study(done: Path, tmp_path: Path) -> Path:
    """A copy of that study with the same times, which has nothing to do."""
    return Path(shutil.copytree(done, tmp_path / "a study"))


def changed(study: Path) -> dict[str, int]:
    """Run the study again; return the jobs."""
    process = snakemake(study, *GPU)
    assert process.returncode == 0, process.stdout
    return jobs(process.stdout)


def planned(study: Path) -> dict[str, int]:
    """The jobs that a run would run."""
    process = snakemake(study, *GPU, "--dry-run")
    assert process.returncode == 0, process.stdout
    return jobs(process.stdout)


def make(study: Path, *results: str) -> None:
    """Run the study again for only some of its results."""
    process = snakemake(study, *results, *GPU)
    assert process.returncode == 0, process.stdout


def test_a_dataset_is_named_2019_without_quotes(study: Path) -> None:
    assert "\n  2019:\n" in (study / "config.yaml").read_text()
    counts = pl.read_csv(study / "results" / "counts" / "2019" / "haar.csv")
    assert counts["filename"].to_list() == ["one", 'second "clip"']


def test_thumbnails_are_cut_out_without_detecting_again(study: Path) -> None:
    thumbnails = 'results/galleries/thumbnails/2019/second "clip".json'
    (study / thumbnails).unlink()
    assert planned(study) == {"thumbnails": 1, "report": 1, "all": 1}
    make(study, thumbnails)
    made = json.loads((study / thumbnails).read_text())
    assert list(made) == ["haar", "mtcnn"]
    for detector, tops in made.items():
        faces = [frame.faces for frame in raw_frames(study, "2019", detector, 'second "clip"')]
        assert len(tops) == (7 if any(faces) else 0)


def test_a_video_added_runs_its_own_jobs_and_the_tables(study: Path) -> None:
    assert changed(study) == {}
    write_clip(study / "clips" / "three.avi", noise(3, seed=3), codec="mpeg4")
    assert planned(study) == TABLES | VIDEO
    make(study, "results/counts/2019/mtcnn.csv")
    counts = pl.read_csv(study / "results" / "counts" / "2019" / "mtcnn.csv")
    assert counts["filename"].to_list() == ["one", 'second "clip"', "three"]


def test_a_video_removed_leaves_the_tables(study: Path) -> None:
    (study / "clips" / 'second "clip".MKV').unlink()
    assert planned(study) == TABLES
    make(study, "results/counts/2019/haar.csv")
    counts = pl.read_csv(study / "results" / "counts" / "2019" / "haar.csv")
    assert counts["filename"].to_list() == ["one"]


def test_a_corrected_label_runs_the_tables_only(study: Path) -> None:
    (study / "labels.csv").write_text("filename,label\none,Negative\n")
    assert planned(study) == LABEL_CORRECTED
    make(study, "results/counts/2019/haar.csv")
    counts = pl.read_csv(study / "results" / "counts" / "2019" / "haar.csv")
    assert counts["golden"].to_list()[0] == "Neg"


def mappings_measured(study: Path) -> list[tuple[str, str]]:
    """Detector and mapping of each row of the table of mappings."""
    return pl.read_csv(study / "results" / "bias.csv").select("detector", "mapping").rows()


def test_another_face_mapping_or_segment_length_runs_no_detection(study: Path) -> None:
    config = (study / "config.yaml").read_text()
    face_changed = FACE_CHANGED | {"thumbnails": 2}
    rerun = {
        "face: tracked\n": face_changed,
        "min_confidence: 0.9\nmin_face_height: 40\n": face_changed,
        "mapping: sad_negative\n": LABEL_CORRECTED,
        "segment_frames: 2\n": SEGMENTS_CHANGED,
    }
    for key, its_jobs in rerun.items():
        (study / "config.yaml").write_text(config + key)
        assert planned(study) == its_jobs
    (study / "config.yaml").write_text(config + "".join(rerun))
    assert changed(study) == face_changed
    assert mappings_measured(study) == list(product(("haar", "mtcnn"), PUBLISHED))
    assert planned(study) == {}
    for key, its_jobs in rerun.items():
        (study / "config.yaml").write_text(config + "".join(rerun).replace(key, ""))
        assert planned(study) == its_jobs


def test_another_list_of_mappings_is_measured_alone(study: Path) -> None:
    config = (study / "config.yaml").read_text()
    rerun = {"bias": 1, "report": 1, "all": 1}
    (study / "config.yaml").write_text(f"{config}mappings: {{mine: {{surprise: neutral}}}}\n")
    assert changed(study) == rerun
    assert mappings_measured(study) == list(product(("haar", "mtcnn"), ("paper", "mine")))
    (study / "config.yaml").write_text(config)
    assert planned(study) == rerun


def test_another_device_runs_nothing(study: Path) -> None:
    config = (study / "config.yaml").read_text()
    (study / "config.yaml").write_text(config + "device: cpu\n")
    assert changed(study) == {}
    (study / "config.yaml").write_text(config)
    assert changed(study) == {}


def test_a_video_replaced_runs_its_own_jobs(study: Path) -> None:
    write_clip(study / "clips" / "one.mp4", noise(3, seed=5))
    assert planned(study) == TABLES | VIDEO


@pytest.fixture(scope="module")
def bad_study(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A study of a good video, two bad ones and one that is cut off."""
    folder = networks(tmp_path_factory.mktemp("bad"))
    clips = folder / "clips"
    write_clip(clips / "good.mp4", noise(30, seed=6))
    (clips / "notes.mp4").write_text("not a video")
    (clips / "gone.mkv").write_bytes(b"")
    whole = write_clip(folder / "whole.mkv", noise(60, seed=7)).read_bytes()
    (clips / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    labels = "".join(f"{name},Positive\n" for name in ("good", "notes", "gone", "cut"))
    (folder / "labels.csv").write_text(f"filename,label\n{labels}")
    return folder


def bad_config(folder: Path, **policy: str) -> None:
    write_config(
        folder,
        datasets={"d": {"videos": "clips", "labels": "labels.csv"}},
        detectors=["haar"],
        **policy,
    )


def test_bad_videos_are_named_in_one_line_when_the_others_are_done(bad_study: Path) -> None:
    bad_config(bad_study)
    process = snakemake(bad_study, *GPU)
    assert process.returncode == 1
    assert "Traceback" not in process.stdout
    said = [line for line in process.stdout.splitlines() if line.startswith("facetally: ")]
    assert said[-1] == (
        "facetally: 2 of 4 videos cannot be analysed: clips/gone.mkv (not a video); "
        "clips/notes.mp4 (not a video); remove or replace them, or leave them out with "
        "on_bad_video: skip in config.yaml"
    )
    assert len(raw(bad_study, "d", "haar", "good")) == 2
    assert not (bad_study / "results" / "summary.csv").exists()


def test_bad_videos_are_in_every_table_when_they_are_skipped(bad_study: Path) -> None:
    bad_config(bad_study, on_bad_video="skip")
    process = snakemake(bad_study, *GPU)
    assert process.returncode == 0, process.stdout
    results = bad_study / "results"
    problems = pl.read_csv(results / "problems.csv")
    assert problems.select("dataset", "filename", "reason").rows() == [
        ("d", "cut", "truncated"),
        ("d", "gone", "not_a_video"),
        ("d", "notes", "not_a_video"),
    ]
    assert problems["frames"].to_list()[1:] == [0, 0]
    assert 0 < problems["frames"][0] < 3
    counts = pl.read_csv(results / "counts" / "d" / "haar.csv")
    assert counts.select("filename", "problem").rows() == [
        ("cut", "truncated"), ("gone", "not_a_video"), ("good", None), ("notes", "not_a_video"),
    ]  # fmt: skip
    assert counts["frames"].to_list() == [problems["frames"][0], 0, 2, 0]
    faces = pl.read_parquet(results / "faces" / "d" / "haar.parquet")
    bad = faces.filter(pl.col("frame").is_null())
    assert bad.select("video", "status").rows() == [
        ("gone", "not_a_video"), ("notes", "not_a_video"),
    ]  # fmt: skip
    (row,) = pl.read_csv(results / "summary.csv").filter(method="majority").to_dicts()
    assert (row["count"], row["labelled"], row["bad_videos"], row["damaged_videos"]) == (
        4,
        2,
        2,
        1,
    )
    assert (
        process.stdout.count(
            "facetally: 2 videos cannot be analysed, 1 only in part: see results/problems.csv "
            "and, for what to do, docs/troubleshooting.md"
        )
        == 1
    )
    page = (results / "report" / "index.html").read_text()
    for said in (
        "2 of 4 videos could not be analysed",
        "clips/notes.mp4: cannot be read as a video",
    ):
        assert said in page
    assert planned(bad_study) == {}


def test_bad_videos_are_annotated_with_what_is_wrong(bad_study: Path) -> None:
    bad_config(bad_study, on_bad_video="skip")
    process = snakemake(bad_study, "annotate", *GPU)
    assert process.returncode == 0, process.stdout
    clips = {path.name for path in (bad_study / "results" / "annotated" / "d" / "haar").iterdir()}
    assert {"notes.mp4", "notes.gif", "cut.mp4", "good.gif"} <= clips


def test_frames_are_kept_when_asked_for(study: Path) -> None:
    process = snakemake(study, *GPU, "--notemp", "results/frames/2019/one.nut")
    assert process.returncode == 0, process.stdout
    kept = study / "results" / "frames" / "2019" / "one.nut"
    assert kept.exists()
    kept.unlink()


@pytest.mark.parametrize("detector", ["haar", "mtcnn"])
def test_clips_equal_fer(
    fer_study: Path, clips_of_people: Path, rendered_clips: Path, detector: str
) -> None:
    real = {"no_face": 95, "single_face": 72}
    for video, of_real in real.items():
        decoded = FRAMES if clips_of_people == rendered_clips else of_real
        records = raw(fer_study, "2019", detector, video)
        assert [record["frame"] for record in records] == list(range(0, decoded, 20))
        frames = opencv_frames(clips_of_people / "videos" / f"{video}.mp4", 20)
        for record, frame in zip(records, frames, strict=True):
            faces = published_faces(detector, frame)
            assert f"box{len(faces)}" not in record
            for number, face in enumerate(faces):
                assert record[f"box{number}"] == [int(side) for side in face["box"]]
                scores = {emotion: record[f"{emotion}{number}"] for emotion in EMOTIONS}
                # fer rounds to two decimals, the study to four.
                assert scores == pytest.approx(face["emotions"], abs=0.00506)
                top = max(scores, key=scores.__getitem__)
                assert face["emotions"][top] == max(face["emotions"].values())


@pytest.fixture(scope="module")
def labels_of_clips(clips_of_people: Path, rendered_clips: Path) -> str:
    """A file of labels of two clips."""
    label = "neutral" if clips_of_people == rendered_clips else "pos"
    return f"filename,label\nno_face,Neutral\nsingle_face,{label}\n"


def analysed(folder: Path, clips: Path, labels: str, **config: object) -> Path:
    """Analyse two of the clips in a folder; return the folder."""
    (folder / "labels.csv").write_text(labels)
    (folder / "clips").mkdir()
    for video in ("no_face", "single_face"):
        shutil.copy2(clips / "videos" / f"{video}.mp4", folder / "clips")
    write_config(folder, datasets={2019: {"videos": "clips", "labels": "labels.csv"}}, **config)
    tables = ("summary", "counts/2019/haar", "counts/2019/mtcnn")
    process = snakemake(folder, *(f"results/{table}.csv" for table in tables), *GPU)
    assert process.returncode == 0, process.stdout
    assert "export_models" not in jobs(process.stdout)
    return folder


@pytest.fixture(scope="module")
def onnx_study(
    tmp_path_factory: pytest.TempPathFactory,
    clips_of_people: Path,
    labels_of_clips: str,
    networks: Networks,
) -> Path:
    """Two clips, analysed by the default engine."""
    return analysed(networks(tmp_path_factory.mktemp("onnx")), clips_of_people, labels_of_clips)


@pytest.fixture(scope="module")
def fer_study(
    tmp_path_factory: pytest.TempPathFactory, clips_of_people: Path, labels_of_clips: str
) -> Path:
    """Two clips, analysed by fer and mtcnn as published."""
    folder = tmp_path_factory.mktemp("fer")
    return analysed(folder, clips_of_people, labels_of_clips, engine="fer")


@pytest.mark.parametrize("detector", ["haar", "mtcnn"])
def test_the_default_engine_finds_the_same_faces(
    onnx_study: Path, fer_study: Path, detector: str
) -> None:
    for video in ("no_face", "single_face"):
        records, fers = (raw(study, "2019", detector, video) for study in (onnx_study, fer_study))
        assert [list(record) for record in records] == [list(record) for record in fers]
        ours, theirs = (
            raw_frames(study, "2019", detector, video) for study in (onnx_study, fer_study)
        )
        for frame, expected in zip(ours, theirs, strict=True):
            assert (frame.index, frame.time) == (expected.index, expected.time)
            for face, other in zip(frame.faces, expected.faces, strict=True):
                assert face.box == pytest.approx(other.box, abs=1 if detector == "mtcnn" else 0)
                assert face.scores == pytest.approx(other.scores, abs=0.01)
                assert face.confidence == pytest.approx(other.confidence, abs=0.01)
                assert np.argmax(face.scores) == np.argmax(other.scores)


def test_a_clip_without_a_face(
    onnx_study: Path, fer_study: Path, clips_of_people: Path, rendered_clips: Path
) -> None:
    rendered = clips_of_people == rendered_clips
    # Haar mistakes something in the real clip's last sampled frame for a face, as within fer.
    counted = {
        "haar": (None, "Neut", 7, 7) if rendered else ("Neut", "Neut", 5, 4),
        "mtcnn": (None, "Neut", 7, 7) if rendered else (None, "Neut", 5, 5),
    }
    right = 0.5 if rendered else 1.0
    for folder in (onnx_study, fer_study):
        for detector, row in counted.items():
            counts = pl.read_csv(folder / "results" / "counts" / "2019" / f"{detector}.csv")
            counts = counts.filter(filename="no_face")
            assert counts.select("predict", "golden", "frames", "no_face").row(0) == row
        summary = pl.read_csv(folder / "results" / "summary.csv")
        assert summary.select("method", "detector", "accuracy").rows() == [
            ("majority", "haar", right),
            ("majority", "mtcnn", 0.5),
            ("mean_score", "haar", right),
            ("mean_score", "mtcnn", 0.5),
            ("ensemble", "haar+mtcnn", right),
        ]


def test_only_the_raw_files(tmp_path: Path, networks: Networks) -> None:
    write_clip(networks(tmp_path) / "clips" / "one.mp4", noise(3))
    write_config(tmp_path, datasets={"d": {"videos": "clips"}}, detectors=["haar"])
    process = snakemake(tmp_path, "raw", *GPU)
    assert process.returncode == 0, process.stdout
    assert jobs(process.stdout) == {
        "sample_frames": 1,
        "detect_emotions": 1,
        "problems": 1,
        "accept_videos": 1,
        "raw": 1,
    }
    assert "Results are below results/" in process.stdout
    assert raw(tmp_path, "d", "haar", "one") == [{"frame": 0, "time": 0.0}]
    make(tmp_path, "results/summary.md")
    assert "| d | 1 | No | no labels |" in (tmp_path / "results" / "summary.md").read_text()


def test_the_workflow_can_be_linted_where_no_study_is(clone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".snakemake", "results", "*.mp4")
    shutil.copytree(clone, folder, symlinks=True, ignore=ignored)
    process = snakemake(folder, "--lint", workflow=folder)
    assert process.returncode == 0, process.stdout


def test_cuda_without_a_gpu_is_refused_with_the_way_out(
    tmp_path: Path, networks: Networks
) -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("ONNX Runtime has CUDA here")
    write_clip(networks(tmp_path) / "clips" / "one.mp4", noise(3))
    write_config(tmp_path, datasets={"d": {"videos": "clips"}}, detectors=["haar"], device="cuda")
    process = snakemake(tmp_path, *GPU)
    assert process.returncode == 1
    said = lines(process.stdout)
    assert len(said) == 1
    assert said[0].startswith("facetally: device: cuda is asked for, but ONNX Runtime ")
    assert said[0].endswith("install the GPU environment or set device: cpu in config.yaml")


def test_annotated_videos_are_made_on_request_from_the_raw_files_alone(study: Path) -> None:
    made = {path.stem for path in (study / "results" / "raw" / "2019" / "haar").glob("*.json")}
    made &= {path.stem for path in (study / "clips").iterdir()}
    process = snakemake(study, "annotate", *GPU)
    assert process.returncode == 0, process.stdout
    assert jobs(process.stdout) == {"annotate_video": 2 * len(made), "annotate": 1}
    for detector in ("haar", "mtcnn"):
        folder = study / "results" / "annotated" / "2019" / detector
        assert {path.name for path in folder.iterdir()} == {
            f"{video}.{suffix}" for video in made for suffix in ("mp4", "gif")
        }
    assert jobs(snakemake(study, "annotate", *GPU).stdout) == {}
    assert planned(study) == {}


def test_a_large_study_has_pages_of_videos_on_request(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", noise(1))
    for number in range(51):
        target = tmp_path / "clips" / f"{number}.mp4"
        target.parent.mkdir(exist_ok=True)
        target.hardlink_to(clip)
    write_config(tmp_path, datasets={"many": {"videos": "clips"}}, detectors=["haar"])
    planned = jobs(snakemake(tmp_path, *GPU, "--dry-run").stdout)
    assert (planned["report"], planned.get("thumbnails")) == (1, None)
    pages = jobs(snakemake(tmp_path, "video_pages", *GPU, "--dry-run").stdout)
    assert (pages["video_page"], pages["thumbnails"], pages.get("report")) == (51, 51, None)


def test_another_engine_detects_again(study: Path) -> None:
    config = (study / "config.yaml").read_text()
    (study / "config.yaml").write_text(config + "engine: fer\n")
    process = snakemake(study, "--dry-run", *GPU)
    assert process.returncode == 0, process.stdout
    (study / "config.yaml").write_text(config)
    again = jobs(process.stdout)
    # Frames are sampled again, but what sampling has found stays.
    assert not {"export_models", "sample_frames"} & again.keys()
    assert again["detect_emotions"] == 2 * again["resample_frames"] > 0
    assert planned(study) == {}

"""What the workflow refuses before any job, in one line."""

from pathlib import Path
from typing import Any

import pytest
from support.input_files import CONFIGS, LABEL_FILES, VIDEOS
from support.names import REFUSED, lay
from support.recognizers import shipped, write_card
from support.snakemake_runs import GPU, lines, refusal, snakemake
from support.studies import write_config

GOOD: dict[str, Any] = {"datasets": {"d": {"videos": "clips", "labels": "labels.csv"}}}


@pytest.mark.parametrize(
    ("config", "labels", "extra", "message"),
    [
        ({"datasets": {"d": {"videos": "nowhere"}}}, "", "", "dataset d: folder nowhere does not exist; create it or correct datasets.d.videos"),
        ({"datasets": {"d": {"videos": "empty"}}}, "", "", "dataset d: folder empty holds no video (*.mp4 *.mov *.avi *.mkv *.webm *.m4v *.mts *.m2ts *.m2t *.ts *.mpg *.mpeg *.mpe *.m1v *.m2v *.vob *.wmv *.asf *.flv *.f4v *.3gp *.3g2 *.ogv *.ogm *.mxf *.dv *.divx *.mp4v *.qt)"),
        (GOOD, "one,Pos\ntwo,Neg\n", "", "labels.csv: label without a video: two; add the videos or remove the rows"),
        (GOOD, "one,Happy\n", "", "labels.csv, row 2: label 'Happy' of one is unknown; write Positive, Neutral or Negative, or name it in label_names"),
        (GOOD, "one,Pos\none,Pos\n", "", "labels.csv, row 3: one is labelled twice, as in row 2; remove one of the rows"),
        (GOOD, "one,Pos\n", "one.avi", "dataset d: clips/one.avi and clips/one.mp4 have the same name without extension; rename one of them"),
        (GOOD | {"detectors": ["haar", "dlib"]}, "", "", "config.yaml: detectors.1: 'dlib' is unknown (known: haar, mtcnn, centerface)"),
        (GOOD | {"sampling": {"every_nth_frame": 0}}, "", "", "config.yaml: sampling.every_nth_frame: 0 is too small; it must be 1 or more"),
        (GOOD | {"detector": ["haar"]}, "", "", "config.yaml: unknown key 'detector'; did you mean 'detectors'? (known: datasets, golden, label_names, label, sampling, part, max_frame_pixels, on_bad_video, detectors, methods, face, mapping, mappings, segment_frames, segment_seconds, people, forget, events, engine, device, scratch, accept_code, finetuning, recognizer, min_confidence, min_face_height)"),
        (GOOD | {"device": "gpu"}, "", "", "config.yaml: device: 'gpu' is unknown (known: auto, cpu, cuda)"),
    ],
    ids=["missing folder", "empty folder", "label without video", "unknown label", "labelled twice", "one stem twice", "unknown detector", "every 0th frame", "misspelt key", "unknown device"],
)  # fmt: skip
def test_bad_input_is_refused_in_one_line(
    tmp_path: Path, config: dict[str, Any], labels: str, extra: str, message: str
) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "empty").mkdir()
    for name in filter(None, ("one.mp4", extra)):
        (tmp_path / "clips" / name).touch()
    (tmp_path / "labels.csv").write_text(f"filename,label\n{labels}")
    write_config(tmp_path, **config)
    assert refusal(tmp_path) == f"facetally: {message}"


@pytest.mark.parametrize("case", ["a line break", "a pair of braces", "bytes that are not UTF-8"])
def test_the_workflow_refuses_a_name(tmp_path: Path, case: str) -> None:
    (tmp_path / "clips").mkdir()
    lay(tmp_path / "clips", case)
    write_config(tmp_path, datasets={"d": {"videos": "clips"}})
    said = refusal(tmp_path)
    assert said.startswith("facetally: dataset d: clips/")
    assert said.endswith(REFUSED[case][1])


@pytest.mark.parametrize(
    "case", ["a key twice", "Python objects", "a template of Python (yte)", "UTF-16"]
)
def test_snakemake_is_told_before_it_reads_the_file(tmp_path: Path, case: str) -> None:
    content, expected = CONFIGS[case]
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "config.yaml").write_bytes(data)
    assert refusal(tmp_path).replace("config.yaml, ", "config.yaml: ") == (
        f"facetally: config.yaml: {expected}"
    )
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "case", ["an Excel file (.xlsx)", "a video", "labelled twice, differently"]
)
def test_the_workflow_refuses_a_label_file(tmp_path: Path, case: str) -> None:
    (tmp_path / "clips").mkdir()
    for video in VIDEOS:
        (tmp_path / "clips" / f"{video}.mp4").touch()
    (tmp_path / "labels.csv").write_bytes(LABEL_FILES[case][0])
    (tmp_path / "config.yaml").write_text("datasets: {d: {videos: clips, labels: labels.csv}}\n")
    said = refusal(tmp_path).replace("labels.csv, ", "labels.csv: ")
    assert said == f"facetally: labels.csv: {LABEL_FILES[case][1]}"


def test_a_bad_model_is_refused_before_any_job(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "one.mp4").touch()
    (tmp_path / "model.onnx").write_text("no network")
    write_card(tmp_path / "model.yaml", shipped("finetuned"))
    write_config(tmp_path, datasets={"d": {"videos": "clips"}}, recognizer="model.yaml")
    said = refusal(tmp_path)
    assert said.startswith(
        "facetally: model.yaml: model.onnx is not a usable ONNX file; get it again, or name "
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "config.yaml: no dataset has labels, so nothing can be finetuned; name a label file as datasets.NAME.labels"),
        ("one_a,Pos\none_b,Pos\n", "dataset d: nothing can be learned: all its labels are Pos; add videos of another class"),
    ],
)  # fmt: skip
def test_a_study_that_teaches_nothing_is_refused_before_any_job(
    tmp_path: Path, labels: str | None, message: str
) -> None:
    (tmp_path / "clips").mkdir()
    for name in ("one_a", "one_b"):
        (tmp_path / "clips" / f"{name}.mp4").touch()
    dataset = {"videos": "clips"}
    if labels:
        (tmp_path / "labels.csv").write_text(f"filename,label\n{labels}")
        dataset["labels"] = "labels.csv"
    write_config(tmp_path, datasets={"d": dataset})
    process = snakemake(tmp_path, "finetuned", *GPU)
    assert process.returncode == 1
    # Not while reading the Snakefile: other targets may be wanted.
    assert lines(process.stdout) == [f"facetally: {message}"]
    assert "Traceback" not in process.stdout
    assert not list((tmp_path / "results").rglob("*.json"))

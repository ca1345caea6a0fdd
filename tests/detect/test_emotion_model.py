"""A network of the user's own: what is refused, what it scores, and what a change of it reruns."""

import os
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from facetally.detect.crops import face_crops, network_input
from facetally.detect.emotion_model import check_emotion_model
from facetally.detect.engine import open_engine
from facetally.detect.onnx_runtime import onnxruntime
from facetally.errors import EmotionModelError
from facetally.faces.raw import read_raw
from facetally.video.frames import Frame
from skimage.data import astronaut
from support.clips import write_clip
from support.emotion_models import WAY_OUT, model
from support.reference import published
from support.snakemake_runs import GPU, jobs, refusal, snakemake
from support.studies import write_config


def test_a_finetuned_network_is_accepted(tmp_path: Path) -> None:
    check_emotion_model(model(tmp_path / "model.onnx"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"size": ("n", 48, 48, 1)}, "takes tensor(float) ['n', 48, 48, 1], not float pictures [n, 64, 64, 1]"),
        ({"size": (1, 64, 64, 1)}, "takes tensor(float) [1, 64, 64, 1], not float pictures [n, 64, 64, 1]"),
        ({"size": ("n", 64, 64, 3)}, "takes tensor(float) ['n', 64, 64, 3], not float pictures [n, 64, 64, 1]"),
        ({"slopes": (1, 2, 3, 4, 5, 6, 7)}, "gives (7,) numbers a face, not 3 probabilities"),
        ({"activation": "Identity"}, "gives (3,) numbers a face, not 3 probabilities"),
        ({"outputs": 2}, "has 2 outputs, not one"),
        ({"classes": None}, "names no classes in its metadata, not Pos,Neg,Neut"),
        ({"classes": "Neg,Neut,Pos"}, "names the classes Neg,Neut,Pos in its metadata, not Pos,Neg,Neut"),
    ],
)  # fmt: skip
def test_another_network_is_refused(
    tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    path = model(tmp_path / "model.onnx", **changed)
    with pytest.raises(EmotionModelError) as error:
        check_emotion_model(path)
    assert str(error.value) == f"config.yaml: emotion_model: {path} {message}; {WAY_OUT}"


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    for content in (b"", b"filename,label\na,Pos\n", model(path).read_bytes()[:200]):
        path.write_bytes(content)
        with pytest.raises(EmotionModelError, match=r"is no usable ONNX file .*; name a") as error:
            check_emotion_model(path)
        assert "\n" not in str(error.value)
    path.unlink()
    with pytest.raises(EmotionModelError, match=r"model\.onnx does not exist; name a"):
        check_emotion_model(path)


@pytest.mark.parametrize("engine", ["onnx", "fer"])
def test_each_engine_scores_the_crop_that_fers_network_scores(
    tmp_path: Path, models: Path, engine: str
) -> None:
    path = model(tmp_path / "model.onnx")
    assert published()  # TensorFlow is set up as the engine wants it.
    face = np.ascontiguousarray(astronaut()[:256, 96:352, ::-1])
    nothing = np.zeros_like(face)
    frames = [
        Frame(at, at, Fraction(1, 25), bgr)
        for at, bgr in ((0, nothing), (20, face), (40, face // 2))
    ]
    given = list(open_engine(engine, "haar", models, "cpu", 1, path).faces(iter(frames)))
    assert [len(faces) for _, faces in given][:2] == [0, 1]
    session = onnxruntime.InferenceSession(str(path))
    for frame, faces in given:
        grey = np.asarray(cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY), np.uint8)
        for face in faces:
            crop = network_input(face_crops(grey, [face.box])[1])
            ((expected,),) = session.run(None, {"image": crop})
            assert face.classes == pytest.approx(expected.tolist(), abs=1e-6)
    without = list(open_engine(engine, "haar", models, "cpu", 1).faces(iter(frames)))
    for (_, ours), (_, theirs) in zip(given, without, strict=True):
        assert [face.scores for face in ours] == [face.scores for face in theirs]
        assert all(face.classes is None for face in theirs)


@pytest.mark.workflow
def test_a_bad_model_is_refused_before_any_job(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "one.mp4").touch()
    (tmp_path / "model.onnx").write_text("no network")
    write_config(tmp_path, datasets={"d": {"videos": "clips"}}, emotion_model="model.onnx")
    told = refusal(tmp_path)
    assert told.startswith(
        "facetally: config.yaml: emotion_model: model.onnx is no usable ONNX file ("
    )
    assert told.endswith(WAY_OUT)


@pytest.mark.workflow
def test_frames_are_counted_by_the_model_and_a_changed_one_reruns_detection(
    tmp_path: Path,
) -> None:
    portrait = np.ascontiguousarray(astronaut()[:256, 96:352, ::-1])
    write_clip(tmp_path / "clips" / "one.mp4", [portrait] * 10)
    path = model(tmp_path / "model.onnx", (9.0, -9.0, 0.0))
    config = {
        "datasets": {"d": {"videos": "clips"}},
        "detectors": ["haar"],
        "sampling": {"every_nth_frame": 5},
    }
    write_config(tmp_path, **config, emotion_model="model.onnx")
    faces = "results/counts/d/haar.csv"

    def run() -> dict[str, int]:
        process = snakemake(tmp_path, faces, *GPU)
        assert process.returncode == 0, process.stdout
        return jobs(process.stdout)

    def predicted() -> str:
        return (tmp_path / faces).read_text().splitlines()[1].split(",")[1]

    assert run()["detect_emotions"] == 1
    record = read_raw(tmp_path / "results" / "raw" / "d" / "haar" / "one.json")[0]
    first = [record[f"{name}0"] for name in ("pos", "neg", "neut")]
    assert sum(first) == pytest.approx(1, abs=2e-4)
    # Brighter than the middle of the range: by these slopes Positive, whatever fer sees in it.
    assert max(first) == first[0]
    assert predicted() == "Pos"

    same = path.read_bytes()
    path.unlink()
    path.write_bytes(same)
    os.utime(path, (2e9 / 2, 2e9 / 2))
    assert run() == {}

    model(path, (-9.0, 9.0, 0.0))
    assert run()["detect_emotions"] == 1
    assert predicted() == "Neg"

    write_config(tmp_path, **config)
    assert run()["detect_emotions"] == 1
    record = read_raw(tmp_path / "results" / "raw" / "d" / "haar" / "one.json")[0]
    assert "pos0" not in record

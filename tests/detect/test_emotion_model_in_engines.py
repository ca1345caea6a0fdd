"""A network of the user's own scores the crop that fer's network scores, in each engine."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from facetally.detect.crops import face_crops, network_input
from facetally.detect.engine import open_engine
from facetally.detect.onnx_runtime import onnxruntime
from facetally.video.frames import Frame
from skimage.data import astronaut
from support.emotion_models import model
from support.reference import published

pytestmark = pytest.mark.tensorflow


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

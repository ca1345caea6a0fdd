"""dlib's network in ONNX Runtime is dlib's network."""

from pathlib import Path

import dlib
import numpy as np
import onnx
import pytest
from facetally.detect.embedding import DIMENSIONS, SIDE
from facetally.detect.networks import Networks, as_function
from facetally.detect.recognition import read_tensors, recognition_model, weights
from facetally.errors import EnvironmentBrokenError
from support.clips import noise


@pytest.fixture(scope="session")
def file() -> Path:
    return weights()


def test_tensors_are_read_in_order(tmp_path: Path) -> None:
    first, last = np.arange(300, dtype="<f4"), np.arange(2 * DIMENSIONS, dtype="<f4")
    content = (
        b"\x01\x01\x06affine"
        + b"\x01\x02\x02\x2c\x01\x01\x01\x01\x01\x01\x01"
        + first.tobytes()
        + b"\x00\x01\x02"
        + b"\x01\x02\x01\x02\x01\x80\x01\x01\x01\x01"
        + last.tobytes()
        + b"\x00"
    )
    found = list(read_tensors(content, [300, 2 * DIMENSIONS], tmp_path))
    assert [tensor.tolist() for tensor in found] == [first.tolist(), last.tolist()]


@pytest.mark.parametrize("content", [b"", b"\x01\x02\x01\x40", b"no weights of any network"])
def test_another_file_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.dat"
    path.write_bytes(content)
    with pytest.raises(EnvironmentBrokenError, match=r"weights\.dat: does not have") as error:
        recognition_model(path)
    assert "\n" not in str(error.value)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "weights.dat"
    path.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(EnvironmentBrokenError):
        recognition_model(path)


def test_vectors_are_those_of_dlib(file: Path, tmp_path: Path) -> None:
    model = recognition_model(file)
    onnx.checker.check_model(model, full_check=True)
    network = as_function(Networks(tmp_path, "cpu").session(model.SerializeToString()))
    pictures = [*noise(2, SIDE, SIDE), np.full((SIDE, SIDE, 3), 128, np.uint8)]
    own = network(np.stack(pictures).astype(np.float32))[0]
    published = dlib.face_recognition_model_v1(str(file))
    theirs = [published.compute_face_descriptor(picture) for picture in pictures]
    assert own.shape == (3, DIMENSIONS) and own.dtype == np.float32
    np.testing.assert_allclose(own, np.array(theirs), atol=2e-6)

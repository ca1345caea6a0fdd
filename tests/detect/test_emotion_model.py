"""A network of the user's own: what is refused, what it scores, and what a change of it reruns."""

from pathlib import Path

import pytest
from facetally.detect.emotion_model import check_emotion_model
from facetally.errors import EmotionModelError
from support.emotion_models import WAY_OUT, model


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

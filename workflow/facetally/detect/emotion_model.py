"""A network of the user's own that scores faces by the three classes: config.yaml's emotion_model.

:mod:`facetally.learn.network` makes such files.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from facetally.detect.crops import SIZE
from facetally.detect.onnx_runtime import onnxruntime
from facetally.emotions import CLASSES
from facetally.errors import EmotionModelError, FacetallyError
from facetally.study.names import shown

CLASSES_KEY: Final = "classes"
CLASSES_TOLD: Final = ",".join(CLASSES)
"""What the metadata of a file has, so that no probability is taken for another class's."""

WAY_OUT: Final = "name a model.onnx that snakemake finetuned has made, or remove emotion_model"
LONGEST: Final = 200


def check_emotion_model(path: Path) -> None:
    """Refuse a file that cannot score faces.

    Raises:
        EmotionModelError: as :func:`open_emotion_model`.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    open_emotion_model(
        path,
        lambda path: onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        ),
    )


def open_emotion_model(
    path: Path, session_of: Callable[[Path], onnxruntime.InferenceSession]
) -> onnxruntime.InferenceSession:
    """Load a network that scores faces by the three classes.

    Args:
        path: the file.
        session_of: loads it with ONNX Runtime.

    Returns:
        The network, which takes grey float32 pictures (n, SIZE, SIZE, 1) from -1 to 1 and gives
        probabilities (n, 3) in the order of CLASSES.

    Raises:
        EmotionModelError: if it is missing, no ONNX file, or another network.
    """
    title = f"config.yaml: emotion_model: {shown(str(path))}"
    if not path.is_file():
        raise EmotionModelError(f"{title} does not exist; {WAY_OUT}")
    try:
        session = session_of(path)
    except FacetallyError:
        raise
    except Exception as error:
        told = shown(" ".join(str(error).split()), LONGEST)
        raise EmotionModelError(f"{title} is no usable ONNX file ({told}); {WAY_OUT}") from None
    if fault := _fault(session):
        raise EmotionModelError(f"{title} {fault}; {WAY_OUT}")
    return session


def _fault(session: onnxruntime.InferenceSession) -> str | None:
    """Say what a network does not have that it must; None if it has all."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    pictures = [SIZE, SIZE, 1]
    if (
        len(inputs) != 1
        or inputs[0].type != "tensor(float)"
        or len(inputs[0].shape) != 4
        or isinstance(inputs[0].shape[0], int)
        or inputs[0].shape[1:] != pictures
    ):
        told = ", ".join(f"{each.type} {each.shape}" for each in inputs)
        return f"takes {told}, not float pictures [n, {SIZE}, {SIZE}, 1]"
    if len(outputs) != 1:
        return f"has {len(outputs)} outputs, not one"
    classes = session.get_modelmeta().custom_metadata_map.get(CLASSES_KEY)
    if classes != CLASSES_TOLD:
        told = f"names the classes {shown(classes, LONGEST)}" if classes else "names no classes"
        return f"{told} in its metadata, not {CLASSES_TOLD}"
    try:
        (scores,) = session.run(None, {inputs[0].name: np.zeros((2, *pictures), np.float32)})
    except Exception as error:
        return f"cannot be run ({shown(' '.join(str(error).split()), LONGEST)})"
    wanted = (2, len(CLASSES))
    if (
        scores.shape != wanted
        or scores.min() < 0
        or not np.allclose(scores.sum(axis=1), 1, atol=1e-3)
    ):
        return f"gives {scores.shape[1:]} numbers a face, not {len(CLASSES)} probabilities"
    return None

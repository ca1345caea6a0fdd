"""What a recognizer is: frames and boxes in, scores out; fer's network, or that of a card."""

import hashlib
from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from facetally.detect.crops import face_crops, network_input
from facetally.detect.detector import Image
from facetally.detect.face import Box, Face
from facetally.detect.networks import CUDA, Networks, as_function, in_pieces
from facetally.detect.onnx_runtime import onnxruntime
from facetally.emotions import CLASS_SCORES, EMOTIONS
from facetally.errors import EnvironmentBrokenError, RecognizerError
from facetally.study.names import counted, shown
from facetally.study.recognizer import FER, LOGITS, Card, Settings

AT_ONCE: Final = 256 * 64 * 64
"""The most input values that a network gets at a time, so that a crowd does not take more memory:
256 faces of fer's size."""

AT_ONCE_ON_GPU: Final = 32
"""Faces that a network gets at a time on a GPU, where batches always have this size."""

ALL_IN_ONE: Final = (
    "onnx.save(onnx.load(FILE), FILE, save_as_external_data=False), with FILE beside its weights"
)

MADE_BY: Final = ("made_by", "facetally")
CLASSES_KEY: Final = "classes"
"""Metadata of a network made by :mod:`facetally.learn.network`: its maker and its labels."""

LONGEST_VALUE: Final = 200

SUM_TOLERANCE: Final = 1e-3
FACE_TOLERANCE: Final = 1e-2
"""What the sum of a face's scores may differ from 1, in networks of half precision too."""

LOCATION: Final = b"location"
"""The key, in an ONNX file, of the file that has a tensor's numbers."""

TINY: Final = np.finfo(np.float32).tiny


Scores = list[list[list[float] | None]]
"""For each face of each image, one number per emotion, in the order of EMOTIONS, or per class, in
the order of CLASSES, summing to 1; None if the face's crop has no pixels."""


class Recognizer(Protocol):
    """Scores faces. Several threads use one object at a time."""

    def score(self, images: Sequence[Image], boxes: Sequence[Sequence[Box]]) -> Scores:
        """Score the faces in images, given the boxes for each image."""


def fer(networks: Networks) -> Recognizer:
    """Load fer's network.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
    """
    return NetworkRecognizer(networks.fer(), FER)


def open_recognizer(card: Card, networks: Networks) -> Recognizer:
    """Load the network of a card.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
        RecognizerError: if the network cannot be used.
    """
    return NetworkRecognizer(_open(card, networks), card.settings)


class NetworkRecognizer:
    """Scores faces with a network, by its settings.

    Args:
        session: the network.
        settings: what it takes and returns.
    """

    def __init__(self, session: onnxruntime.InferenceSession, settings: Settings) -> None:
        network = as_function(session)
        self._settings = settings
        self._used = settings.used
        # For each number in the scores, the positions of its labels among those that count.
        self._groups = [
            [self._used.index(place) for place in group] for group in settings.groups()
        ]
        # If the shape says 1, the network takes one picture at a time.
        if session.get_inputs()[0].shape[0] == 1:
            self._network, self._at_once = network, 1
        elif session.get_providers()[0] == CUDA:
            self._network, self._at_once = in_pieces(network, AT_ONCE_ON_GPU), AT_ONCE_ON_GPU
        else:
            self._network, self._at_once = network, max(1, AT_ONCE // prod(settings.pictures))

    def score(self, images: Sequence[Image], boxes: Sequence[Sequence[Box]]) -> Scores:
        """Score the faces in images, given the boxes for each image."""
        cut = [
            face_crops(image, some, self._settings)
            for image, some in zip(images, boxes, strict=True)
        ]
        crops = [crop for some in cut for crop in some if crop is not None]
        scored = iter(self.scores(crops) if crops else ())
        return [[None if crop is None else next(scored) for crop in some] for some in cut]

    def scores(self, crops: Sequence[Image]) -> list[list[float]]:
        """Score crops of :func:`facetally.detect.crops.face_crops`, one list of numbers each."""
        parts = [
            self._network(network_input(crops[start : start + self._at_once], self._settings))[0]
            for start in range(0, len(crops), self._at_once)
        ]
        every = np.concatenate(parts)
        values = every[:, self._used]
        if self._settings.values == LOGITS:
            values = softmax(values)
        elif len(self._used) < len(self._settings.labels):
            sums = values.sum(axis=1, keepdims=True)
            shares = np.where(sums > 0, values / np.maximum(sums, TINY), 1 / len(self._used))
            # What is no probability stays as it is, for fault_of_scores to find.
            sound = (every >= 0).all(axis=1) & (every.sum(axis=1) <= 1 + FACE_TOLERANCE)
            values = np.where(sound[:, np.newaxis], shares, values)
        summed = np.stack([values[:, group].sum(axis=1) for group in self._groups], axis=1)
        scores: list[list[float]] = summed.tolist()
        return scores


def fault_of_scores(faces: Iterable[Face]) -> str | None:
    """Return what is wrong with the scores of a frame's faces, in words; None if nothing is."""
    for number, face in enumerate(faces):
        for names, scores in ((EMOTIONS, face.scores), (CLASS_SCORES, face.classes)):
            if scores is None:
                continue
            for name, score in zip(names, scores, strict=True):
                if not -FACE_TOLERANCE <= score <= 1 + FACE_TOLERANCE:  # NaN neither.
                    return f"{name} of face {number} is {score:.4g}, which is not from 0 to 1"
            if abs(sum(scores) - 1) > FACE_TOLERANCE:
                return f"the scores of face {number} sum to {sum(scores):.4g}, not to 1"
    return None


def softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Turn logits, (n, labels), into probabilities."""
    with np.errstate(invalid="ignore"):  # Of infinity, there is none.
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def check_recognizer(card: Card) -> None:
    """Refuse a card whose network cannot be used, or does not match the card.

    Raises:
        RecognizerError: with what is in the file and what the card says.
    """
    _open(card, Networks(Path(), "cpu"))


def _open(card: Card, networks: Networks) -> onnxruntime.InferenceSession:
    """Load the network of a card.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
        RecognizerError: if it is missing, is not an ONNX file or does not match the card.
    """
    title = f"{shown(str(card.path))}: {shown(str(card.network), LONGEST_VALUE)}"
    if not card.network.is_file():
        raise RecognizerError(f"{title} does not exist; put the file there, or correct the card")
    try:
        content = card.network.read_bytes()
    except OSError as error:
        raise RecognizerError(f"{title} cannot be read ({error.strerror})") from None
    digest = hashlib.sha256(content).hexdigest()
    if card.sha256 not in (None, digest):
        raise RecognizerError(
            f"{title} has the sha256 {digest}, but the card says {card.sha256}; "
            "get the file that the card describes, or correct the card"
        )
    if elsewhere := _weights_elsewhere(content):
        raise RecognizerError(
            f"{title} keeps weights in another file ({shown(elsewhere, LONGEST_VALUE)}), whose "
            f"changes nobody would notice; put them into it with Python: {ALL_IN_ONE}"
        )
    try:
        session = networks.session(content)
    except EnvironmentBrokenError:
        raise
    except Exception as error:
        raise RecognizerError(
            f"{title} is not a usable ONNX file; get it again, or name another in the card "
            f"(ONNX Runtime says: {_message(error)})"
        ) from None
    if fault := _fault(session, card.settings):
        raise RecognizerError(f"{title} {fault}; correct the card, or name another file")
    return session


def _weights_elsewhere(content: bytes) -> str | None:
    """Return the file in which an ONNX file keeps some of its numbers; None if it has them all.

    ONNX Runtime would look for it in the folder where the study runs.
    """
    if LOCATION not in content:
        return None
    import onnx  # It takes a fifth of a second.
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        waiting: list[Any] = [onnx.ModelProto.FromString(content)]
    except DecodeError:
        return None  # It is no network.
    # Anywhere: in graphs within nodes, in functions, in sparse tensors.
    while waiting:
        message = waiting.pop()
        if isinstance(message, onnx.TensorProto):
            if message.data_location == onnx.TensorProto.EXTERNAL:
                entries = {entry.key: entry.value for entry in message.external_data}
                return str(entries.get(LOCATION.decode(), message.name))
            continue
        for field, value in message.ListFields():
            if field.message_type is not None:
                waiting += value if isinstance(value, Sequence) else [value]
    return None


def _message(error: Exception) -> str:
    return shown(" ".join(str(error).split()), LONGEST_VALUE)


def _fault(session: onnxruntime.InferenceSession, settings: Settings) -> str | None:
    """Return how a network differs from its card; None if they agree."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    wanted = settings.pictures
    if len(inputs) != 1 or inputs[0].type != "tensor(float)" or not _fits(inputs[0].shape, wanted):
        taken = ", ".join(f"{each.type} {_shape(each.shape)}" for each in inputs)
        return (
            f"takes {taken}, but the card says tensor(float) {_shape(['n', *wanted])} "
            f"(size {settings.size}, {settings.colour}, {settings.layout})"
        )
    if len(outputs) != 1:
        return f"has {len(outputs)} outputs ({', '.join(each.name for each in outputs)}), not one"
    notes = session.get_modelmeta().custom_metadata_map
    labels = notes.get(CLASSES_KEY, "") if MADE_BY in notes.items() else ",".join(settings.labels)
    if labels != ",".join(settings.labels):
        return f"names the labels {shown(labels, LONGEST_VALUE)} itself, but the card has others"
    number = inputs[0].shape[0] if isinstance(inputs[0].shape[0], int) else 2
    try:
        (values,) = session.run(None, {inputs[0].name: np.zeros((number, *wanted), np.float32)})
    except Exception as error:
        return f"cannot be run ({_message(error)})"
    if values.shape != (number, len(settings.labels)):
        return (
            f"gives {_shape(values.shape)} for {counted(number, 'face')}, but the card has "
            f"{counted(len(settings.labels), 'label')}"
        )
    if np.isnan(values).any():
        return "gives nan for a black picture, which is no number"
    if _are_probabilities(values, settings) == (settings.values == LOGITS):
        if settings.values == LOGITS:
            return "gives probabilities, but the card says that they are logits"
        return "gives numbers that are not probabilities, but the card says that they are"
    return None


def _fits(shape: Sequence[Any], wanted: Sequence[int]) -> bool:
    """Return whether a network takes pictures of this shape, one or any number at a time."""
    return (
        len(shape) == 1 + len(wanted)
        and (shape[0] == 1 or not isinstance(shape[0], int))
        and all(
            size == side or not isinstance(side, int)
            for side, size in zip(shape[1:], wanted, strict=True)
        )
    )


def _are_probabilities(values: npt.NDArray[np.floating], settings: Settings) -> bool:
    """Return whether values may be probabilities, over all labels or all that are not ignored."""
    used = values[:, settings.used]
    return any(
        bool(some.min() >= 0) and np.allclose(some.sum(axis=1), 1, atol=SUM_TOLERANCE)
        for some in (values, used)
    )


def _shape(sides: Sequence[Any]) -> str:
    return f"[{', '.join(str(side) for side in sides)}]"

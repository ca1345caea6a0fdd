"""The network that scores faces: fer's, or another one described by a card.

Imports only the standard library, because the workflow reads this when it is parsed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from facetally.emotions import CLASSES, EMOTIONS

GREY: Final = "grey"
CHANNELS: Final = {GREY: 1, "rgb": 3, "bgr": 3}
LOGITS: Final = "logits"
NCHW: Final = "nchw"
SQUARE: Final = "square"

Labels = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Settings:
    """The input that a network expects for a face, and what its output means.

    Attributes:
        size: side of the input in pixels.
        colour: ``grey``, ``rgb`` or ``bgr``.
        layout: ``nchw`` or ``nhwc``.
        scale: pixels, from 0 to 255, are first divided by this.
        mean: this is then subtracted; one number or one per channel.
        std: the result is divided by this; one number or one per channel.
        crop: ``square``, the box made square around its centre, or ``box``, the box as it is,
            scaled to a square.
        margin: how much the crop is enlarged on each side: in pixels of the frame if
            ``margin_in_pixels``, otherwise in lengths of the crop's longer side.
        margin_in_pixels: see ``margin``.
        values: ``logits`` or ``probabilities``.
        labels: the labels of the network's output numbers, in order.
        emotions: the labels for each of EMOTIONS, or empty.
        classes: the labels for each of CLASSES, or empty.
    """

    size: int
    colour: str
    layout: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: str
    margin: float
    margin_in_pixels: bool
    values: str
    labels: tuple[str, ...]
    emotions: Labels
    classes: Labels

    @property
    def channels(self) -> int:
        """How many colour channels the input has."""
        return CHANNELS[self.colour]

    @property
    def pictures(self) -> list[int]:
        """The shape of one picture."""
        sides = [self.size, self.size]
        return [self.channels, *sides] if self.layout == NCHW else [*sides, self.channels]

    @property
    def used(self) -> list[int]:
        """The positions of the labels that count, in order."""
        return sorted(place for group in self.groups() for place in group)

    def groups(self) -> list[list[int]]:
        """Return the positions of the labels for each of EMOTIONS, or else of CLASSES."""
        names, of = (EMOTIONS, self.emotions) if self.emotions else (CLASSES, self.classes)
        return [[self.labels.index(label) for label in of[name]] for name in names]


FER: Final = Settings(
    size=64,
    colour=GREY,
    layout="nhwc",
    scale=255,
    mean=(0.5,),
    std=(0.5,),
    crop=SQUARE,
    margin=10,
    margin_in_pixels=True,
    values="probabilities",
    labels=EMOTIONS,
    emotions={emotion: (emotion,) for emotion in EMOTIONS},
    classes={},
)
"""fer's network (``fer.fer.FER``: its offsets of 10 px and its preprocessing)."""


@dataclass(frozen=True)
class Card:
    """A user's own network, as its card describes it.

    Attributes:
        path: the path of the card.
        network: the path of the ONNX file.
        sha256: the checksum of the ONNX file, if the card states it.
        settings: what the network expects and returns.
    """

    path: Path
    network: Path
    sha256: str | None
    settings: Settings

    def meaning(self) -> dict[str, Any]:
        """Return what results depend on besides the network itself."""
        return asdict(self.settings)

    def as_text(self) -> str:
        """Return what a job must know besides the network's path, as JSON."""
        return json.dumps({"sha256": self.sha256, "settings": self.meaning()})


def card_of(network: Path, text: str) -> Card:
    """Return the card of a network from the text made by :meth:`Card.as_text`."""
    read = json.loads(text)
    settings: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in read["settings"].items()
    }
    return Card(network, network, read["sha256"], Settings(**settings))

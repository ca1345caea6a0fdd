"""What scores faces: fer's network, or another that a card describes.

Only the standard library is imported: the workflow itself reads this.
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
    """What a network wants of a face, and what its numbers mean.

    Attributes:
        size: side of its input in pixels.
        colour: ``grey``, ``rgb`` or ``bgr``.
        layout: ``nchw`` or ``nhwc``.
        scale: pixels, from 0 to 255, are divided by it,
        mean: less this, one number or one a channel,
        std: and divided by this, one number or one a channel.
        crop: ``square``, the box made square around its centre, or ``box``, as it is, whose sides
            become one length.
        margin: what the crop is wider and higher on each side: in pixels of the frame where
            ``margin_in_pixels``, otherwise in lengths of the crop's longer side.
        margin_in_pixels: see ``margin``.
        values: ``logits`` or ``probabilities``.
        labels: of its numbers, in order.
        emotions: the labels of each of EMOTIONS, or nothing.
        classes: the labels of each of CLASSES, or nothing.
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
        """Colour channels of the input."""
        return CHANNELS[self.colour]

    @property
    def pictures(self) -> list[int]:
        """The shape of one picture."""
        sides = [self.size, self.size]
        return [self.channels, *sides] if self.layout == NCHW else [*sides, self.channels]

    @property
    def used(self) -> list[int]:
        """The places of the labels that count, in order."""
        return sorted(place for group in self.groups() for place in group)

    def groups(self) -> list[list[int]]:
        """Return for each of EMOTIONS, or else of CLASSES, the places of its labels."""
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
    """A network of the user's, as its card describes it.

    Attributes:
        path: the card.
        network: the ONNX file.
        sha256: of the file, if the card says it.
        settings: what the network wants and gives.
    """

    path: Path
    network: Path
    sha256: str | None
    settings: Settings

    def meaning(self) -> dict[str, Any]:
        """Return what results depend on, beside the network itself."""
        return asdict(self.settings)

    def as_text(self) -> str:
        """Return what a job must know beside the network's path, as JSON."""
        return json.dumps({"sha256": self.sha256, "settings": self.meaning()})


def card_of(network: Path, text: str) -> Card:
    """Return the card of a network from the text of :meth:`Card.as_text`."""
    told = json.loads(text)
    settings: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in told["settings"].items()
    }
    return Card(network, network, told["sha256"], Settings(**settings))

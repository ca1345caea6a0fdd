"""What scores faces: fer's network, or another that a card describes.

Only the standard library and what Snakemake itself needs are imported: the workflow itself reads
this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from facetally.emotions import CLASSES, EMOTIONS, LABELS
from facetally.errors import ConfigError
from facetally.study.config_file import read_mapping
from facetally.study.names import fault_of, shown, unmistakable
from facetally.study.schema import LONGEST_VALUE, read_schema, validated

PIXELS: Final = "px"
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


def read_card(path: Path) -> Card:
    """Read the card of a network.

    Args:
        path: a YAML file as docs/recognizers.md describes it.

    Raises:
        ConfigError: if the file cannot be read, or a key or value cannot be used.
    """
    title = shown(str(path))
    schema = read_schema("recognizer")
    read = read_mapping(path, "network", "docs/recognizers.md says what a card has in it")
    values = validated(title, read, schema)
    parts: dict[str, dict[str, Any]] = {
        part: {
            key: rule["default"]
            for key, rule in schema["properties"][part]["properties"].items()
            if "default" in rule
        }
        | values[part]
        for part in ("input", "output")
    }
    wanted, given = parts["input"], parts["output"]
    network = unmistakable(path.parent / values["network"])
    if fault := fault_of(network):
        raise ConfigError(f"{title}: network: {shown(str(network), LONGEST_VALUE)} {fault}")
    margin = str(wanted["margin"])
    labels = tuple(given["labels"])
    emotions, classes = _emotions(title, given), _classes(title, given)
    _check_labels(title, labels, emotions or classes, given["ignored"])
    return Card(
        path,
        network,
        values.get("sha256"),
        Settings(
            size=int(wanted["size"]),
            colour=wanted["colour"],
            layout=wanted["layout"],
            scale=float(wanted["scale"]),
            mean=_per_channel(title, "mean", wanted),
            std=_per_channel(title, "std", wanted),
            crop=wanted["crop"],
            margin=float(margin.removesuffix(PIXELS)),
            margin_in_pixels=margin.endswith(PIXELS),
            values=given["values"],
            labels=labels,
            emotions=emotions,
            classes=classes,
        ),
    )


def _per_channel(title: str, key: str, wanted: Mapping[str, Any]) -> tuple[float, ...]:
    value = wanted[key]
    numbers = tuple(map(float, value if isinstance(value, list) else [value]))
    channels = CHANNELS[wanted["colour"]]
    if len(numbers) not in (1, channels):
        raise ConfigError(
            f"{title}: input.{key}: has {len(numbers)} numbers, and {wanted['colour']} has "
            f"{channels} channel{'s' if channels > 1 else ''}; write one number, or one a channel"
        )
    if key == "std" and not all(numbers):
        raise ConfigError(f"{title}: input.std: is 0, by which nothing can be divided; correct it")
    return numbers


def _emotions(title: str, given: Mapping[str, Any]) -> Labels:
    """Read which labels are which of the seven emotions."""
    found = given.get("emotions") or {}
    if bool(found) == bool(given.get("classes")):
        raise ConfigError(
            f"{title}: output: needs emotions, which labels are which of the seven, or classes, "
            "which are Positive, Negative and Neutral; write one of the two"
        )
    missing = [emotion for emotion in EMOTIONS if emotion not in found]
    if found and missing:
        raise ConfigError(
            f"{title}: output.emotions: has no {', '.join(missing)}; name the label of each of "
            f"the seven ({', '.join(EMOTIONS)})"
        )
    return {emotion: _listed(found[emotion]) for emotion in EMOTIONS if found}


def _classes(title: str, given: Mapping[str, Any]) -> Labels:
    """Read which labels are which of the three classes, spelt as in label files."""
    found: dict[str, tuple[str, ...]] = {}
    for name, labels in (given.get("classes") or {}).items():
        label = LABELS.get(name.lower())
        if label is None or label in found:
            told = "is given twice" if label else "is unknown (known: Positive, Negative, Neutral)"
            raise ConfigError(f"{title}: output.classes: '{shown(name, LONGEST_VALUE)}' {told}")
        found[label] = _listed(labels)
    if found and len(found) < len(CLASSES):
        missing = next(label for label in CLASSES if label not in found)
        raise ConfigError(f"{title}: output.classes: has no {missing}; name the label of each")
    return {label: found[label] for label in CLASSES if found}


def _listed(labels: str | Sequence[str]) -> tuple[str, ...]:
    return (labels,) if isinstance(labels, str) else tuple(labels)


def _check_labels(
    title: str, labels: Sequence[str], meanings: Labels, ignored: Sequence[str]
) -> None:
    """Refuse a label that means nothing, two things, or is none."""
    meant = [*(label for of in meanings.values() for label in of), *ignored]
    for label in meant:
        told = f"{title}: output: label '{shown(label, LONGEST_VALUE)}'"
        if label not in labels:
            raise ConfigError(
                f"{told} is none of labels ({shown(', '.join(labels), LONGEST_VALUE)}); correct it"
            )
        if meant.count(label) > 1:
            raise ConfigError(f"{told} is named twice; let it mean one thing")
    for label in labels:
        if label not in meant:
            raise ConfigError(
                f"{title}: output: label '{shown(label, LONGEST_VALUE)}' has no meaning; name it "
                "in one of emotions or classes, or in ignored"
            )

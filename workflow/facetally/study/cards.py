"""Cards of networks that score faces, as docs/recognizers.md describes them.

Imports only the standard library and what Snakemake itself needs, because the workflow reads this
when it is parsed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from facetally.emotions import CLASSES, EMOTIONS, LABELS
from facetally.errors import ConfigError
from facetally.study.config_file import read_mapping
from facetally.study.names import counted, fault_of, shown, unmistakable
from facetally.study.recognizer import CHANNELS, Card, Labels, Settings
from facetally.study.schema import LONGEST_VALUE, read_schema, validated

PIXELS: Final = "px"


def read_card(path: Path) -> Card:
    """Read the card of a network.

    Args:
        path: a YAML file as described in docs/recognizers.md.

    Raises:
        ConfigError: if the file cannot be read, or a key or value cannot be used.
    """
    title = shown(str(path))
    schema = read_schema("recognizer")
    read = read_mapping(path, "network", "docs/recognizers.md describes what goes into a card")
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
        values["sha256"].lower() if "sha256" in values else None,
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
            f"{title}: input.{key}: has {counted(len(numbers), 'number')}, but "
            f"{wanted['colour']} has {counted(channels, 'channel')}; write one number or "
            "one per channel"
        )
    if key == "std" and not all(numbers):
        raise ConfigError(f"{title}: input.std: is 0, but pixels are divided by it; correct it")
    return numbers


def _emotions(title: str, given: Mapping[str, Any]) -> Labels:
    """Read which labels stand for each of the seven emotions."""
    found = given.get("emotions") or {}
    if bool(found) == bool(given.get("classes")):
        raise ConfigError(
            f"{title}: output: needs either emotions, the labels of each of the seven, or "
            "classes, those of Positive, Negative and Neutral; write one of the two"
        )
    missing = [emotion for emotion in EMOTIONS if emotion not in found]
    if found and missing:
        raise ConfigError(
            f"{title}: output.emotions: has no {', '.join(missing)}; name the label of each of "
            f"the seven ({', '.join(EMOTIONS)})"
        )
    return {emotion: _listed(found[emotion]) for emotion in EMOTIONS if found}


def _classes(title: str, given: Mapping[str, Any]) -> Labels:
    """Read which labels stand for each of the three classes, spelt as in label files."""
    found: dict[str, tuple[str, ...]] = {}
    for name, labels in (given.get("classes") or {}).items():
        label = LABELS.get(str(name).lower())
        if label is None or label in found:
            what = "is given twice" if label else "is unknown (known: Positive, Negative, Neutral)"
            raise ConfigError(
                f"{title}: output.classes: '{shown(str(name), LONGEST_VALUE)}' {what}"
            )
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
    """Refuse a label that is unknown, has no meaning or has two."""
    meant = [*(label for of in meanings.values() for label in of), *ignored]
    for label in meant:
        place = f"{title}: output: label '{shown(label, LONGEST_VALUE)}'"
        if label not in labels:
            raise ConfigError(
                f"{place} is not one of labels ({shown(', '.join(labels), LONGEST_VALUE)}); "
                "correct it"
            )
        if meant.count(label) > 1:
            raise ConfigError(f"{place} is used twice; give it one meaning")
    for label in labels:
        if label not in meant:
            raise ConfigError(
                f"{title}: output: label '{shown(label, LONGEST_VALUE)}' has no meaning; name it "
                "under one of the emotions or classes, or in ignored"
            )

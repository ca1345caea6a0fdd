"""config.yaml, validated once into one typed object.

Imports nothing but the standard library and what Snakemake itself needs, so that the
workflow can be parsed (and linted) where nothing but Snakemake is installed.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from functools import reduce
from operator import getitem
from pathlib import Path
from reprlib import Repr
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, ValidationError
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from facetally.emotions import CLASS_OF, LABELS
from facetally.errors import ConfigError, LabelError
from facetally.study import storyboard
from facetally.study.datasets import read_folder
from facetally.study.finetuning import Finetuning
from facetally.study.folds import labels_to_learn_from
from facetally.study.labels import check_labels
from facetally.study.methods import ENSEMBLE, LEARNED, MAJORITY, METHODS
from facetally.study.names import fault_of, fault_of_ending, shown, unmistakable
from facetally.study.steps import EveryNthFrame, EverySeconds

SCHEMA: Final = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"
LONGEST_VALUE: Final = 200
SHORT: Final = Repr()
RESOLVER: Final[Any] = Resolver()
DATASET_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
PAPER: Final = "paper"
"""The name of the paper's own mapping."""


@dataclass(frozen=True)
class Dataset:
    """A folder of videos and, if there are any, their golden labels.

    Attributes:
        name: the name it has in config.yaml.
        videos: path by name without extension, sorted by name.
        labels: the label file.
        passed_over: what else lies in the folder: sub-folders, and files that are no videos by
            their name and might be meant for some.
        not_analysed: what of that has a label, or lies in a sub-folder and has one: path by the
            name in the label file, without extension.
    """

    name: str
    videos: Mapping[str, Path]
    labels: Path | None
    passed_over: tuple[Path, ...]
    not_analysed: Mapping[str, Path]

    @property
    def label_files(self) -> list[Path]:
        """The label file, if there is one."""
        return [self.labels] if self.labels else []


@dataclass(frozen=True)
class Study:
    """What is studied, and how.

    Attributes:
        datasets: by name, in the order of config.yaml.
        detectors: the face detectors, in the order of config.yaml.
        step: which frames are analysed.
        part: the number of a part of the videos, from 1, and how many parts there are; None takes
            all videos.
        max_frame_pixels: width times height of the largest pictures that are decoded.
        on_bad_video: what happens if some cannot be analysed: ``fail`` or ``skip``.
        methods: how videos are predicted, in the order of :data:`facetally.study.methods.METHODS`.
        face: which of several faces in a frame counts: ``first``, ``largest`` or ``tracked``.
        mapping: the name of the mapping that decides, one of ``mappings``.
        mappings: the class of each emotion by name of mapping, the paper's first.
        segment_frames: length of a time segment, in source frames.
        engine: the implementation that detects faces and scores emotions.
        device: what it runs on: ``auto``, ``cpu`` or ``cuda``.
        scratch: the folder for frames on each machine's own disk; None is ``results/frames``.
        finetuning: how networks are finetuned, where that is asked for.
        emotion_model: the file of a network that scores the three classes, beside fer's.
    """

    datasets: Mapping[str, Dataset]
    detectors: tuple[str, ...]
    step: EveryNthFrame | EverySeconds
    part: tuple[int, int] | None
    max_frame_pixels: int
    on_bad_video: str
    methods: tuple[str, ...]
    face: str
    mapping: str
    mappings: Mapping[str, Mapping[str, str]]
    segment_frames: int
    engine: str
    device: str
    scratch: Path | None
    finetuning: Finetuning
    emotion_model: Path | None

    @property
    def passed_over(self) -> list[Path]:
        """What lies in the datasets' folders and is not analysed."""
        return [path for dataset in self.datasets.values() for path in dataset.passed_over]

    @property
    def not_analysed(self) -> list[tuple[str, str, str]]:
        """What of that has a label: dataset, name and path of each."""
        return [
            (dataset.name, name, str(path))
            for dataset in self.datasets.values()
            for name, path in dataset.not_analysed.items()
        ]

    @property
    def class_of(self) -> Mapping[str, str]:
        """The class of each emotion, by the mapping that decides."""
        return self.mappings[self.mapping]


def load_study(config: Mapping[str, Any], promised: Collection[Path] = ()) -> Study:
    """Validate a configuration and everything it names.

    Args:
        config: the content of config.yaml.
        promised: videos that the workflow itself will render.

    Raises:
        ConfigError: if a key, value, folder or dataset name cannot be used.
        LabelError: if a label file cannot be used or names a video that is not there.
    """
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    config = _with_text_names(config)
    _check_mapping_names(config)
    validator = Draft202012Validator(schema)
    config = _with_numbers(config, validator)
    # A misspelt key is told before what its absence causes.
    problem = min(
        validator.iter_errors(config),
        key=lambda found: found.validator != "additionalProperties",
        default=None,
    )
    if problem is not None:
        raise ConfigError(f"config.yaml: {_explain(problem)}")
    settings = {key: value.get("default") for key, value in schema["properties"].items()} | config
    own = _own_places(settings)
    datasets = {
        name: _load_dataset(name, entry, promised, own)
        for name, entry in config["datasets"].items()
    }
    detectors = tuple(settings["detectors"])
    mappings = _mappings(settings["mappings"])
    if settings["mapping"] not in mappings:
        raise ConfigError(
            f"config.yaml: mapping: '{_told(settings['mapping'])}' is unknown "
            f"(known: {_told(', '.join(mappings))})"
        )
    finetuning = {
        key: value["default"]
        for key, value in schema["properties"]["finetuning"]["properties"].items()
    } | (settings["finetuning"] or {})
    return Study(
        datasets=datasets,
        detectors=detectors,
        step=_step(settings["sampling"] or {}, schema["properties"]["sampling"]["properties"]),
        part=_part(settings["part"]),
        max_frame_pixels=int(settings["max_frame_pixels"]),
        on_bad_video=settings["on_bad_video"],
        methods=_methods(settings["methods"], detectors, datasets.values()),
        face=settings["face"],
        mapping=settings["mapping"],
        mappings=mappings,
        segment_frames=int(settings["segment_frames"]),
        engine=settings["engine"],
        device=settings["device"],
        scratch=Path(settings["scratch"]) if settings["scratch"] else None,
        finetuning=Finetuning(**{key: int(value) for key, value in finetuning.items()}),
        emotion_model=_load_emotion_model(settings["emotion_model"]),
    )


def _step(
    sampling: Mapping[str, Any], schema: Mapping[str, Mapping[str, Any]]
) -> EveryNthFrame | EverySeconds:
    """Return which frames are analysed.

    Raises:
        ConfigError: if they are given in two ways.
    """
    if len(sampling) > 1:
        raise ConfigError(
            f"config.yaml: sampling: {' and '.join(sampling)} cannot both be used; remove one"
        )
    if "every_seconds" in sampling:
        return EverySeconds(Fraction(str(sampling["every_seconds"])))
    # The schema takes 20.0 for a whole number.
    number = sampling.get("every_nth_frame", schema["every_nth_frame"]["default"])
    return EveryNthFrame(int(number))


def _part(written: str | None) -> tuple[int, int] | None:
    """Read a part of the videos, such as 3/10.

    Raises:
        ConfigError: if there is no such part.
    """
    if written is None:
        return None
    number, parts = (int(each) for each in written.split("/"))
    if number > parts:
        raise ConfigError(
            f"config.yaml: part: {written} is none of {parts} parts; write 1/{parts}"
        )
    return number, parts


def _methods(
    wanted: Collection[str], detectors: Collection[str], datasets: Iterable[Dataset]
) -> tuple[str, ...]:
    """Return the methods that can be used, in their order.

    Raises:
        ConfigError: if one learns from labels and no dataset has any.
        FoldError: if nothing can be learned from a dataset's.
    """
    for method in LEARNED:
        if method in wanted:
            _check_labels_to_learn_from(method, datasets)
    return tuple(
        method
        for method in METHODS
        if method == MAJORITY
        or (method in wanted and not (method == ENSEMBLE and len(detectors) == 1))
    )


def _check_labels_to_learn_from(method: str, datasets: Iterable[Dataset]) -> None:
    labelled = [dataset for dataset in datasets if dataset.labels]
    if not labelled:
        raise ConfigError(
            f"config.yaml: methods: {method} learns from golden labels, and no dataset has any; "
            f"name a label file or remove {method}"
        )
    for dataset in labelled:
        labels_to_learn_from(dataset.name, dataset.label_files, dataset.videos)


def _check_mapping_names(config: Mapping[str, Any]) -> None:
    """Look at the names of mappings before all else, since other refusals would repeat them.

    Raises:
        ConfigError: if a name has other characters than letters, digits, '_' and '-', or is the
            paper's.
    """
    mappings = config.get("mappings")
    for name in mappings if isinstance(mappings, Mapping) else ():
        if not isinstance(name, str) or not DATASET_NAME.fullmatch(name):
            raise ConfigError(
                f"config.yaml: mappings: name {shown(repr(name), LONGEST_VALUE)} cannot be used; "
                f"write it with letters, digits, '_' and '-' (A to Z, 100 at most), in quotes"
            )
        if name == PAPER:
            raise ConfigError(
                f"config.yaml: mappings.{PAPER}: is the paper's own mapping; name yours otherwise"
            )


def _mappings(differing: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Complete mappings that name the emotions whose class differs from the paper's.

    Raises:
        ConfigError: if a class is unknown.
    """
    mappings = {PAPER: dict(CLASS_OF)}
    for name, classes in differing.items():
        mappings[name] = dict(CLASS_OF)
        for emotion, label in classes.items():
            if label.lower() not in LABELS:
                raise ConfigError(
                    f"config.yaml: mappings.{name}.{emotion}: '{_told(label)}' is unknown "
                    f"(known: Positive, Neutral, Negative)"
                )
            mappings[name][emotion] = LABELS[label.lower()]
    return mappings


def _own_places(settings: Mapping[str, Any]) -> set[Path]:
    """Return what a study itself names or makes, and the folders that it is in.

    Where they lie in the folder of a dataset, nobody takes them for videos that are left out.
    """
    datasets = settings["datasets"].values()
    named = [entry.get(key) for entry in datasets for key in ("videos", "labels")]
    others = ["results", settings["scratch"], settings["emotion_model"]]
    places = [Path(place).absolute() for place in (*named, *others) if place]
    return {above for place in places for above in (place, *place.parents)}


def _load_dataset(
    name: str, entry: Mapping[str, Any], promised: Collection[Path], own: Collection[Path]
) -> Dataset:
    folder = read_folder(name, Path(entry["videos"]), promised)
    videos = folder.videos
    passed_over = tuple(path for path in folder.passed_over if path.absolute() not in own)
    not_analysed: Mapping[str, Path] = {}
    labels = storyboard.labels(Path(entry["labels"])) if entry.get("labels") else None
    if labels is not None:
        if fault := fault_of(labels):
            raise LabelError(f"{shown(str(labels))} {fault}")
        not_analysed = check_labels(labels, videos, passed_over)
    return Dataset(name, videos, labels, passed_over, not_analysed)


def _load_emotion_model(name: str | None) -> Path | None:
    if not name:
        return None
    path = Path(name)
    title = f"config.yaml: emotion_model: {shown(name, LONGEST_VALUE)}"
    if fault := fault_of(path):
        raise ConfigError(f"{title} {fault}")
    if not path.is_file():
        raise ConfigError(f"{title} does not exist; correct it or remove it")
    if path.resolve().is_relative_to(Path("results").resolve()):
        raise ConfigError(
            f"{title} is in results, which this study makes anew; "
            "copy it out of there and name the copy"
        )
    return unmistakable(path)


def _with_text_names(config: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dataset names that YAML reads as numbers, such as 2019, into text.

    Raises:
        ConfigError: if a name has other characters than letters, digits, '_' and '-', or if
            two names are the same as text.
    """
    datasets = config.get("datasets")
    if not isinstance(datasets, Mapping):
        return dict(config)
    named: dict[str, Any] = {}
    for key, entry in datasets.items():
        name = str(key)
        if isinstance(key, bool) or key is None or not DATASET_NAME.fullmatch(name):
            raise ConfigError(
                f"config.yaml: dataset name {shown(repr(name), LONGEST_VALUE)} cannot be used; "
                f"write it with letters, digits, '_' and '-' (A to Z, 100 at most), in quotes"
            )
        if fault := fault_of_ending(name):
            raise ConfigError(f"config.yaml: dataset name {name} {fault}")
        if name in named:
            raise ConfigError(f"config.yaml: dataset name {name} is given twice")
        named[name] = entry
    return {**config, "datasets": named}


def _with_numbers(config: dict[str, Any], validator: Draft202012Validator) -> dict[str, Any]:
    """Turn text into the number or truth value that YAML reads in it, where the schema wants one.

    Snakemake reads what is within braces on its command line, such as ``--config
    'sampling={every_nth_frame: 10}'``, as text.
    """
    config = deepcopy(config)
    for problem in list(validator.iter_errors(config)):
        if problem.validator == "type" and isinstance(problem.instance, str):
            *outer, key = problem.absolute_path
            holder: Any = reduce(getitem, outer, config)
            holder[key] = _read_scalar(problem.instance)
    return config


def _read_scalar(text: str) -> Any:
    """Return the number or truth value that YAML reads in a text without quotes, or the text."""
    tag: str = RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    if tag.rpartition(":")[2] not in ("bool", "float", "int"):
        return text
    try:
        return SafeConstructor().construct_object(yaml.ScalarNode(tag, text))
    except ValueError:  # 5,000 digits.
        return text


def _explain(problem: ValidationError) -> str:
    """Say in one line where a configuration is wrong and what would be right."""
    where = ".".join(str(part) for part in problem.absolute_path)
    at = f"{where}: " if where else ""
    rule: Any = problem.validator
    wanted: Any = problem.validator_value
    value: Any = problem.instance
    if rule == "additionalProperties":
        schema: Any = problem.schema
        known = list(schema["properties"])
        wrong = next(str(key) for key in value if key not in known)
        close = get_close_matches(wrong, known, n=1)
        meant = f"; did you mean '{close[0]}'?" if close else ""
        return (
            f"{at}unknown key '{shown(wrong, LONGEST_VALUE)}'{meant} (known: {', '.join(known)})"
        )
    if rule == "required":
        absent = next(key for key in wanted if key not in value)
        return f"{at}key '{absent}' is missing"
    if rule == "enum":
        return f"{at}'{_told(value)}' is unknown (known: {', '.join(map(str, wanted))})"
    if rule == "minimum":
        return f"{at}{_told(value)} is too small; it must be {wanted} or more"
    if rule == "maximum":
        return f"{at}{_told(value)} is too large; it must be {wanted} or less"
    if rule == "type":
        types = [wanted] if isinstance(wanted, str) else wanted
        given = repr(value) if isinstance(value, str) else _told(value)
        quotes = isinstance(value, (bool, int, float, date)) and "string" in types
        way_out = "; put it in quotes" if quotes else ""
        return f"{at}{shown(given, LONGEST_VALUE)} is not of type {types[0]}{way_out}"
    if rule == "pattern":
        return f"{at}'{_told(value)}' cannot be read; write it like 1/10, in quotes"
    if rule in ("minItems", "minProperties", "minLength"):
        return f"{at}nothing is given; at least one is needed"
    if rule == "uniqueItems":
        return f"{at}{_told(value)} names one twice"
    return f"{at}{shown(problem.message, LONGEST_VALUE)}"


def _told(value: Any) -> str:
    """Return a value in one line, without what makes it long."""
    return shown(
        str(value) if isinstance(value, (str, date)) else SHORT.repr(value), LONGEST_VALUE
    )

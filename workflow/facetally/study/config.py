"""config.yaml, validated once into one typed object.

Imports only the standard library and what Snakemake itself needs, so that the workflow can be
parsed (and linted) where nothing but Snakemake is installed.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from facetally.emotions import CANNOT_TELL, CLASS_OF, LABELS
from facetally.errors import ConfigError, LabelError
from facetally.study import storyboard
from facetally.study.cards import read_card
from facetally.study.csv_file import Kind
from facetally.study.cues import EVENTS
from facetally.study.datasets import read_folder
from facetally.study.detectors import NETWORKS_OF, PUBLISHED, WITHOUT_CONFIDENCE
from facetally.study.finetuning import Finetuning
from facetally.study.folds import check_labels_to_learn_from
from facetally.study.golden import MAJORITY as BY_MAJORITY
from facetally.study.golden import UNANIMOUS, LabelFiles, Labelled, check_raters
from facetally.study.identities import (
    PERSON,
    Identities,
    read_corrections,
)
from facetally.study.labelling import UNLABELLED, Labelling, drawn
from facetally.study.labels import check_labels, label_files, notes_on
from facetally.study.matching import alike, spellings
from facetally.study.methods import ENSEMBLE, LEARNED, MAJORITY, METHODS
from facetally.study.names import fault_of, fault_of_ending, shown, unmistakable, visible
from facetally.study.people import PEOPLE, check_names, people_of, person_in, read_rows
from facetally.study.recognizer import Card
from facetally.study.references import References, check_pictures, read_references
from facetally.study.schema import LONGEST_VALUE, in_message, read_schema, validated
from facetally.study.steps import EveryNthFrame, EverySeconds

DATASET_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
FER_NAME: Final = "fer"
"""The value of ``recognizer`` for fer's network."""

PAPER: Final = "paper"
"""The name of the paper's own mapping."""


@dataclass(frozen=True)
class Dataset:
    """A folder of videos and, if there are any, their golden labels.

    Attributes:
        name: its name in config.yaml.
        videos: path by name without extension, sorted by name.
        named_labels: the label files, and folders of them, that config.yaml names.
        labels: its label files; empty if it has no labels.
        labelled: what they say about each video.
        notes: what a run should say about them, a line each.
        passed_over: what else is in the folder: sub-folders, and files that are not videos by
            their name but may be meant as such.
        not_analysed: the files among these, or in the sub-folders, that have a label: path by
            the name in the label file, without extension.
    """

    name: str
    videos: Mapping[str, Path]
    named_labels: tuple[Path, ...]
    labels: LabelFiles
    labelled: Mapping[str, Labelled]
    notes: tuple[str, ...]
    passed_over: tuple[Path, ...]
    not_analysed: Mapping[str, Path]

    @property
    def label_files(self) -> list[Path]:
        """The paths of its label files."""
        return list(self.labels.paths)


@dataclass(frozen=True)
class Study:
    """What is studied, and how.

    Attributes:
        datasets: by name, in the order of config.yaml.
        detectors: the face detectors, in the order of config.yaml.
        step: which frames are analysed.
        part: the number of a part of the videos, from 1, and how many parts there are; None for
            all videos.
        max_frame_pixels: width times height of the largest pictures that are decoded.
        on_bad_video: what happens if videos cannot be analysed: ``fail`` or ``skip``.
        methods: how videos are predicted, in the order of :data:`facetally.study.methods.METHODS`.
        face: which of several faces in a frame counts: ``first``, ``largest``, ``tracked`` or
            ``person``.
        mapping: the name of the mapping that decides, one of ``mappings``.
        mappings: the class of each emotion, by name of mapping, the paper's first.
        segment_frames: length of a time segment, in source frames.
        segment_seconds: length of a time segment in seconds, which takes precedence; or None.
        people: the file that says who is seen in which video, and when; None leaves this to the
            label files and the names of the videos.
        identities: how people are told apart; None if they are not.
        forget: the person whose faces and vectors should be removed, or None.
        events: the files that say what videos are about, and when.
        golden: how golden labels follow from those of several raters.
        label_names: the class, or CANNOT_TELL, for other words for labels, in lower case.
        spellings: the spelling to show of each name of a person or group that is spelt in several
            ways: see :class:`facetally.study.golden.LabelFiles`.
        labelling: what raters are shown.
        engine: the implementation that detects faces and scores emotions.
        device: what it runs on: ``auto``, ``cpu`` or ``cuda``.
        scratch: the folder for frames on each machine's own disk; None for ``results/frames``.
        accept_code: digests of other code whose raw FER JSON is kept.
        finetuning: how networks are finetuned, if that is asked for.
        recognizer: the card of the network that scores faces; None for fer's.
        min_confidence: by detector, the minimum confidence of a face that counts.
        min_face_height: the minimum height in pixels of a face that counts.
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
    segment_seconds: float | None
    people: Path | None
    identities: Identities | None
    forget: str | None
    events: tuple[Path, ...]
    golden: str
    label_names: Mapping[str, str]
    spellings: Mapping[str, str]
    labelling: Labelling
    engine: str
    device: str
    scratch: Path | None
    accept_code: tuple[str, ...]
    finetuning: Finetuning
    recognizer: Card | None
    min_confidence: Mapping[str, float]
    min_face_height: int

    @property
    def notes(self) -> list[str]:
        """What a run should say about the label files, a line each."""
        return list(dict.fromkeys(note for each in self.datasets.values() for note in each.notes))

    @property
    def videos(self) -> set[str]:
        """The names of the videos of all datasets."""
        return {video for dataset in self.datasets.values() for video in dataset.videos}

    @property
    def passed_over(self) -> list[Path]:
        """What is in the datasets' folders but is not analysed."""
        return [path for dataset in self.datasets.values() for path in dataset.passed_over]

    @property
    def not_analysed(self) -> list[tuple[str, str, str]]:
        """The files that have a label but are not analysed: dataset, name and path of each."""
        return [
            (dataset.name, name, str(path))
            for dataset in self.datasets.values()
            for name, path in dataset.not_analysed.items()
        ]

    @property
    def label_files(self) -> list[Path]:
        """The label files of all datasets."""
        return [path for dataset in self.datasets.values() for path in dataset.label_files]

    @property
    def is_rated(self) -> bool:
        """Whether any video has labels from several raters, or labels that give no golden one."""
        return any(
            len(labelled.answers) > 1 or labelled.why
            for each in self.datasets.values()
            for labelled in each.labelled.values()
        )

    @property
    def shown_to_raters(self) -> dict[str, list[str]]:
        """The videos that are shown to raters, by dataset."""
        videos = {
            name: sorted(
                set(each.videos) - set(each.labelled)
                if self.labelling.videos == UNLABELLED
                else each.videos
            )
            for name, each in self.datasets.items()
        }
        return drawn(videos, self.labelling.sample, self.labelling.seed)

    @property
    def named_files(self) -> list[Path]:
        """The files of people and events, and those by which people are told apart."""
        others = self.identities.files if self.identities else []
        return [*([self.people] if self.people else []), *self.events, *others]

    @property
    def files(self) -> list[Path]:
        """All files that its jobs read but do not make."""
        videos = [path for each in self.datasets.values() for path in each.videos.values()]
        pictures = self.identities.pictures if self.identities else []
        card = [self.recognizer.path, self.recognizer.network] if self.recognizer else []
        return [*videos, *self.label_files, *self.named_files, *pictures, *card]

    @property
    def class_of(self) -> Mapping[str, str]:
        """The class of each emotion in the mapping that decides."""
        return self.mappings[self.mapping]


def load_study(config: Mapping[str, Any], promised: Collection[Path] = ()) -> Study:
    """Validate a configuration and everything it names.

    Args:
        config: the content of config.yaml.
        promised: videos that the workflow itself will render.

    Raises:
        ConfigError: if a key, value, folder or dataset name cannot be used.
        LabelError: if a label file cannot be used or names a video that does not exist.
    """
    schema = read_schema("config")
    schema["properties"]["detectors"]["items"]["enum"] = list(NETWORKS_OF)
    config = _with_text_words(_with_text_names(config))
    _check_mapping_names(config)
    _check_old_keys(config)
    config = validated("config.yaml", config, schema)
    settings = {key: value.get("default") for key, value in schema["properties"].items()} | config
    recognizer = _load_recognizer(settings["recognizer"])
    own = _own_places(settings, recognizer)
    golden, names = settings["golden"], _label_names(settings["label_names"] or {})
    datasets = {
        name: _load_dataset(name, entry, promised, own, golden, names)
        for name, entry in config["datasets"].items()
    }
    detectors = tuple(settings["detectors"])
    for name in detectors:
        if settings["engine"] == "fer" and name not in PUBLISHED:
            raise ConfigError(
                f"config.yaml: engine: fer has no detector {name} (it has "
                f"{', '.join(PUBLISHED)}); use engine: onnx"
            )
    mappings = _mappings(settings["mappings"])
    if settings["mapping"] not in mappings:
        raise ConfigError(
            f"config.yaml: mapping: '{in_message(settings['mapping'])}' is unknown "
            f"(known: {in_message(', '.join(mappings))})"
        )
    people = _people(settings["people"])
    identities = _identities(people, datasets)
    if settings["face"] == PERSON and not (identities and identities.references):
        raise ConfigError(
            "config.yaml: face: person needs pictures of the people; name their folder as "
            "people.references, or write face: tracked"
        )
    people_file = next(_named_files(people.get("file"), "people", PEOPLE, datasets), None)
    spelt = spellings(_names_of_people(datasets.values(), people_file, identities))
    datasets = {name: _respelt(each, spelt) for name, each in datasets.items()}
    if identities:
        corrections = [
            replace(each, person=spelt.get(alike(each.person), each.person))
            if each.names_someone
            else each
            for each in identities.corrections
        ]
        identities = replace(identities, corrections=corrections)
    if settings["face"] == PERSON and identities:
        for each in datasets.values():
            known = identities.references
            turns = people_of(each.videos, each.labels, people_file, known)
            check_pictures(each.name, each.videos, turns, known)
    finetuning = _defaults(schema, "finetuning") | (settings["finetuning"] or {})
    return Study(
        datasets=datasets,
        detectors=detectors,
        step=_step(settings["sampling"] or {}, schema["properties"]["sampling"]["properties"]),
        part=_part(settings["part"]),
        max_frame_pixels=int(settings["max_frame_pixels"]),
        on_bad_video=settings["on_bad_video"],
        methods=_methods(settings["methods"], detectors),
        face=settings["face"],
        mapping=settings["mapping"],
        mappings=mappings,
        segment_frames=int(settings["segment_frames"]),
        segment_seconds=_segment_seconds(config),
        people=people_file,
        identities=identities,
        forget=settings["forget"],
        events=tuple(_named_files(settings["events"], "events", EVENTS, datasets)),
        golden=golden,
        label_names=names,
        spellings=spelt,
        labelling=Labelling(**_defaults(schema, "label") | (settings["label"] or {})),
        engine=settings["engine"],
        device=settings["device"],
        scratch=Path(settings["scratch"]) if settings["scratch"] else None,
        accept_code=tuple(map(str, settings["accept_code"])),
        finetuning=Finetuning(**{key: int(value) for key, value in finetuning.items()}),
        recognizer=recognizer,
        min_confidence=_min_confidence(settings["min_confidence"], detectors),
        min_face_height=int(settings["min_face_height"]),
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
    # The schema accepts 20.0 as a whole number.
    number = sampling.get("every_nth_frame", schema["every_nth_frame"]["default"])
    return EveryNthFrame(int(number))


def _segment_seconds(config: Mapping[str, Any]) -> float | None:
    """Return the length of a time segment, if it is given in seconds.

    Raises:
        ConfigError: if it is given in frames too.
    """
    seconds = config.get("segment_seconds")
    if seconds is not None and "segment_frames" in config:
        raise ConfigError(
            "config.yaml: segment_frames and segment_seconds cannot both be used; remove one"
        )
    return seconds


def _listed(names: str | Sequence[str] | None) -> list[str]:
    """Return one name, several or none as a list."""
    return [names] if isinstance(names, str) else list(names or [])


def _named_files(
    names: str | Sequence[str] | None,
    named_by: str,
    kind: Kind,
    datasets: Mapping[str, Dataset],
) -> Iterator[Path]:
    """Yield the files of people or events that are named, after checking them.

    Raises:
        ConfigError: if the workflow cannot use a path.
        PeopleError: if one cannot be read, or names videos that do not exist.
    """
    videos = [video for each in datasets.values() for video in each.videos]
    for name in _listed(names):
        path = Path(name)
        if fault := fault_of(path):
            raise ConfigError(f"config.yaml: {named_by}: {shown(name, LONGEST_VALUE)} {fault}")
        check_names(path, kind, videos)
        yield path


def _people(written: str | Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the value of ``people`` key by key; a plain text is the name of the file."""
    return {"file": written} if isinstance(written, str) else written or {}


def _identities(people: Mapping[str, Any], datasets: Mapping[str, Dataset]) -> Identities | None:
    """Return how people are told apart; None if they are not.

    Raises:
        ConfigError: if the folder of pictures cannot be used, or there is nothing to correct.
        PeopleError: if the corrections cannot be used.
    """
    folder, corrections = people.get("references"), people.get("corrections")
    if not folder and not people.get("identify"):
        if corrections:
            raise ConfigError(
                "config.yaml: people.corrections: there is nothing to correct, because people "
                "are not told apart; add people.references or people.identify, or remove it"
            )
        return None
    videos = {name: each.videos for name, each in datasets.items()}
    references = read_references(Path(folder)) if folder else References()
    known = references.pictures
    return Identities(
        known,
        read_corrections(Path(corrections), videos, known) if corrections else (),
        Path(corrections) if corrections else None,
        [Path(name) for name in (folder, corrections) if name],
        Path(folder) if folder else None,
        references.passed_over,
    )


def _names_of_people(
    datasets: Collection[Dataset], people: Path | None, identities: Identities | None
) -> Iterator[str]:
    """Yield every name of a person or group that the study has, as often as it has it.

    Their order decides which spelling is shown: that of a folder of pictures, or else the first in
    the file of people, in label files, in the names of videos, or in corrections.
    """
    yield from identities.references if identities else ()
    yield from (row.turn.name for row in (read_rows(people, PEOPLE) if people else ()))
    for dataset in datasets:
        for labelled in dataset.labelled.values():
            yield labelled.person
            yield labelled.group
    yield from (person_in(video) for dataset in datasets for video in dataset.videos)
    corrections = identities.corrections if identities else ()
    yield from (each.person for each in corrections if each.names_someone)


def _respelt(dataset: Dataset, spelt: Mapping[str, str]) -> Dataset:
    """Return a dataset with names of people as the study shows them."""
    labels = replace(dataset.labels, spellings=spelt)
    labelled = {
        video: replace(each, group=labels.spelt(each.group), person=labels.spelt(each.person))
        for video, each in dataset.labelled.items()
    }
    return replace(dataset, labels=labels, labelled=labelled)


def _part(written: str | None) -> tuple[int, int] | None:
    """Read a part of the videos, such as 3/10.

    Raises:
        ConfigError: if the part does not exist.
    """
    if written is None:
        return None
    number, parts = (int(each) for each in written.split("/"))
    if number > parts:
        raise ConfigError(
            f"config.yaml: part: {written} is not one of {parts} parts; write 1/{parts}"
        )
    return number, parts


def _methods(wanted: Collection[str], detectors: Collection[str]) -> tuple[str, ...]:
    """Return the methods that can be used, in the order of METHODS."""
    return tuple(
        method
        for method in METHODS
        if method == MAJORITY
        or (method in wanted and not (method == ENSEMBLE and len(detectors) == 1))
    )


def check_labels_suffice(study: Study) -> None:
    """Refuse a study that needs labels which it does not have, or not yet.

    Not part of :func:`load_study`, because the pages on which people label need none of them.

    Raises:
        ConfigError: if the rater whose labels are golden has labelled no video of a dataset that
            has labels, or if a method learns from labels and no dataset has any.
        FoldError: if nothing can be learned from a dataset's labels.
    """
    for dataset in study.datasets.values():
        _check_rater(dataset.name, dataset.labelled, study.golden)
    for method in LEARNED:
        if method in study.methods:
            _check_labels(method, study.datasets.values())


def _check_labels(method: str, datasets: Iterable[Dataset]) -> None:
    labelled = [dataset for dataset in datasets if dataset.labels]
    if not labelled:
        raise ConfigError(
            f"config.yaml: methods: {method} learns from golden labels, but no dataset has any; "
            f"name a label file or remove {method}"
        )
    for dataset in labelled:
        check_labels_to_learn_from(dataset.name, dataset.labels, dataset.videos)


def _check_mapping_names(config: Mapping[str, Any]) -> None:
    """Check the names of mappings before anything else, since other refusals would repeat them.

    Raises:
        ConfigError: if a name has characters other than letters, digits, '_' and '-', or is the
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
                f"config.yaml: mappings.{PAPER}: is the paper's own mapping; rename yours"
            )


def _mappings(differing: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Complete mappings that list only the emotions whose class differs from the paper's.

    Raises:
        ConfigError: if a class is unknown.
    """
    mappings = {PAPER: dict(CLASS_OF)}
    for name, classes in differing.items():
        mappings[name] = dict(CLASS_OF)
        for emotion, label in classes.items():
            if label.lower() not in LABELS:
                raise ConfigError(
                    f"config.yaml: mappings.{name}.{emotion}: '{in_message(label)}' is unknown "
                    f"(known: Positive, Neutral, Negative)"
                )
            mappings[name][emotion] = LABELS[label.lower()]
    return mappings


def _own_places(settings: Mapping[str, Any], recognizer: Card | None) -> set[Path]:
    """Return what a study itself names or makes, and the folders above it.

    If it is in the folder of a dataset, nobody takes it for videos that are left out.
    """
    datasets = settings["datasets"].values()
    named = [entry["videos"] for entry in datasets]
    named += [path for entry in datasets for path in _listed(entry.get("labels"))]
    people = [value for value in _people(settings["people"]).values() if isinstance(value, str)]
    others = ["results", settings["scratch"], *people, *_listed(settings["events"])]
    if recognizer:
        others += [recognizer.path, recognizer.network]
    places = [Path(place).absolute() for place in (*named, *others) if place]
    return {above for place in places for above in (place, *place.parents)}


def _load_dataset(
    name: str,
    entry: Mapping[str, Any],
    promised: Collection[Path],
    own: Collection[Path],
    golden: str,
    names: Mapping[str, str],
) -> Dataset:
    folder = read_folder(name, Path(entry["videos"]), promised)
    videos = folder.videos
    passed_over = tuple(path for path in folder.passed_over if path.absolute() not in own)
    not_analysed: dict[str, Path] = {}
    named = [storyboard.labels(Path(path)) for path in _listed(entry.get("labels"))]
    paths: dict[Path, None] = {}
    notes: list[str] = []
    for place in named:
        files, others = label_files(place)
        paths |= dict.fromkeys(files)
        notes += notes_on(place, files, others)
    read = []
    for path in paths:
        if fault := fault_of(path):
            raise LabelError(f"{shown(str(path))} {fault}")
        rows, lying = check_labels(path, videos, passed_over, names)
        read.append((path, rows))
        not_analysed |= lying
    labels = LabelFiles(tuple(paths), golden, names)
    notes += [f"dataset {name}: {line}" for line in check_raters(read)]
    labelled = labels.together(read)
    return Dataset(
        name, videos, tuple(named), labels, labelled, tuple(notes), passed_over, not_analysed
    )


def _label_names(written: Mapping[str, str]) -> dict[str, str]:
    """Return the meanings of other words for labels, by word in lower case.

    Raises:
        ConfigError: if a class is unknown, or a word already has a meaning.
    """
    known = LABELS | {CANNOT_TELL: CANNOT_TELL}
    names: dict[str, str] = {}
    for word, label in written.items():
        place = f"config.yaml: label_names.{shown(word, LONGEST_VALUE)}"
        meant = known.get(label.lower())
        if meant is None:
            raise ConfigError(
                f"{place}: '{in_message(label)}' is unknown (known: Positive, Neutral, Negative, "
                f"{CANNOT_TELL})"
            )
        name = " ".join(visible(word).lower().split())
        if not name:
            raise ConfigError(f"{place}: the word is empty; write it or remove it")
        before = {**known, **names}.get(name, meant)
        if before != meant:
            raise ConfigError(f"{place}: already means {before}; remove it")
        names[name] = meant
    return names


def _check_rater(dataset: str, labelled: Mapping[str, Labelled], golden: str) -> None:
    """Refuse a rater who has labelled no video of a dataset that has labels.

    Raises:
        ConfigError: if the dataset does not have this rater.
    """
    raters = list(dict.fromkeys(rater for each in labelled.values() for rater in each.answers))
    if golden in (BY_MAJORITY, UNANIMOUS) or not raters:
        return
    if alike(golden) not in map(alike, raters):
        raise ConfigError(
            f"config.yaml: golden: {in_message(golden)} is not a rater of dataset {dataset} "
            f"(raters: {in_message(', '.join(raters))}); name one, or write {BY_MAJORITY} or "
            f"{UNANIMOUS}"
        )


def _check_old_keys(config: Mapping[str, Any]) -> None:
    """Refuse keys of earlier versions, and say what to write instead.

    Raises:
        ConfigError: if the configuration has such a key.
    """
    if "emotion_model" in config:
        model = str(config["emotion_model"] or "model.onnx")
        card = Path(model).with_suffix(".yaml")
        raise ConfigError(
            "config.yaml: emotion_model: is now recognizer, which names a card; copy "
            f"models/finetuned.yaml to {shown(str(card), LONGEST_VALUE)}, name the network in it "
            f"(network: {shown(Path(model).name, LONGEST_VALUE)}), and write recognizer: "
            f"{shown(str(card), LONGEST_VALUE)}"
        )


def _load_recognizer(name: str) -> Card | None:
    """Read the card that is named; return None for fer's network.

    Raises:
        ConfigError: if it cannot be used, or is in the folder that the study writes.
    """
    if name == FER_NAME:
        return None
    title = f"config.yaml: recognizer: {shown(name, LONGEST_VALUE)}"
    path = Path(name)
    if fault := fault_of(path):
        raise ConfigError(f"{title} {fault}")
    if not path.is_file():
        raise ConfigError(f"{title} does not exist; name a card, or write {FER_NAME}")
    if path.suffix.lower() == ".onnx":
        raise ConfigError(f"{title} is a network; name its card instead, see docs/recognizers.md")
    card = read_card(unmistakable(path))
    for used in (path, card.network):
        if used.resolve().is_relative_to(Path("results").resolve()):
            raise ConfigError(
                f"{title}: {shown(str(used), LONGEST_VALUE)} is in results, which this study "
                "rebuilds; copy it elsewhere and name the copy"
            )
    return card


def _min_confidence(
    wanted: float | Mapping[str, float], detectors: Sequence[str]
) -> dict[str, float]:
    """Return the minimum confidence by detector.

    Raises:
        ConfigError: if one is given for a detector that is not used or has no confidence.
    """
    if not isinstance(wanted, Mapping):
        return {name: wanted for name in detectors if name not in WITHOUT_CONFIDENCE}
    for name in wanted:
        place = f"config.yaml: min_confidence.{shown(str(name), LONGEST_VALUE)}: "
        if name not in detectors:
            raise ConfigError(
                f"{place}is not one of detectors ({', '.join(detectors)}); remove it"
            )
        if name in WITHOUT_CONFIDENCE:
            raise ConfigError(f"{place}{name} gives no confidence; remove it")
    return {name: wanted.get(name, 0) for name in detectors if name not in WITHOUT_CONFIDENCE}


def _defaults(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the defaults of the keys within a key."""
    inner = schema["properties"][key]["properties"]
    return {name: value.get("default") for name, value in inner.items()}


def _with_text_words(config: Mapping[str, Any]) -> dict[str, Any]:
    """Turn words for labels that YAML reads as numbers, such as 1 and -1, into text.

    Raises:
        ConfigError: if two words are the same as text.
    """
    names = config.get("label_names")
    if not isinstance(names, Mapping):
        return dict(config)
    words: dict[str, Any] = {}
    for word, label in names.items():
        if str(word) in words:
            raise ConfigError(
                f"config.yaml: label_names: {shown(str(word), LONGEST_VALUE)} is given twice"
            )
        words[str(word)] = label
    return {**config, "label_names": words}


def _with_text_names(config: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dataset names that YAML reads as numbers, such as 2019, into text.

    Raises:
        ConfigError: if a name has characters other than letters, digits, '_' and '-', or if two
            names are the same as text.
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

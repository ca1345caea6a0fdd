"""What a study's jobs read: functions of a job's wildcards, called by Snakemake.

Imports only the standard library, because the workflow uses this when it is parsed.
"""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facetally.study import outputs, storyboard
from facetally.study.config import Study, check_labels_suffice
from facetally.study.detectors import EMOTION, NETWORKS_OF
from facetally.study.folds import check_labels_to_learn_from
from facetally.study.identities import (
    NOT_A_FACE,
    PERSON,
    Belonging,
    Correction,
    corrected_by_video,
)
from facetally.study.methods import FINETUNED
from facetally.study.people import people_of
from facetally.study.schedule import threads_of

Files = Callable[[Any], list[str]]
"""Returns files for a job's wildcards: ``dataset`` and perhaps ``detector`` and ``video``."""


@dataclass(frozen=True)
class Detector:
    """A detector, as a job's wildcards name it."""

    detector: str


class Inputs:
    """The files of a study's jobs."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._learnable: set[str] = set()
        self._belonging: dict[str, dict[str, Belonging]] = {}
        self._corrected = corrected_by_video(self.corrections)
        self._shown = study.shown_to_raters
        self._threads: dict[int, dict[tuple[str, str], int]] = {}

    def check(self, targets: Collection[str]) -> None:
        """Refuse targets that cannot be made.

        This comes first, because Snakemake shows a traceback for an error in an input function.

        Args:
            targets: what Snakemake should make; empty for the whole study.

        Raises:
            ConfigError: if the study is limited to a part of the videos, or has no labels.
            FoldError: if nothing can be learned from labels.
        """
        if not targets or not all(map(_is_for_raters, targets)):
            check_labels_suffice(self._study)
        if not targets or "all" in targets:
            outputs.check_whole(self._study)
        if "finetuned" in targets:
            outputs.finetuned_files(self._study)
            for name, dataset in self._study.datasets.items():
                if dataset.labels:
                    self._check_learnable(name)

    def all_of(self, pattern: str, **only: str) -> Files:
        """Return a function for all files of a pattern that match a job's wildcards."""
        return lambda wildcards: outputs.paths(
            pattern, self._study, **only, **dict(wildcards.items())
        )

    def study(self, _: Any) -> list[str]:
        """Return everything that the study makes.

        Raises:
            ConfigError: if the study is limited to a part of the videos.
        """
        outputs.check_whole(self._study)
        # All of it, or a file that is gone would not be missed: Snakemake does not check whether
        # files exist that only up-to-date files need.
        # But for pictures: whoever deletes them wants nothing made again until it is needed.
        made = [*outputs.found_in_videos(self._study), *outputs.made_from_raw(self._study)]
        if not self._study.identities:
            return made
        return [
            *made,
            *outputs.paths(outputs.IDENTITIES, self._study),
            outputs.RECOGNITION,
            *self.references(_),
        ]

    def raw(self, _: Any) -> list[str]:
        """Return what is made from the videos, which takes most of a study's time."""
        if self._study.part:
            kept = (outputs.RAW, outputs.STATUS, outputs.PREVIEWS, outputs.PICTURES)
            return [path for pattern in kept for path in outputs.raw_files(self._study, pattern)]
        return outputs.made_from_videos(self._study)

    def label_files(self, _: Any) -> list[str]:
        """Return what the pages for raters are made from and show."""
        return [
            path
            for dataset, names in self._shown.items()
            for name in names
            for pattern in (outputs.LABEL_CLIP, outputs.LABEL_PREVIEW)
            for path in outputs.paths(pattern, self._study, dataset=dataset, video=name)
        ]

    def finetuned(self, _: Any) -> list[str]:
        """Return the files of the finetuned networks, and the crops that they learn from.

        Raises:
            ConfigError: if no dataset has labels.
        """
        crops = [
            path
            for name, dataset in self._study.datasets.items()
            if dataset.labels
            for path in outputs.paths(outputs.CROPS, self._study, dataset=name)
        ]
        return [*outputs.finetuned_files(self._study), *crops]

    def finetuned_predictions(self, wildcards: Any) -> list[str]:
        """Return the finetuned networks' predictions for a labelled dataset, if asked for."""
        if FINETUNED not in self._study.methods or not self.labels(wildcards):
            return []
        return self.all_of(f"{outputs.FINETUNED}/predictions.csv")(wildcards)

    def source(self, wildcards: Any) -> str:
        """Return the path of one video."""
        return str(self._study.datasets[wildcards.dataset].videos[wildcards.video])

    def threads(self, wildcards: Any, cores: int) -> int:
        """Return how many threads the jobs of one video get if processors do all the work.

        Only videos that lack a raw file count, or all videos if none lacks one: a film that is
        added to a thousand finished clips has every core to itself.

        Args:
            wildcards: ``dataset`` and ``video``.
            cores: how many threads run at a time.
        """
        if cores not in self._threads:
            detectors = self._study.detectors
            paths = {
                (name, video): path
                for name, dataset in self._study.datasets.items()
                for video, path in dataset.videos.items()
            }
            lacking = {
                (name, video): path
                for (name, video), path in paths.items()
                if not all(
                    Path(outputs.RAW.format(dataset=name, video=video, detector=each)).exists()
                    for each in detectors
                )
            }
            sizes = {video: _size(path) for video, path in (lacking or paths).items()}
            self._threads[cores] = threads_of(sizes, cores, detectors)
        return self._threads[cores].get((wildcards.dataset, wildcards.video), 1)

    def video(self, wildcards: Any) -> list[str]:
        """Return the path of one video, in a list, if it is readable or will be.

        Other videos, such as broken links, cannot be analysed. As inputs they would end the whole
        run: Snakemake refuses missing files, and computes checksums of the others.
        """
        return list(filter(_is_readable, [self.source(wildcards)]))

    def labels(self, wildcards: Any) -> list[str]:
        """Return the label files of a dataset."""
        return [str(path) for path in self._study.datasets[wildcards.dataset].label_files]

    def all_labels(self, _: Any) -> list[str]:
        """Return the label files of all datasets."""
        return list(map(str, self._study.label_files))

    def shown_to_raters(self, wildcards: Any) -> list[tuple[str, str]]:
        """Return name and path of each video of a dataset that is shown to raters."""
        videos = self._study.datasets[wildcards.dataset].videos
        return [(name, str(videos[name])) for name in self._shown[wildcards.dataset]]

    def label_clips(self, wildcards: Any) -> list[str]:
        """Return the files that describe these videos."""
        return [
            path
            for name in self._shown[wildcards.dataset]
            for path in self.all_of(outputs.LABEL_CLIP, video=name)(wildcards)
        ]

    def networks(self, wildcards: Any) -> list[str]:
        """Return the exported networks that find and score faces with a detector."""
        if self._study.engine == "fer":
            return []
        card = self._study.recognizer
        scoring = [] if card and card.settings.emotions else [EMOTION]
        names = [*NETWORKS_OF[wildcards.detector], *scoring]
        return [outputs.MODEL.format(network=name) for name in names]

    def networks_in_use(self) -> list[str]:
        """Return the exported networks of all detectors, with their versions."""
        named = [self.networks(Detector(detector)) for detector in self._study.detectors]
        used = sorted({path for paths in named for path in paths})
        return [*used, outputs.MODEL_VERSIONS] if used else []

    def min_confidence(self, wildcards: Any) -> float:
        """Return the minimum confidence of a face that counts."""
        return self._study.min_confidence.get(wildcards.detector, 0)

    def identities(self, wildcards: Any) -> list[str]:
        """Return the face vectors by which people are told apart, for all matching videos."""
        return self.all_of(outputs.IDENTITIES)(wildcards) if self._study.identities else []

    def tracks(self, _: Any) -> list[str]:
        """Return the table of who is who, if people are told apart."""
        return [outputs.TRACKS] if self._study.identities else []

    def references(self, _: Any) -> list[str]:
        """Return the vectors of pictures of people, if there are any."""
        known = self._study.identities
        return [outputs.REFERENCES] if known and known.references else []

    def pictures(self, _: Any) -> dict[str, list[str]]:
        """Return the pictures of each person."""
        known = self._study.identities
        references = known.references if known else {}
        return {person: list(map(str, own)) for person, own in references.items()}

    @property
    def corrections(self) -> list[Correction]:
        """The corrections of whose faces are seen."""
        known = self._study.identities
        return [*known.corrections] if known else []

    @property
    def corrections_file(self) -> str:
        """The path of their file; empty without one."""
        known = self._study.identities
        return str(known.corrections_file or "") if known else ""

    def of_person(self, wildcards: Any) -> list[str]:
        """Return the face vectors of one video by detector, if they decide which face counts."""
        return self.identities(wildcards) if self._by_person(wildcards) else []

    def references_of_person(self, wildcards: Any) -> list[str]:
        """Return the vectors of pictures of people, if they decide which face counts."""
        return self.references(wildcards) if self._study.face == PERSON else []

    def belongs(self, wildcards: Any) -> list[str]:
        """Return to whom a video belongs, by detector, if that decides which face counts."""
        if not self._by_person(wildcards):
            return []
        named = dict(wildcards.items())
        detectors = [named["detector"]] if "detector" in named else self._study.detectors
        own = self.belonging(named["dataset"])[named["video"]].as_text()
        return [own] * len(detectors)

    def _by_person(self, wildcards: Any) -> bool:
        """Return whether the face that counts depends on whom the tracks of a video show."""
        return self._study.face == PERSON or any(
            each.person == NOT_A_FACE
            for each in self._corrected.get((wildcards.dataset, wildcards.video), ())
        )

    def all_belonging(self, wildcards: Any) -> dict[str, str]:
        """Return the same for each video of a dataset, if the person's face counts."""
        if self._study.face != PERSON:
            return {}
        every = self.belonging(wildcards.dataset)
        return {video: own.as_text() for video, own in every.items()}

    def belonging(self, dataset: str) -> dict[str, Belonging]:
        """Return to whom each video of a dataset belongs, with the corrections of its faces.

        Raises:
            LabelError: if the label file cannot be used.
            PeopleError: if the file of people cannot be used.
        """
        if dataset not in self._belonging:
            study, known = self._study, self._study.identities
            videos, labels = study.datasets[dataset].videos, study.datasets[dataset].labels
            turns = people_of(videos, labels, study.people, known.references if known else None)
            self._belonging[dataset] = {
                video: Belonging(turns.get(video, ()), self._corrected.get((dataset, video), ()))
                for video in videos
            }
        return self._belonging[dataset]

    def is_demo(self, wildcards: Any) -> bool:
        """Return whether the workflow renders the video."""
        return Path(self.source(wildcards)) in storyboard.videos()

    def crops(self, wildcards: Any) -> list[str]:
        """Return the crops of a dataset's videos, labelled or not.

        Raises:
            LabelError: if the label file cannot be used.
            FoldError: if nothing can be learned from its labels.
        """
        self._check_learnable(wildcards.dataset)
        return self.all_of(outputs.CROPS)(wildcards)

    def names(self, wildcards: Any) -> list[str]:
        """Return the videos of a dataset by name, in the order of their files."""
        return list(self._study.datasets[wildcards.dataset].videos)

    def detected(self, wildcards: Any) -> list[tuple[str, str]]:
        """Return the detector and video of each raw FER JSON of a dataset, in this order."""
        return [(name, video) for name in self._study.detectors for video in self.names(wildcards)]

    def _check_learnable(self, name: str) -> None:
        if name not in self._learnable:
            dataset = self._study.datasets[name]
            check_labels_to_learn_from(name, dataset.labels, dataset.videos)
            self._learnable.add(name)


def _is_for_raters(target: str) -> bool:
    """Return whether a target is a page on which people label videos, which needs no labels."""
    return target == "label" or target.startswith("results/label/")


def _size(video: Path) -> int:
    """Return the size of a file in bytes, the best guess at its length without opening it."""
    try:
        return max(1, video.stat().st_size)
    except OSError:
        return 1  # It will be rendered, linked or copied later.


def _is_readable(video: str) -> bool:
    return os.access(video, os.R_OK) or Path(video) in storyboard.videos()

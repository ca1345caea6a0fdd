"""Learning from labelled videos: which are learned from, and which are used to judge.

Every labelled video is predicted by a learner that has seen none of its group: not in training,
not to choose a setting or stop training, and not to standardise features.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from facetally.emotions import CLASS_SCORES, CLASSES
from facetally.errors import FinetuningError, FoldError
from facetally.learn.crop_files import VideoCrops
from facetally.measure.counts import highest
from facetally.measure.out_of_fold import DECIMALS, OUT_OF_FOLD
from facetally.study.folds import fold_of

ALL: Final = "all"
"""The name of the fold for the final learner, which learns from all labelled videos."""

SEARCH: Final = "search"
"""The stage that chooses the linear head's C, on groups held out in turn."""

EARLY_STOPPING: Final = "early_stopping"
"""The stage that chooses the number of epochs, on some of the groups."""

FINAL: Final = "final"
"""The stage that learns from all crops, after settings have been chosen on some."""

HISTORY: Final = pl.Schema(
    {
        "fold": pl.String(),
        "stage": pl.String(),
        "c": pl.Float64(),
        "epoch": pl.Int64(),
        "loss": pl.Float64(),
        "accuracy": pl.Float64(),
        "val_loss": pl.Float64(),
        "val_accuracy": pl.Float64(),
    }
)
Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
"""Crops, as indices into the array of all crops."""


@dataclass(frozen=True)
class Labelled:
    """The videos of a dataset, and the labels of those that have one.

    Attributes:
        golden: the golden label by labelled video.
        groups: the group by video.
        places: for each video, labelled or not, the indices of its crops in the array of all; may
            be empty.
    """

    golden: Mapping[str, str]
    groups: Mapping[str, str]
    places: Mapping[str, Places]

    def part(self, videos: Iterable[str]) -> "Labelled":
        """Return only some of the labelled videos."""
        return Labelled({video: self.golden[video] for video in videos}, self.groups, self.places)

    def with_crops(self) -> "Labelled":
        """Return the labelled videos that have a crop."""
        return self.part(video for video in self.golden if len(self.places[video]))


class Learner(Protocol):
    """Something that learns the three classes from crops, each time from scratch."""

    def learn(self, labelled: Labelled, fold: str) -> list[dict[str, object]]:
        """Learn from all the crops of some videos.

        Args:
            labelled: the videos, of at least two classes and all with crops.
            fold: the name of the fold in the history.

        Returns:
            Rows of HISTORY.
        """

    def probabilities(self, crops: Places) -> Floats:
        """Return the probabilities of CLASSES from the last training, float32, (n, 3)."""


def labelled_crops(
    crops: Mapping[str, VideoCrops], golden: Mapping[str, str], groups: Mapping[str, str]
) -> tuple[npt.NDArray[np.uint8], Labelled]:
    """Put the crops of videos into one array, uint8, (n, 64, 64), sorted by video."""
    places = {}
    end = 0
    for video in sorted(crops):
        start, end = end, end + len(crops[video].crops)
        places[video] = np.arange(start, end)
    pictures = np.concatenate([crops[video].crops for video in places])
    return pictures, Labelled(golden, groups, places)


def training_crops(labelled: Labelled) -> tuple[Places, Places, Floats]:
    """Return the crops to learn from, with classes and weights.

    Returns:
        The crops, (n,); the index of each one's class in CLASSES; and its weight, 1 on average.
        All classes have the same weight, as do all videos in a class, however many crops they
        have.
    """
    videos = sorted(labelled.with_crops().golden)
    crops = [labelled.places[video] for video in videos]
    sizes = np.array([len(own) for own in crops])
    classes = np.array([CLASSES.index(labelled.golden[video]) for video in videos])
    weights = np.repeat(1 / sizes / np.bincount(classes)[classes], sizes)
    return (
        np.concatenate(crops),
        np.repeat(classes, sizes),
        np.asarray(weights / weights.mean(), np.float32),
    )


def validation_videos(labelled: Labelled) -> set[str]:
    """Choose the videos for early stopping; none if the others would lack a class."""
    try:
        folds = fold_of(labelled.golden, labelled.groups)
    except FoldError:
        return set()
    for fold in sorted(set(folds.values())):
        rest = {labelled.golden[video] for video in folds if folds[video] != fold}
        if rest == set(labelled.golden.values()):
            return {video for video in folds if folds[video] == fold}
    return set()


def out_of_fold(
    learner: Learner, labelled: Labelled, folds: Mapping[str, int]
) -> tuple[dict[str, Floats], list[dict[str, object]]]:
    """Predict each labelled video with what was learned from the other folds.

    Args:
        learner: the learner; ends up as trained for the last fold.
        labelled: the videos.
        folds: the fold by labelled video.

    Returns:
        The mean class probabilities over the crops, (3,), by video with crops; and rows of
        HISTORY. If the other folds have only one class, it is predicted with probability 1.
    """
    predicted: dict[str, Floats] = {}
    rows: list[dict[str, object]] = []
    for fold in sorted(set(folds.values())):
        others = labelled.part(video for video in folds if folds[video] != fold)
        known = others.with_crops()
        own = [video for video in folds if folds[video] == fold and len(labelled.places[video])]
        if not own:
            continue
        if len(set(known.golden.values())) < 2:
            labels = list(known.golden.values()) or list(others.golden.values())
            only = max(sorted(set(labels)), key=labels.count)
            always = np.asarray([label == only for label in CLASSES], np.float32)
            predicted |= dict.fromkeys(own, always)
            continue
        rows += learner.learn(known, str(fold))
        predicted |= _predicted(learner, labelled, own)
    return predicted, rows


def learn_from_all(
    learner: Learner, labelled: Labelled, dataset: str
) -> tuple[dict[str, Floats], list[dict[str, object]]]:
    """Learn from all labelled videos, and predict those without a label.

    Args:
        learner: the learner; ends up as trained on all.
        labelled: the videos.
        dataset: its name.

    Returns:
        The mean class probabilities over the crops, (3,), by unlabelled video with crops; and rows
        of HISTORY.

    Raises:
        FinetuningError: if faces were found only in videos of one class, or in none.
    """
    known = labelled.with_crops()
    found = sorted(set(known.golden.values()))
    if len(found) < 2:
        where = f"only in videos labelled {found[0]}" if found else "in no labelled video"
        raise FinetuningError(
            f"dataset {dataset}: nothing can be finetuned: faces were found {where}; "
            "use another detector or add videos"
        )
    rows = learner.learn(known, ALL)
    rest = [
        video
        for video, places in labelled.places.items()
        if video not in labelled.golden and len(places)
    ]
    return _predicted(learner, labelled, rest), rows


def _predicted(learner: Learner, labelled: Labelled, videos: Sequence[str]) -> dict[str, Floats]:
    """Return the mean class probabilities over the crops, (3,), by video; all have crops."""
    if not videos:
        return {}
    scores = learner.probabilities(np.concatenate([labelled.places[video] for video in videos]))
    ends = np.cumsum([len(labelled.places[video]) for video in videos])
    parts = np.split(scores, ends[:-1])
    return {video: part.mean(axis=0) for video, part in zip(videos, parts, strict=True)}


def prediction_table(
    predicted: Mapping[str, Floats], labelled: Labelled, folds: Mapping[str, int]
) -> pl.DataFrame:
    """Make the table of predictions, one row per video, sorted by filename.

    Returns:
        The columns of :data:`facetally.measure.out_of_fold.OUT_OF_FOLD`. ``predict`` is the class
        with the highest probability, ties going to Neutral; it and the probabilities are null for
        a video without a face, ``golden`` and ``fold`` for one without a label.
    """
    rows = [
        {
            "filename": video,
            "golden": labelled.golden.get(video),
            "group": labelled.groups[video],
            "fold": folds.get(video),
            **{
                name: round(float(score), DECIMALS)
                for name, score in zip(CLASS_SCORES, predicted.get(video, ()), strict=False)
            },
        }
        for video in sorted(labelled.places)
    ]
    return pl.DataFrame(rows, OUT_OF_FOLD).with_columns(predict=highest(CLASS_SCORES))

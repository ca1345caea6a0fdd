"""Finetuning on labelled videos: what is learned from which, and judged on which others.

Every video is predicted by a network that has seen none of its group: not in training, not to
stop training, not to standardise features.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from facetally.emotions import CLASS_SCORES, CLASSES
from facetally.errors import FinetuningError, FoldError
from facetally.learn.crop_files import VideoCrops
from facetally.measure.counts import highest
from facetally.measure.out_of_fold import OUT_OF_FOLD
from facetally.study.folds import fold_of

if TYPE_CHECKING:  # It imports TensorFlow.
    from facetally.learn.network import Network

DECIMALS: Final = 6
ALL: Final = "all"
"""What stands for a fold where the network that is kept is trained, on all labelled videos."""

HISTORY: Final = pl.Schema(
    {
        "fold": pl.String(),
        "stage": pl.String(),
        "epoch": pl.Int64(),
        "loss": pl.Float64(),
        "accuracy": pl.Float64(),
        "val_loss": pl.Float64(),
        "val_accuracy": pl.Float64(),
    }
)
Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
"""Which crops: indices into the array of all."""

Epoch = dict[str, float]
"""Keras' measures of one epoch: loss, accuracy, and val_loss and val_accuracy if there are."""


@dataclass(frozen=True)
class Labelled:
    """The labelled videos of a dataset.

    Attributes:
        golden: the golden label by video.
        groups: the group by video.
        places: of each video the places of its crops in the array of all; there may be none.
    """

    golden: Mapping[str, str]
    groups: Mapping[str, str]
    places: Mapping[str, Places]

    def part(self, videos: Iterable[str]) -> "Labelled":
        """Return some of the videos alone."""
        return Labelled({video: self.golden[video] for video in videos}, self.groups, self.places)

    def with_crops(self) -> "Labelled":
        """Return the videos that have a crop."""
        return self.part(video for video in self.golden if len(self.places[video]))


def labelled_crops(
    crops: Mapping[str, VideoCrops], golden: Mapping[str, str], groups: Mapping[str, str]
) -> tuple[npt.NDArray[np.uint8], Labelled]:
    """Put the crops of labelled videos into one array, uint8, (n, 64, 64), sorted by video."""
    places = {}
    end = 0
    for video in sorted(golden):
        start, end = end, end + len(crops[video].crops)
        places[video] = np.arange(start, end)
    pictures = np.concatenate([crops[video].crops for video in places])
    return pictures, Labelled(golden, groups, places)


def training_crops(labelled: Labelled) -> tuple[Places, Places, Floats]:
    """Return what a network is trained on.

    Returns:
        Crops, (n,); of each the place of its class in CLASSES; and its weight, 1 on average. All
        classes weigh the same, and in a class all videos, however many crops they have.
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


def train(
    network: "Network", labelled: Labelled, epochs: int, fold: str
) -> list[dict[str, object]]:
    """Train a network on all the crops of some videos.

    How many epochs is found first, on a part of the groups, by the loss on the others.

    Args:
        network: is left trained.
        labelled: the videos; they are of two classes at least, and have crops.
        epochs: at most.
        fold: what the history calls this.

    Returns:
        Rows of HISTORY: of the stages ``early_stopping`` (if groups and classes allow it) and
        ``final``.
    """
    rows: list[dict[str, object]] = []

    def record(stage: str, history: list[Epoch]) -> None:
        for number, epoch in enumerate(history, start=1):
            rows.append({"fold": fold, "stage": stage, "epoch": number, **epoch})

    held_out = validation_videos(labelled)
    if held_out:
        rest = labelled.part(video for video in labelled.golden if video not in held_out)
        validation = training_crops(labelled.part(held_out))
        history = network.fit(*training_crops(rest), epochs, validation)
        record("early_stopping", history)
        losses = [epoch["val_loss"] for epoch in history]
        epochs = losses.index(min(losses)) + 1
    record("final", network.fit(*training_crops(labelled), epochs))
    return rows


def validation_videos(labelled: Labelled) -> set[str]:
    """Choose groups by which to stop training; none if the others would lack a class."""
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
    network: "Network", labelled: Labelled, folds: Mapping[str, int], epochs: int
) -> tuple[dict[str, Floats], list[dict[str, object]]]:
    """Predict each video by a network that was trained on the other folds.

    Args:
        network: is left as trained for the last fold.
        labelled: the videos.
        folds: the fold by video.
        epochs: at most.

    Returns:
        The mean class probabilities over its crops, (3,), by video, of those with crops; and rows
        of HISTORY. Where the other folds have one class alone, it is predicted, with
        probability 1.
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
        rows += train(network, known, epochs, str(fold))
        scores = network.probabilities(np.concatenate([labelled.places[video] for video in own]))
        ends = np.cumsum([len(labelled.places[video]) for video in own])
        for video, part in zip(own, np.split(scores, ends[:-1]), strict=True):
            predicted[video] = part.mean(axis=0)
    return predicted, rows


def train_on_all(
    network: "Network", labelled: Labelled, epochs: int, dataset: str
) -> list[dict[str, object]]:
    """Train a network on all labelled videos.

    Returns:
        Rows of HISTORY.

    Raises:
        FinetuningError: if faces were found in videos of one class alone, or in none.
    """
    known = labelled.with_crops()
    found = sorted(set(known.golden.values()))
    if len(found) < 2:
        where = f"only in videos labelled {found[0]}" if found else "in no labelled video"
        raise FinetuningError(
            f"dataset {dataset}: nothing can be finetuned: faces were found {where}; "
            "use another detector or add videos"
        )
    return train(network, known, epochs, ALL)


def prediction_table(
    predicted: Mapping[str, Floats], labelled: Labelled, folds: Mapping[str, int]
) -> pl.DataFrame:
    """Make the table of out-of-fold predictions, one row a labelled video, sorted by filename.

    Returns:
        The columns of :data:`facetally.measure.out_of_fold.OUT_OF_FOLD`. ``predict`` is the class
        with the highest probability, a tie going to Neutral; it and the probabilities are null
        for a video without a face.
    """
    rows = [
        {
            "filename": video,
            "golden": golden,
            "group": labelled.groups[video],
            "fold": folds[video],
            **{
                name: round(float(score), DECIMALS)
                for name, score in zip(CLASS_SCORES, predicted.get(video, ()), strict=False)
            },
        }
        for video, golden in sorted(labelled.golden.items())
    ]
    return pl.DataFrame(rows, OUT_OF_FOLD).with_columns(predict=highest(CLASS_SCORES))

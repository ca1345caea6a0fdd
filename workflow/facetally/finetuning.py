"""What the workflow itself must know of finetuning: settings, and what can be learned from.

Only the standard library is imported: the workflow itself reads this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from facetally.errors import FinetuningError

MOST_CROPS: Final = 32
"""Crops a video at most: consecutive sampled frames show nearly the same face, and training
takes time and memory in proportion."""

FEATURE_BYTES: Final = (4 * 128, 4 * 8 * 8 * 64, 4 * 15 * 15 * 32)
"""Bytes of what the frozen part of the network makes of a crop, by the number of unfrozen blocks:
float32, the mean over 4 x 4 places of 128 channels, or the maps that an unfrozen block takes."""

CROP_BYTES: Final = 64 * 64


@dataclass(frozen=True)
class Finetuning:
    """How a network is finetuned.

    Attributes:
        unfreeze_blocks: the last blocks of fer's network that are trained with the new head.
        epochs: passes over the training crops at most; early stopping may choose fewer.
        seed: of everything random.
    """

    unfreeze_blocks: int = 0
    epochs: int = 30
    seed: int = 1


def memory_mb(videos: int, unfreeze_blocks: int) -> int:
    """Megabytes that crops and features of videos take, each crop also mirrored."""
    crop = CROP_BYTES + 2 * (FEATURE_BYTES[0] + FEATURE_BYTES[unfreeze_blocks])
    return round(videos * MOST_CROPS * crop / 1e6)


def check_can_learn(dataset: str, golden: Mapping[str, str], groups: Mapping[str, str]) -> None:
    """Refuse labels from which nothing can be learned and judged.

    Args:
        dataset: its name.
        golden: the golden label by video.
        groups: the group by labelled video.

    Raises:
        FinetuningError: if there is no label, one class or one group alone.
    """
    classes = sorted(set(golden.values()))
    if not classes:
        fault = "its label file labels no video; add labels"
    elif len(classes) < 2:
        fault = f"all its labels are {classes[0]}; add videos of another class"
    elif len({groups[video] for video in golden}) < 2:
        fault = (
            "its labelled videos are all of one group, so none can be held out; "
            "add the column group to its label file"
        )
    else:
        return
    raise FinetuningError(f"dataset {dataset}: nothing can be finetuned: {fault}")

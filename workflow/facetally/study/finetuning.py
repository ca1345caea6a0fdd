"""What the workflow itself must know about finetuning: its settings, and the memory it takes.

Imports only the standard library, because the workflow reads this when it is parsed.
"""

from dataclasses import dataclass
from typing import Final

MOST_CROPS: Final = 32
"""The most crops per video: consecutive sampled frames show nearly the same face, and training
takes time and memory in proportion to the crops."""

FEATURE_BYTES: Final = (4 * 128, 4 * 8 * 8 * 64, 4 * 15 * 15 * 32)
"""Bytes of the frozen part's output for a crop, by the number of unfrozen blocks: float32, the
mean over 4 x 4 positions of 128 channels, or the maps that an unfrozen block takes."""

CROP_BYTES: Final = 64 * 64
HEAD_BYTES: Final = 4 * 135
"""Bytes of the data for the linear head, per crop: 128 features and seven scores, float32."""

HEAD_COPIES: Final = 5
"""Copies of that data, while scikit-learn standardises a part and tries settings on part of it."""


@dataclass(frozen=True)
class Finetuning:
    """How a network is finetuned on the labels.

    Attributes:
        unfreeze_blocks: how many of the last blocks of fer's network are trained with the new
            head, by Keras; 0 fits a linear head on the network as it is.
        epochs: the most passes over the training crops; early stopping may choose fewer. The
            linear head does not use it.
        seed: the seed of everything random.
    """

    unfreeze_blocks: int = 0
    epochs: int = 30
    seed: int = 1


def memory_mb(videos: int, unfreeze_blocks: int) -> int:
    """Return the MB for the videos' crops and features; Keras also gets each crop mirrored."""
    crop = CROP_BYTES + HEAD_COPIES * HEAD_BYTES
    if unfreeze_blocks:
        crop += 2 * (FEATURE_BYTES[0] + FEATURE_BYTES[unfreeze_blocks])
    return round(videos * MOST_CROPS * crop / 1e6)

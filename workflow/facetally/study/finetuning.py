"""What the workflow itself must know of finetuning: settings, and what can be learned from.

Only the standard library is imported: the workflow itself reads this.
"""

from dataclasses import dataclass
from typing import Final

MOST_CROPS: Final = 32
"""Crops a video at most: consecutive sampled frames show nearly the same face, and training
takes time and memory in proportion."""

FEATURE_BYTES: Final = (4 * 128, 4 * 8 * 8 * 64, 4 * 15 * 15 * 32)
"""Bytes of what the frozen part of the network makes of a crop, by the number of unfrozen blocks:
float32, the mean over 4 x 4 places of 128 channels, or the maps that an unfrozen block takes."""

CROP_BYTES: Final = 64 * 64
HEAD_BYTES: Final = 4 * 135
"""Of what the linear head is fitted on: 128 features and seven scores, float32."""

HEAD_COPIES: Final = 5
"""Of that, while scikit-learn standardises a part and tries settings on a part of it."""


@dataclass(frozen=True)
class Finetuning:
    """How what the labels teach is learned.

    Attributes:
        unfreeze_blocks: the last blocks of fer's network that are trained with the new head, by
            Keras; 0 fits a linear head on the network as it is.
        epochs: passes over the training crops at most; early stopping may choose fewer. The
            linear head has none.
        seed: of everything random.
    """

    unfreeze_blocks: int = 0
    epochs: int = 30
    seed: int = 1


def memory_mb(videos: int, unfreeze_blocks: int) -> int:
    """Megabytes that crops and features of videos take; for Keras, each crop also mirrored."""
    crop = CROP_BYTES + HEAD_COPIES * HEAD_BYTES
    if unfreeze_blocks:
        crop += 2 * (FEATURE_BYTES[0] + FEATURE_BYTES[unfreeze_blocks])
    return round(videos * MOST_CROPS * crop / 1e6)

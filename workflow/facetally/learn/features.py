"""The features that fer's network computes from crops, and its scores of emotions."""

from typing import Final

import numpy as np
import numpy.typing as npt

from facetally.detect.crops import network_input
from facetally.detect.networks import Network
from facetally.video.ahead import map_ahead

BATCH: Final = 256
"""Crops per batch: more would be no faster and take more memory."""


def features_of(
    crops: npt.NDArray[np.uint8], network: Network, threads: int
) -> npt.NDArray[np.float32]:
    """Compute the features of crops on several threads.

    Args:
        crops: grey pictures as fer's network gets them, uint8, (n, 64, 64).
        network: ``features`` of :func:`facetally.detect.export.export_models`.
        threads: the number of batches to compute at a time.

    Returns:
        float32, (n, 135): 128 pooled features and the natural logarithms of the seven scores.
    """
    batches = [crops[start : start + BATCH] for start in range(0, len(crops), BATCH)]
    parts = map_ahead(lambda batch: network(network_input(list(batch)))[0], batches, threads)
    return np.concatenate([part for _, part in parts])

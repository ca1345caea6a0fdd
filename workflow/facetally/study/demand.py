"""What jobs request from a cluster, whose scheduler kills those that take more: time and memory.

Times are in minutes, memory is in MB.
"""

from pathlib import Path
from typing import Final

from facetally.study.finetuning import memory_mb
from facetally.study.steps import EverySeconds, Step

# Measured with the slowest of several clips, on one core: see docs/clusters.md.
FRAMES_PER_MB: Final = 350
FRAMES_PER_S: Final = 25
DECODE_S: Final = 0.0015
DETECT_S: Final = 0.23
SAFETY: Final = 4

TENSORFLOW_MB: Final = 3000
SCIKIT_LEARN_MB: Final = 700
"""Memory that TensorFlow, or scikit-learn with ONNX Runtime, takes before it sees a crop."""


def sampling_minutes(video: Path, attempt: int) -> int:
    """Return the minutes to request for sampling a video's frames, more with each attempt."""
    decoding = _megabytes(video) * FRAMES_PER_MB * DECODE_S
    return attempt * (1 + int(SAFETY * decoding / 60))


def detection_minutes(video: Path, step: Step, attempt: int) -> int:
    """Return the minutes to request on top of those for sampling: 0 for most short videos."""
    apart = step.seconds * FRAMES_PER_S if isinstance(step, EverySeconds) else step.number
    frames = _megabytes(video) * FRAMES_PER_MB / apart
    return attempt * round(SAFETY * frames * DETECT_S / 60)


def finetuning_mb(videos: int, unfreeze_blocks: int, attempt: int) -> int:
    """Return the memory in MB to request: the packages' own, and that for all crops."""
    packages = TENSORFLOW_MB if unfreeze_blocks else SCIKIT_LEARN_MB
    needed = packages + memory_mb(videos, unfreeze_blocks)
    return int(needed * 2 ** (attempt - 1))


def _megabytes(video: Path) -> float:
    """Return the size of a video in MB; 0 if it does not exist, or not yet."""
    try:
        return video.stat().st_size / 1e6
    except OSError:
        return 0

"""Which videos are shown to raters, and how: the settings of ``label`` in config.yaml.

Imports only the standard library, because the workflow uses this when it is parsed.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

ALL: Final = "all"
UNLABELLED: Final = "unlabelled"
NEEDED: Final = "needed"
"""Values in config.yaml: which videos are shown, and which get a preview."""


@dataclass(frozen=True)
class Labelling:
    """What raters are shown.

    Attributes:
        videos: ALL, or UNLABELLED for those without a label.
        sample: how many of them, at random; None for all.
        seed: the seed of the sample, and of the order in which each rater sees the videos.
        sound: whether raters hear the videos.
        previews: NEEDED, for videos that browsers cannot play, or ALL.
    """

    videos: str = ALL
    sample: int | None = None
    seed: int = 1
    sound: bool = True
    previews: str = NEEDED


def drawn(
    videos: Mapping[str, Sequence[str]], sample: int | None, seed: int
) -> dict[str, list[str]]:
    """Draw a random sample of videos, stratified by dataset.

    Args:
        videos: the names of the videos by dataset.
        sample: how many to draw; None, or more than there are, takes all.
        seed: with the same seed, the same videos are drawn.

    Returns:
        The names drawn by dataset, in their order. Each dataset has its share of the sample,
        rounded by the method of largest remainders.
    """
    total = sum(map(len, videos.values()))
    if sample is None or sample >= total:
        return {name: list(own) for name, own in videos.items()}
    shares = {name: Fraction(sample * len(own), total) for name, own in videos.items()}
    numbers = {name: int(share) for name, share in shares.items()}
    # Ties go to the first dataset, as sorting keeps the order of datasets.
    remainders = sorted(shares, key=lambda name: numbers[name] - shares[name])
    for name in remainders[: sample - sum(numbers.values())]:
        numbers[name] += 1
    chosen = {}
    for name, own in videos.items():
        picked = set(random.Random(f"{seed} {name}").sample(sorted(own), numbers[name]))  # noqa: S311
        chosen[name] = [video for video in own if video in picked]
    return chosen

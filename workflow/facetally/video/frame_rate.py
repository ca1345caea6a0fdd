"""Whether a video's frame rate varies, by the times of all its frames."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from statistics import median_low
from typing import Final

from facetally.video.display import TICK, Picture
from facetally.video.status import CONSTANT, VARIABLE

VARIES: Final = Fraction(11, 10)
"""Two times between frames differ if the longer is more than this many times the shorter."""

ROUNDED: Final = Fraction(1, 1000)
"""In seconds: they do not differ if they are no further apart than this, since Matroska and FLV
round times to milliseconds, and other containers keep what has been rounded once."""

FEW: Final = Fraction(1, 20)
"""Up to this part of the frames, and of the time, may differ from the rest: frames are lost."""


@dataclass
class FrameTimes:
    """The time stamps of the frames that decoding a whole video gives, sampled or not.

    Attributes:
        stamps: those that are there and increase, in ticks.
        tick: in seconds.
    """

    stamps: list[int] = field(default_factory=list)
    tick: Fraction = TICK

    def seen(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """Yield pictures, from the first of a video on, and keep their time stamps."""
        self.stamps.clear()
        for picture in pictures:
            self.tick = picture.time_base
            if picture.pts is not None and (not self.stamps or picture.pts > self.stamps[-1]):
                self.stamps.append(picture.pts)
            yield picture


def frame_rate(times: FrameTimes) -> str:
    """Return whether a frame rate is ``constant`` or ``variable``.

    It is constant if the times lie on a line to within a tick, as those do that a container has
    rounded, or if nearly all frames last equally long.

    Args:
        times: of all frames.
    """
    stamps = times.stamps
    if len(stamps) < 3 or _on_a_line(stamps):
        return CONSTANT
    lasts = [after - before for before, after in pairwise(stamps)]
    usual = median_low(lasts)
    rounded = ROUNDED / times.tick
    differ = [
        each
        for each in lasts
        if max(each, usual) > VARIES * min(each, usual) and abs(each - usual) > rounded
    ]
    few = len(differ) <= FEW * len(lasts) and sum(differ) <= FEW * sum(lasts)
    return CONSTANT if few else VARIABLE


def _on_a_line(stamps: Sequence[int]) -> bool:
    """Return whether stamps differ by at most a tick from those of frames that last equally."""
    steps, lasted = len(stamps) - 1, stamps[-1] - stamps[0]
    return all(
        abs((stamp - stamps[0]) * steps - number * lasted) <= steps
        for number, stamp in enumerate(stamps)
    )

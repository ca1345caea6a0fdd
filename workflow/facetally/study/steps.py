"""Which pictures of a video are sampled: by index or by time."""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import ClassVar

Times = tuple[Fraction | None, Fraction, Fraction | None]
"""When the picture before one, that one, and the picture after it are shown, in seconds from the
first picture of the video; None for a picture that does not exist."""


@dataclass(frozen=True)
class EveryNthFrame:
    """Pictures 0, n, 2n, ... of the decoded stream."""

    number: int
    needs_times: ClassVar = False

    def picks(self, index: int, times: Times) -> bool:  # noqa: ARG002
        """Return whether the picture with this index and these times is sampled."""
        return index % self.number == 0

    def __str__(self) -> str:
        """Return the option for the command that samples frames."""
        return f"every-nth-frame={self.number}"


@dataclass(frozen=True)
class EverySeconds:
    """The pictures nearest to 0, s, 2s, ... seconds, each once."""

    seconds: Fraction
    needs_times: ClassVar = True
    number: ClassVar = 1

    def picks(self, index: int, times: Times) -> bool:  # noqa: ARG002
        """Return whether the picture with this index and these times is sampled."""
        before, time, after = times
        if before is None:
            return True
        # The last picture lasts as long as the one before it.
        end = time + (time - before) / 2 if after is None else (time + after) / 2
        return ceil((before + time) / 2 / self.seconds) * self.seconds < end

    def __str__(self) -> str:
        """Return the option for the command that samples frames."""
        return f"every-seconds={self.seconds}"


@dataclass(frozen=True)
class AtIndices:
    """The pictures with certain indices."""

    indices: Collection[int]
    needs_times: ClassVar = True
    number: ClassVar = 1

    def picks(self, index: int, times: Times) -> bool:  # noqa: ARG002
        """Return whether the picture with this index and these times is sampled."""
        return index in self.indices


Step = EveryNthFrame | EverySeconds | AtIndices
"""Each has ``needs_times``, whether the times of pictures that are not sampled matter too, and
``number``, how many pictures it is from one sampled picture to the next, or 1 if times decide."""

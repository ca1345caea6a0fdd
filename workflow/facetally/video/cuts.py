"""Finds cuts between the sampled frames of a video.

Sampled frames are tenths of a second apart, or even seconds. In that time a head turns and a
camera pans, so measures made for successive pictures find many false cuts (docs/people.md compares
them). Two things help: before two pictures are compared, the first may be moved by up to an eighth
of its width and a ninth of its height; and their difference has to stand out from those around it.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from facetally.video.frames import Frame
from facetally.video.status import TIME_DECIMALS, Shot

Small = npt.NDArray[np.int16]
"""A picture of ROWS x COLUMNS cells: Y, Cb and Cr from 0 to 255, int16, (rows, columns, 3)."""

ROWS: Final = 18
COLUMNS: Final = 32
SAMPLES: Final = 4
"""Pixels that are sampled along each side of a cell."""

DOWN: Final = 2
ACROSS: Final = 4
"""Cells by which a picture may have moved, in either direction."""

TO_YCBCR: Final = np.array(
    [[0.114, 0.587, 0.299], [0.5, -0.331264, -0.168736], [-0.081312, -0.418688, 0.5]]
)
"""The matrix from blue, green and red: ITU-R BT.601, as in JFIF, without the offset of 128."""

NEIGHBOURS: Final = 2
"""How many differences, both before and after one, determine what is usual there."""

RATIO: Final = 2.5
"""At a cut, the difference is at least this many times the usual one."""

STILL: Final = 4.0
"""The minimum for the usual difference: in a still picture, any difference would stand out."""

LIVELY: Final = 8.0
"""The usual difference if there are no neighbours: for single speakers, one difference in a
hundred is larger."""

BACK: Final = 0.5
"""A picture has come back, as after a flash, if its difference from the picture before the change
is less than this fraction of the change."""


def reduced(bgr: npt.NDArray[np.uint8]) -> Small:
    """Reduce a picture to a few cells.

    Args:
        bgr: the picture, uint8, (height, width, 3), blue first.
    """
    height, width = bgr.shape[:2]
    rows, columns = (
        (np.arange(cells * SAMPLES) * 2 + 1) * size // (2 * cells * SAMPLES)
        for cells, size in ((ROWS, height), (COLUMNS, width))
    )
    # Taking one axis at a time is several times as fast as both at once.
    pixels = bgr.take(rows, axis=0).take(columns, axis=1)
    summed = pixels.reshape(ROWS, SAMPLES, -1).sum(axis=1, dtype=np.uint16)
    summed = summed.reshape(ROWS, COLUMNS, SAMPLES, 3).sum(axis=2, dtype=np.uint16)
    cells: npt.NDArray[np.float64] = summed @ TO_YCBCR.T / SAMPLES**2
    return np.rint(cells).astype(np.int16)


def difference(before: Small, after: Small) -> float:
    """Return how much two pictures differ, after moving the first so that they differ least.

    This is the mean absolute difference over cells and channels. The cells at the edges of the
    second picture are ignored, because the first, once moved, may not cover them.
    """
    inner = after[DOWN : ROWS - DOWN, ACROSS : COLUMNS - ACROSS]
    moved = np.lib.stride_tricks.sliding_window_view(before, inner.shape)
    apart = np.abs(moved - inner).reshape(-1, inner.size).sum(axis=1, dtype=np.int32)
    return float(apart.min() / inner.size)


class Shots:
    """Finds the shots of a video while its sampled frames pass through."""

    def __init__(self) -> None:
        self._frames: list[tuple[int, float]] = []
        self._last: list[Small] = []
        # From each frame to the next, and across the frame between: 0 where that is not needed.
        self._differences: list[float] = []
        self._over: list[float] = []

    def see(self, frame: Frame) -> None:
        """Take the next sampled frame."""
        small = reduced(frame.bgr)
        self._frames.append((frame.index, frame.time))
        if self._last:
            self._differences.append(difference(self._last[-1], small))
            large = len(self._last) > 1 and min(self._differences[-2:]) >= RATIO * STILL
            self._over.append(difference(self._last[0], small) if large else 0)
        self._last = [*self._last[-1:], small]

    def cuts(self) -> list[int]:
        """Return which sampled frames, counted from 0, are the first after a cut.

        A cut is where two successive frames differ by at least RATIO times the median of up to
        NEIGHBOURS differences before and as many after, and by at least RATIO times STILL. If the
        picture has come back in the next frame, as after a flash, there is no cut; so a shot with
        one sampled frame between two of the same picture goes unnoticed. Comparing a difference
        with its neighbours follows PySceneDetect's AdaptiveDetector, which takes their mean; the
        median also works if another cut is near. The numbers were chosen on assembled shots of
        five speakers, sampled every 0.3 to 0.8 s.
        """
        found = []
        large = self._differences
        for number, own in enumerate(large):
            around = large[max(0, number - NEIGHBOURS) : number]
            around += large[number + 1 : number + 1 + NEIGHBOURS]
            usual = float(np.median(around)) if around else LIVELY
            if own >= RATIO * max(usual, STILL) and not (
                self._is_back(number) or self._is_back(number + 1)
            ):
                found.append(number + 1)
        return found

    def _is_back(self, number: int) -> bool:
        """Return whether a difference leads back to the picture of two frames earlier."""
        if not 0 < number < len(self._differences):
            return False
        smaller = min(self._differences[number - 1 : number + 1])
        return smaller >= RATIO * STILL and self._over[number] < BACK * smaller

    def found(self) -> list[Shot]:
        """Return the shots of the frames seen, in order; none without frames."""
        if not self._frames:
            return []
        starts = [0, *self.cuts()]
        ends = [*starts[1:], len(self._frames)]
        times = [round(time, TIME_DECIMALS) for _, time in self._frames]
        # The last frame is taken to last as long as the one before it.
        times.append(round(2 * times[-1] - times[-2], TIME_DECIMALS) if times[1:] else times[0])
        return [
            Shot(self._frames[start][0], times[start], times[end], end - start)
            for start, end in zip(starts, ends, strict=True)
        ]

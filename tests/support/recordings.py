"""Recordings assembled from clips of one person each, as sampled frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import Frame, sample_frames

RATE = 30
STEP = 10
WIDTH, HEIGHT = 640, 360


@dataclass(frozen=True)
class Recording:
    """Sampled frames, and who is where in them.

    Attributes:
        frames: one in STEP, at RATE frames per second.
        starts: indices of the first frames of shots.
        people: who is in each frame, from left to right, with equal widths.
    """

    frames: list[Frame]
    starts: list[int]
    people: list[list[str]]

    def person(self, number: int, x: float) -> str:
        """Return who is at a position in a frame, in pixels from the left."""
        people = self.people[number]
        return people[min(len(people) - 1, int(max(0, x) * len(people) / WIDTH))]


def sampled(clip: Path) -> list[Frame]:
    """The sampled frames of a clip."""
    return list(sample_frames(clip, EveryNthFrame(STEP)))


def recording(
    clips: Mapping[str, Sequence[Frame]], shots: Sequence[tuple[str, float]], seed: int = 1
) -> Recording:
    """Assemble shots.

    Args:
        clips: sampled frames of each person.
        shots: the person, or two joined by ``+`` side by side, and seconds.
        seed: the seed for where shots begin in the clips; they run forwards and backwards, so that
            nothing jumps.
    """
    rng = np.random.default_rng(seed)
    made = Recording([], [], [])
    for people, seconds in shots:
        made.starts.append(len(made.frames) * STEP)
        names = people.split("+")
        starts = rng.integers(0, 1000, len(names))
        for number in range(round(seconds * RATE / STEP)):
            parts = [
                _fitted([*clips[name], *clips[name][-2:0:-1]], start + number, WIDTH // len(names))
                for name, start in zip(names, starts, strict=True)
            ]
            index = len(made.frames) * STEP
            frame = np.ascontiguousarray(np.hstack(parts))
            made.frames.append(Frame(index, index, Fraction(1, RATE), frame))
            made.people.append(names)
    return made


def _fitted(clip: Sequence[Frame], number: int, width: int) -> np.ndarray:
    """Return a clip's picture with a recording's height, cropped or with grey at its sides."""
    picture = clip[number % len(clip)].bgr
    scaled = cv2.resize(picture, (picture.shape[1] * HEIGHT // picture.shape[0], HEIGHT))
    missing = max(0, width - scaled.shape[1])
    left = max(0, scaled.shape[1] - width) // 2
    sides = ((0, 0), (missing // 2, missing - missing // 2), (0, 0))
    return np.pad(scaled[:, left : left + width], sides, constant_values=90)

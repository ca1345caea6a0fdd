"""A labelled set of public faces: the label is what is recognized when a face is clear.

The faces are scikit-image's lfw_subset (25 x 25 px, from Labeled Faces in the Wild), the portraits
those of the demo. They have no golden labels; the paper's method labels the clear, large face, and
that is the golden label of the same face when it is small, blurred, dark, turned or noisy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from facetally.study.demo import paste, picture
from support.clips import write_clip

FACES = 30
PORTRAITS = {"astronaut": 0.55, "hopper": 0.42}
"""Magnification that puts the portraits into a small frame."""

HEIGHT, WIDTH = 240, 320
FRAMES = 6


@dataclass(frozen=True)
class Faults:
    """How faces are degraded, each randomly within a range and differently in each frame.

    Attributes:
        size: the face's size as a fraction of the clear one's.
        turned: maximum degrees to either side.
        blur: standard deviation in pixels.
        light: factor for all pixels.
        noise: maximum standard deviation of pixels.
    """

    size: tuple[float, float]
    turned: float
    blur: tuple[float, float]
    light: tuple[float, float]
    noise: float


MUCH = Faults((0.3, 0.9), 15, (0.3, 2.0), (0.4, 1.1), 12)


def write_clear(folder: Path) -> None:
    """Write a clip of each face, unchanged and large."""
    for name, image, scale in faces():
        write_clip(folder / f"{name}_clear.mp4", [shown(image, scale)] * FRAMES)


def write_degraded(folder: Path, clips: int, seed: int = 0) -> None:
    """Write clips of each face, randomly small, blurred, dark, turned and noisy."""
    rng = np.random.default_rng(seed)
    for name, image, scale in faces():
        for clip in range(clips):
            frames = [degraded(image, scale, MUCH, rng) for _ in range(FRAMES)]
            write_clip(folder / f"{name}_{clip}.mp4", frames)


def faces(number_of_faces: int = FACES) -> Iterator[tuple[str, npt.NDArray[np.uint8], float]]:
    """Yield each face's name (without underscore), picture, and magnification to make it large."""
    for number in range(number_of_faces):
        yield f"lfw{number}", picture(f"lfw{number}"), 6.0
    for name, scale in PORTRAITS.items():
        yield name, picture(name), scale


def shown(image: npt.NDArray[np.uint8], scale: float, turned: float = 0) -> npt.NDArray[np.uint8]:
    """Draw a picture into the middle of a frame, turned by degrees."""
    height, width = image.shape[:2]
    affine = cv2.getRotationMatrix2D((width / 2, height / 2), turned, scale)
    affine[:, 2] += WIDTH / 2 - width / 2, HEIGHT / 2 - height / 2
    frame = np.full((HEIGHT, WIDTH, 3), (96, 88, 80), np.uint8)
    paste(frame, image, affine, scale)
    return frame


def degraded(
    image: npt.NDArray[np.uint8], scale: float, faults: Faults, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Draw a picture with random faults."""
    size = scale * rng.uniform(*faults.size)
    frame = shown(image, size, rng.uniform(-faults.turned, faults.turned)).astype(np.float64)
    frame = cv2.GaussianBlur(frame, (0, 0), rng.uniform(*faults.blur))
    frame *= rng.uniform(*faults.light)
    noise = rng.normal(0, rng.uniform(0, faults.noise), frame.shape)
    return np.clip(frame + noise, 0, 255).astype(np.uint8)

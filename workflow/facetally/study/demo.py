"""Renders the demo's clips from portraits inside installed packages."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import av
import cv2
import matplotlib
import numpy as np
import numpy.typing as npt
from skimage import data

from facetally.files import atomic_path, file_digest, write_text
from facetally.study.storyboard import CLIPS, RENDERED, Clip, Move

WIDTH: Final = 640
HEIGHT: Final = 360
FRAME_RATE: Final = 25
FRAMES: Final = 125
BACKGROUND: Final = (96, 88, 80)
"""Blue, green, red: a dull blue-grey, like the wall behind a speaker."""


def render_demo(folder: Path) -> None:
    """Render every clip as H.264 and record the files' checksums.

    The same package versions give the same bytes.

    Args:
        folder: the folder to which the storyboard's paths are relative.
    """
    for clip in CLIPS:
        path = folder / clip.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as partial:
            encode(partial, render(clip))
    checksums = {str(clip.path): file_digest(folder / clip.path) for clip in CLIPS}
    write_text(folder / RENDERED, json.dumps(checksums, indent=1) + "\n")


def render(clip: Clip) -> Iterator[npt.NDArray[np.uint8]]:
    """Draw a clip frame by frame: uint8, (HEIGHT, WIDTH, 3), blue first."""
    for number in range(FRAMES):
        frame = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
        for move in clip.moves:
            draw(frame, move, number / (FRAMES - 1))
        yield frame


def draw(frame: npt.NDArray[np.uint8], move: Move, progress: float) -> None:
    """Draw a picture onto a frame at its place at a moment between 0 (start) and 1 (end)."""
    image: npt.NDArray[np.integer | np.floating] = picture(move.picture)
    scale = np.interp(progress, (0, 1), move.scale)
    centre = [np.interp(progress, (0, 1), ends) for ends in zip(move.start, move.end, strict=True)]
    height, width = image.shape[:2]
    affine = np.array(
        [
            [scale, 0, centre[0] * WIDTH - scale * (width - 1) / 2],
            [0, scale, centre[1] * HEIGHT - scale * (height - 1) / 2],
        ]
    )
    paste(frame, image, affine, scale)


def paste(
    frame: npt.NDArray[np.uint8],
    image: npt.NDArray[np.integer | np.floating],
    affine: npt.NDArray[np.floating],
    scale: float,
) -> None:
    """Draw a picture onto a frame, which stays unchanged outside the picture.

    Args:
        frame: uint8, (height, width, 3), blue first.
        image: the picture, in the same format, of any size.
        affine: the transformation from the picture's pixels to the frame's, (2, 3).
        scale: the magnification in ``affine``.
    """
    if scale < 1:
        # Shrinking samples the picture sparsely: smooth it first to avoid aliasing.
        image = cv2.GaussianBlur(image, (0, 0), 0.5 / scale)
    cv2.warpAffine(
        image,
        affine,
        frame.shape[1::-1],
        dst=frame,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_TRANSPARENT,
    )


@cache
def picture(name: str) -> npt.NDArray[np.uint8]:
    """Load a picture of the storyboard: uint8, (height, width, 3), blue first."""
    if name == "hopper":
        path = Path(matplotlib.get_data_path(), "sample_data", "grace_hopper.jpg")
        return np.asarray(cv2.imread(str(path)), np.uint8)
    if name.startswith("lfw"):
        face = (data.lfw_subset()[int(name.removeprefix("lfw"))] * 255).astype(np.uint8)
        return np.repeat(face[:, :, np.newaxis], 3, axis=2)
    pictures = {"astronaut": data.astronaut, "coffee": data.coffee}
    return np.ascontiguousarray(pictures[name]()[:, :, ::-1])


def encode(path: Path, frames: Iterator[npt.NDArray[np.uint8]]) -> None:
    """Write frames as H.264 with one thread, which makes the bytes reproducible."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAME_RATE, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="bgr24")
            # If the encoder converts the pictures itself, their bytes occasionally differ.
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode(None))

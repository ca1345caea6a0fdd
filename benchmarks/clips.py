"""Clips for the benchmark, rendered from the demo's portraits.

.venv/bin/python benchmarks/clips.py LONG.mp4 FRAMES SHORT_FOLDER CLIPS LENGTHS_FOLDER
"""

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import av
import cv2
import numpy as np
from facetally.study.demo import picture

RATE = 25
SCENE_FRAMES = 500
MINUTES = (1, 5, 20)
GRAIN = 1.5
"""Standard deviation of the sensor noise, in 8-bit levels."""


def render(path: Path, width: int, height: int, frames: int, seed: int = 0) -> Path:
    """Render a clip with x264's defaults: two people in front of a blurred background.

    Longer clips repeat a scene of SCENE_FRAMES, encoded once.

    Args:
        path: the file, .mp4.
        width: in pixels.
        height: in pixels.
        frames: the number of frames.
        seed: varies where the people are and how they move.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    scene = path.with_name(f".{path.name}")
    length = min(frames, SCENE_FRAMES)
    with av.open(str(scene), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in draw(width, height, length, seed):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode(None))
    partial = scene.with_suffix(".partial.mp4")
    with av.open(str(partial), "w") as container:
        stream = None
        for repetition in range(frames // length):
            with av.open(str(scene)) as source:
                if stream is None:
                    stream = container.add_stream_from_template(source.streams.video[0])
                for packet in source.demux(video=0):
                    if packet.dts is not None:
                        shift = int(Fraction(repetition * length, RATE) / packet.time_base)
                        packet.pts += shift
                        packet.dts += shift
                        packet.stream = stream
                        container.mux(packet)
    scene.unlink()
    return partial.rename(path)


def draw(width: int, height: int, frames: int, seed: int) -> Iterator[np.ndarray]:
    """Draw the scene frame by frame: uint8, (height, width, 3), blue first."""
    rng = np.random.default_rng(seed)
    margin = height // 6
    background = cv2.resize(picture("coffee"), (width + 2 * margin, height + 2 * margin))
    background = cv2.GaussianBlur(background, (0, 0), height / 60)
    grain = rng.normal(0, GRAIN, (8, height, width, 1)).astype(np.float32)
    phase = rng.uniform(0, 2 * np.pi, 3)
    left = rng.uniform(0.28, 0.4)
    for number in range(frames):
        turn = number / frames * 2 * np.pi
        x, y = (int(margin * (1 + 0.5 * np.sin(turn + phase[axis]))) for axis in (0, 1))
        frame = background[y : y + height, x : x + width].copy()
        scale = height / 720 * (1 + 0.1 * np.sin(turn + phase[2]))
        _put(frame, "astronaut", scale, left + 0.05 * np.sin(turn), 0.6)
        _put(frame, "hopper", 0.6 * height / 720, 0.75, 0.6 + 0.05 * np.cos(2 * turn))
        yield np.clip(frame + grain[rng.integers(8)], 0, 255).astype(np.uint8)


def _put(frame: np.ndarray, name: str, scale: float, x: float, y: float) -> None:
    image = picture(name)
    height, width = frame.shape[:2]
    shift = x * width - scale * image.shape[1] / 2, y * height - scale * image.shape[0] / 2
    affine = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    if scale < 1:
        image = cv2.GaussianBlur(image, (0, 0), 0.5 / scale)
    cv2.warpAffine(image, affine, (width, height), dst=frame, borderMode=cv2.BORDER_TRANSPARENT)


def main() -> None:
    """Render a long 720p clip, a folder of short ones, and a folder of three lengths."""
    long, frames, short, clips, lengths = sys.argv[1:]
    render(Path(long), 1280, 720, int(frames))
    for number in range(int(clips)):
        render(Path(short, f"clip_{number:03}.mp4"), 640, 360, 10 * RATE, seed=number)
    for minutes in MINUTES:
        render(Path(lengths, f"minutes_{minutes}.mp4"), 640, 360, minutes * 60 * RATE)


if __name__ == "__main__":
    main()

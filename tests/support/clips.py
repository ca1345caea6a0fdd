"""Clips to analyse, encoded on the spot."""

import random
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from av.video.reformatter import Colorspace


def write_clip(
    path: Path,
    frames: Iterable[np.ndarray],
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    colorspace: Colorspace | None = None,
    times: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    rate: Fraction = Fraction(25),
) -> Path:
    """Encode BGR frames at a constant rate, or at ``times`` in hundredths of a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_base = Fraction(1, 100) if times else 1 / rate
    # Otherwise Matroska has random identifiers of different lengths.
    kept = {"fflags": "+bitexact"} | dict(container_options or {})
    with av.open(str(path), "w", options=kept) as container:
        stream = container.add_stream(codec, rate=rate, options=dict(options or {}))
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = time_base
        if colorspace is not None:
            stream.codec_context.colorspace = colorspace.value
        for number, frame in enumerate(frames):
            if number == 0:
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = pix_fmt
            # If the encoder converts pictures itself, their bytes sometimes differ.
            picture = av.VideoFrame.from_ndarray(frame, format="bgr24").reformat(format=pix_fmt)
            picture.pts, picture.time_base = times[number] if times else number, time_base
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def remuxed(video: Path, *options: str, name: str = "") -> Path:
    """Change what the container says of a video; ``|`` splits ffmpeg's input and output options."""
    path = video.with_name(name or f"remuxed{video.suffix}")
    before, after = options[: options.index("|")], options[options.index("|") + 1 :]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *before, "-i", video]
    subprocess.run([*command, "-c", "copy", *after, path], check=True)
    return path


def noise(frames: int, height: int = 120, width: int = 160, seed: int = 1) -> list[np.ndarray]:
    """Moving coloured blocks: every frame differs, and chroma has edges."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    image = blocks.repeat(8, axis=0).repeat(8, axis=1)
    return [
        np.ascontiguousarray(np.roll(image, (3 * n, 5 * n), axis=(0, 1))[:height, :width])
        for n in range(frames)
    ]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Cut a file short, or overwrite some of its bytes."""
    if rng.random() < 1 / 3:
        return content[: rng.randrange(len(content))]
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 10))):
        start = rng.randrange(48, len(changed))
        length = min(rng.choice((1, 4, 40, 400)), len(changed) - start)
        changed[start : start + length] = rng.randbytes(length)
    return bytes(changed)

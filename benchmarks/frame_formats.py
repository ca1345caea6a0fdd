"""The cost of keeping a sampled frame in each lossless format, compared with decoding it again.

    .venv/bin/python benchmarks/frame_formats.py [--every N] VIDEO

Each format is written and read back from the same frames in one process with one thread, including
conversion from and to BGR, and checked to be exact.
"""

import argparse
import io
import sys
import time
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from facetally.study.steps import EveryNthFrame
from facetally.video.frames import sample_frames

FORMATS = {
    "UT Video": ("utvideo", "gbrp", {}),
    "UT Video, median": ("utvideo", "gbrp", {"pred": "median"}),
    "MagicYUV": ("magicyuv", "gbrp", {}),
    "FFV1": ("ffv1", "bgr0", {}),
    "H.264, lossless": ("libx264rgb", "bgr24", {"qp": "0", "preset": "ultrafast", "g": "1"}),
    "PNG": ("png", "rgb24", {}),
}
"""FFmpeg's encoder, pixel format and options."""


def write(frames: list[np.ndarray], codec: str, pix_fmt: str, options: dict[str, str]) -> bytes:
    """Encode BGR frames as NUT."""
    file, reformatter = io.BytesIO(), VideoReformatter()
    with av.open(file, "w", format="nut") as container:
        stream = container.add_stream(codec, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.thread_count = 1
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="bgr24")
            container.mux(stream.encode(reformatter.reformat(picture, format=pix_fmt)))
        container.mux(stream.encode(None))
    return file.getvalue()


def read(content: bytes) -> list[np.ndarray]:
    """Decode the output of :func:`write`."""
    reformatter = VideoReformatter()
    with av.open(io.BytesIO(content)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        return [
            reformatter.reformat(picture, format="bgr24").to_ndarray()
            for picture in container.decode(video=0)
        ]


def main() -> None:
    """Print one row per format, with times in milliseconds of CPU per frame."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument("--every", type=int, default=20, metavar="N", help="take each Nth frame")
    options = parser.parse_args()
    start = time.process_time()
    frames = [frame.bgr for frame in sample_frames(options.video, EveryNthFrame(options.every))]
    decode = (time.process_time() - start) / len(frames)
    height, width = frames[0].shape[:2]
    print(
        f"{options.video.name}: {len(frames)} frames of {width} x {height}, 1 in {options.every}"
    )
    print("| Format | Write, ms | Read, ms | Both, of decoding again | kB |")
    print("|---|---:|---:|---:|---:|")
    print(f"| decode again | | {decode * 1e3:.1f} | 1.00 | |")
    for name, arguments in FORMATS.items():
        start = time.process_time()
        content = write(frames, *arguments)
        middle = time.process_time()
        back = read(content)
        end = time.process_time()
        if not all(np.array_equal(*pair) for pair in zip(frames, back, strict=True)):
            sys.exit(f"{name} is not exact")
        costs = [(middle - start) / len(frames), (end - middle) / len(frames)]
        print(
            f"| {name} | {costs[0] * 1e3:.1f} | {costs[1] * 1e3:.1f} | {sum(costs) / decode:.2f} "
            f"| {len(content) / len(frames) / 1e3:.0f} |"
        )


if __name__ == "__main__":
    main()

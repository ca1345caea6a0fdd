"""Video files in, sampled frames out: one pass, no seeking, exact pixels, true times.

The sampled frames of a video are kept in one lossless file: UT Video in NUT. FFmpeg has both
built in. NUT keeps any time base, and UT Video is several times faster to write and read than
lossless H.264, FFV1 or PNG. Pixels are kept as they go into the detectors, so that no pixel
format, colour tag or rotation has to survive a second conversion.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

from facetally.errors import VideoError
from facetally.study.steps import Step
from facetally.video.decode import MAX_FRAME_PIXELS, Losses, sampled_pictures, stamped
from facetally.video.display import Display, Picture
from facetally.video.frame_rate import FrameTimes
from facetally.video.status import Treatment

log = logging.getLogger(__name__)

CODEC: Final = "utvideo"
CODEC_OF_OTHER_SIZES: Final = "png"
"""The codecs of frames with the first one's size, and of others: a PNG stream has the size in each
picture."""

PIXELS: Final = {CODEC: "gbrp", CODEC_OF_OTHER_SIZES: "rgb24"}
"""The pixel formats of the codecs."""


@dataclass(frozen=True)
class Frame:
    """One sampled frame.

    Attributes:
        index: position in the decoded stream, from 0.
        pts: time stamp, in units of ``time_base``; 0 is the first frame of the video.
        time_base: seconds per tick of ``pts``.
        bgr: pixels in OpenCV's format, uint8, (height, width, 3), blue first; square, upright.
    """

    index: int
    pts: int
    time_base: Fraction
    bgr: npt.NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.bgr.shape[:2]
        return width, height

    @property
    def time(self) -> float:
        """Seconds from the first frame of the video."""
        return float(self.pts * self.time_base)


def sample_frames(
    video: Path,
    step: Step,
    threads: int = 1,
    losses: Losses | None = None,
    max_frame_pixels: int = MAX_FRAME_PIXELS,
    treatment: Treatment | None = None,
    times: FrameTimes | None = None,
) -> Iterator[Frame]:
    """Decode a video once and yield the sampled frames, as a player shows them.

    For what is done to pixels, see :class:`facetally.video.display.Display`. Packets that cannot
    be decoded are skipped, and pictures that no sampled one needs are not decoded, see
    :mod:`facetally.video.decode`. A time stamp that is missing or does not increase is replaced,
    and logged: by the previous sampled frame's, plus the duration of the frames in between at the
    stream's average frame rate.

    Args:
        video: the file.
        step: which frames are sampled.
        threads: threads of the decoder.
        losses: records what was lost.
        max_frame_pixels: width times height of the largest pictures to decode.
        treatment: records what was done.
        times: records when all frames are shown, sampled or not.

    Raises:
        VideoError: if the file cannot be opened, or has no video stream, pictures that are too
            large, or none that can be decoded.
    """
    treatment = treatment or Treatment()
    display = Display(treatment)
    with readable(video):
        pictures = sampled_pictures(
            video, step, threads, losses, max_frame_pixels, treatment, times
        )
        for picture in stamped(video, pictures, step.number):
            yield to_frame(picture, display)


@contextmanager
def readable(video: Path) -> Iterator[None]:
    """Turn FFmpeg's errors into a VideoError that names the file."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise VideoError(
            f"{video}: cannot be read as a video ({error.strerror}); remove or replace it"
        ) from error


def to_frame(picture: Picture, display: Display) -> Frame:
    """Convert a sampled picture, which has a time stamp, as in :func:`sample_frames`."""
    return Frame(
        index=picture.index,
        pts=(picture.pts or 0) - picture.start,
        time_base=picture.time_base,
        bgr=display.bgr(picture),
    )


def write_frames(path: Path, index: Path, frames: Iterable[Frame]) -> int:
    """Write sampled frames to one lossless video file, and their indices to a file beside it.

    Args:
        path: the file of frames, with the suffix .nut.
        index: the file of their indices, JSON, which also says whether they differ in size.
        frames: the frames, all with the same time base.

    Returns:
        The number of frames written.
    """
    converter = VideoReformatter()
    indices: list[int] = []
    encoders: dict[tuple[int, int], av.VideoCodecContext] = {}
    # Packets are written as they come; otherwise one stream's would wait for the other's.
    with av.open(
        str(path), "w", format="nut", container_options={"max_interleave_delta": "1"}
    ) as container:
        for frame in frames:
            encoder = encoders.get(frame.size)
            if not encoders:
                first, other = (
                    _add_stream(container, codec, frame.size, frame.time_base)
                    for codec in (CODEC, CODEC_OF_OTHER_SIZES)
                )
                encoder = first.codec_context
            elif encoder is None:
                encoder = av.VideoCodecContext.create(CODEC_OF_OTHER_SIZES, "w")
                _set_up(encoder, frame.size, frame.time_base)
            encoders[frame.size] = encoder
            picture = converter.reformat(
                av.VideoFrame.from_ndarray(frame.bgr, format="bgr24"), format=encoder.pix_fmt
            )
            picture.pts, picture.time_base = frame.pts, frame.time_base
            for packet in encoder.encode(picture):
                packet.stream = first if encoder is first.codec_context else other
                container.mux(packet)
            indices.append(frame.index)
        for encoder in encoders.values():
            encoder.encode(None)
    kept = {"indices": indices, "several_sizes": len(encoders) > 1}
    index.write_text(json.dumps(kept) + "\n", encoding="utf-8")
    return len(indices)


def _add_stream(
    container: av.container.OutputContainer, codec: str, size: tuple[int, int], tick: Fraction
) -> av.VideoStream:
    stream = container.add_stream(codec)
    assert isinstance(stream, av.VideoStream)  # noqa: S101
    _set_up(stream.codec_context, size, tick)
    return stream


def _set_up(encoder: av.VideoCodecContext, size: tuple[int, int], tick: Fraction) -> None:
    encoder.width, encoder.height = size
    encoder.pix_fmt = PIXELS[encoder.name]
    encoder.time_base = tick
    encoder.thread_type = "SLICE"  # One picture in, one packet out.


def has_several_sizes(index: Path) -> bool:
    """Return whether frames differ in size, by the file of indices from :func:`write_frames`."""
    text = index.read_text(encoding="utf-8")
    return bool(text) and bool(json.loads(text)["several_sizes"])


def read_frames(path: Path, index: Path, threads: int = 1) -> Iterator[Frame]:
    """Read what :func:`write_frames` has written, frame by frame.

    An empty file has no frames.

    Raises:
        VideoError: if the files are not files of sampled frames.
    """
    if not path.stat().st_size:
        return
    try:
        indices = iter(json.loads(index.read_text(encoding="utf-8"))["indices"])
        # The header says everything about the streams, so FFmpeg need not probe them.
        with av.open(str(path), container_options={"probesize": "32"}) as container:
            for stream in container.streams.video:
                stream.codec_context.thread_count = threads
            converter = VideoReformatter()
            for packet in container.demux():
                for picture in packet.decode():
                    assert isinstance(picture, av.VideoFrame)  # noqa: S101
                    if picture.pts is None or picture.time_base is None:
                        raise ValueError("a frame has no time stamp")
                    bgr = converter.reformat(picture, format="bgr24").to_ndarray()
                    yield Frame(
                        index=next(indices),
                        pts=picture.pts,
                        time_base=picture.time_base,
                        bgr=bgr.astype(np.uint8, copy=False),
                    )
    except (av.error.FFmpegError, OSError, KeyError, ValueError) as error:
        raise VideoError(
            f"{path}: is cut off, or no file of sampled frames; delete it and run again"
        ) from error

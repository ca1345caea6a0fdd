"""Video files in, sampled frames out: one pass, no seeking, exact pixels, true times.

Sampled frames are kept in one file a video, losslessly: UT Video in NUT. Both are FFmpeg's
own; NUT keeps any time base, UT Video is several times cheaper to write and read than
lossless H.264, FFV1 or PNG, and the pixels are kept as they go into the detectors, so that
no pixel format, colour tag or rotation has to survive a second conversion.
"""

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
from av.video.reformatter import Interpolation, VideoReformatter

from facetally.errors import VideoError
from facetally.video.decode import MAX_FRAME_PIXELS, Losses, Picture, every_nth_picture

log = logging.getLogger(__name__)

TIME_DECIMALS: Final = 6
"""Of times in seconds, wherever they are written."""

INDEX_STEP: Final = "every_nth_frame"
"""The container's metadata key for the distance between two sampled frames."""

TICK: Final = Fraction(1, av.time_base)
"""FFmpeg's own time base in seconds, where a stream has none."""


@dataclass(frozen=True)
class Frame:
    """One sampled frame.

    Attributes:
        index: position in the decoded stream, from 0.
        pts: presentation time stamp, in units of ``time_base``.
        time_base: seconds a tick of ``pts``.
        bgr: pixels as OpenCV has them, uint8, (height, width, 3), blue first, display
            rotation applied.
    """

    index: int
    pts: int
    time_base: Fraction
    bgr: npt.NDArray[np.uint8]

    @property
    def time(self) -> float:
        """Presentation time in seconds, as the container has it."""
        return float(self.pts * self.time_base)


def sample_frames(
    video: Path,
    every_nth_frame: int,
    threads: int = 1,
    losses: Losses | None = None,
    max_frame_pixels: int = MAX_FRAME_PIXELS,
) -> Iterator[Frame]:
    """Decode a video once and give frames 0, n, 2n, ... of the decoded stream.

    Pixels equal those of ``cv2.VideoCapture``: swscale's bicubic conversion to BGR with the
    colour tags of the frame, then rotation by the display matrix in steps of 90 degrees.
    Packets that cannot be decoded are passed over, and pictures that no sampled one needs are
    not decoded, as :mod:`facetally.video.decode` says. A time stamp that is missing or does not
    increase is set to the previous sampled frame's plus what the stream's average frame rate
    makes of n frames, and logged.

    Args:
        video: the file.
        every_nth_frame: the distance between two sampled frames, 1 or more.
        threads: threads of the decoder.
        losses: is told what was lost.
        max_frame_pixels: width times height of the largest pictures to decode.

    Raises:
        VideoError: if the file cannot be opened, has no video stream, too large pictures or no
            decodable one.
    """
    to_bgr = VideoReformatter()
    with readable(video):
        pictures = every_nth_picture(video, every_nth_frame, threads, losses, max_frame_pixels)
        for picture, pts in stamped(video, pictures, every_nth_frame):
            yield to_frame(picture.frame, picture.index, pts, to_bgr)


@contextmanager
def readable(video: Path) -> Iterator[None]:
    """Say what FFmpeg cannot read as a VideoError that names the file."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise VideoError(
            f"{video}: cannot be read as a video ({error.strerror}); remove or replace it"
        ) from error


def stamped(
    video: Path, pictures: Iterable[Picture], every_nth_frame: int
) -> Iterator[tuple[Picture, int]]:
    """Return pictures with time stamps as :func:`sample_frames` has them.

    Args:
        video: the file, for the log.
        pictures: every n-th picture of it.
        every_nth_frame: n.

    Yields:
        A picture and its time stamp, in units of the picture's time base, which increases.
    """
    last_pts: int | None = None
    for source in pictures:
        index, picture = source.index, source.frame
        time_base = picture.time_base or TICK
        pts = picture.pts if picture.pts is not None else picture.dts
        if pts is None or (last_pts is not None and pts <= last_pts):
            step = max(1, round(every_nth_frame / (source.rate * time_base)))
            likely = 0 if last_pts is None else last_pts + step
            log.warning("%s, frame %d: time stamp %s, taken as %d", video, index, pts, likely)
            pts = likely
        last_pts = pts
        yield source, pts


def to_frame(picture: av.VideoFrame, index: int, pts: int, to_bgr: VideoReformatter) -> Frame:
    """Convert a decoded picture, as :func:`sample_frames` says.

    Args:
        picture: the picture as FFmpeg gives it.
        index: its position in the decoded stream, from 0.
        pts: its time stamp, in units of its time base.
        to_bgr: the converter, which keeps its tables from one picture to the next.
    """
    image = to_bgr.reformat(picture, format="bgr24", interpolation=Interpolation.BICUBIC)
    bgr = np.rot90(image.to_ndarray(), round(picture.rotation / 90))
    return Frame(
        index=index,
        pts=pts,
        time_base=picture.time_base or TICK,
        bgr=np.ascontiguousarray(bgr),
    )


def write_frames(path: Path, frames: Iterable[Frame], every_nth_frame: int) -> int:
    """Keep sampled frames in one lossless video file.

    A frame of another size than the first (a stream may change its size) is scaled to it.

    Args:
        path: the file, with the suffix .nut.
        frames: the frames, all of one time base.
        every_nth_frame: the distance between two sampled frames.

    Returns:
        The number of frames written.
    """
    to_planes = VideoReformatter()
    written = 0
    with av.open(str(path), "w", format="nut") as container:
        container.metadata[INDEX_STEP] = str(every_nth_frame)
        stream = None
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame.bgr, format="bgr24")
            if stream is None:
                stream = container.add_stream("utvideo")
                stream.width, stream.height = picture.width, picture.height
                stream.pix_fmt = "gbrp"
                stream.codec_context.time_base = frame.time_base
            planes = to_planes.reformat(
                picture, format="gbrp", width=stream.width, height=stream.height
            )
            planes.pts = frame.pts
            planes.time_base = frame.time_base
            container.mux(stream.encode(planes))
            written += 1
        if stream is not None:
            container.mux(stream.encode(None))
    return written


def read_frames(path: Path, threads: int = 1) -> Iterator[Frame]:
    """Read what :func:`write_frames` has kept, frame by frame.

    An empty file is one without frames.

    Raises:
        VideoError: if the file is not one of sampled frames.
    """
    if not path.stat().st_size:
        return
    try:
        with av.open(str(path)) as container:
            every_nth_frame = int(container.metadata[INDEX_STEP])
            stream = container.streams.video[0]
            stream.codec_context.thread_count = threads
            to_bgr = VideoReformatter()
            for position, picture in enumerate(container.decode(stream)):
                if picture.pts is None or picture.time_base is None:
                    raise ValueError(f"frame {position} has no time stamp")
                bgr = to_bgr.reformat(picture, format="bgr24").to_ndarray()
                yield Frame(
                    index=position * every_nth_frame,
                    pts=picture.pts,
                    time_base=picture.time_base,
                    bgr=bgr.astype(np.uint8, copy=False),
                )
    except (av.error.FFmpegError, KeyError, ValueError) as error:
        raise VideoError(
            f"{path}: is not a file of sampled frames ({error}); delete it and run again"
        ) from error

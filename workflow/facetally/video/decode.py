"""Every n-th picture of a video, decoding no more than that takes.

Most encoders put pictures between others that no other picture refers to (B-frames that are
not reference pictures). Where none of n is wanted, their decoding, about a third of the
work in H.264 as x264 makes it by default, changes nothing and is left out.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.stream import Disposition

from facetally.errors import VideoError
from facetally.video.containers import is_video_container, missing_bytes

log = logging.getLogger(__name__)

LIKELY_RATE: Final = Fraction(25)
"""Frames a second where a stream does not tell."""

FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,ivf,mxf,nut,"
    "h264,hevc,m4v,dv"
)
"""FFmpeg's names of what is opened: containers and streams of video. Not among them are those
that make it open other files or addresses (playlists, manifests, concat scripts), and pictures."""

SANDBOX: Final = {"protocol_whitelist": "file", "format_whitelist": FORMATS}

MAX_FRAME_PIXELS: Final = 1_000_000_000
"""Width times height of the largest pictures decoded, where nothing else is asked for: what a
study may allow at most. What is read again later has passed the study's own limit."""

UNIT_TYPE: Final = 0b0001_1111
REFERENCE: Final = 0b0110_0000
FORBIDDEN: Final = 0b1000_0000
SLICES: Final = range(1, 6)
IDR: Final = 5
"""Parts of the first byte of a NAL unit, and its types: ITU-T H.264, 7.3.1 and table 7-1."""


@dataclass(frozen=True)
class Picture:
    """One decoded picture.

    Attributes:
        index: position in the decoded stream, from 0.
        frame: the picture as FFmpeg gives it.
        rate: the stream's average frame rate.
    """

    index: int
    frame: av.VideoFrame
    rate: Fraction


@dataclass
class Losses:
    """What was lost of a video while it was decoded.

    Attributes:
        packets: packets that could not be decoded.
        corrupt: pictures that were decoded with errors.
        stopped: why reading ended before the end of the file, or empty.
    """

    packets: int = 0
    corrupt: int = 0
    stopped: str = ""

    def __str__(self) -> str:
        """Say what was lost, or nothing."""
        parts = []
        if self.packets:
            parts.append(f"{self.packets:,} packets could not be decoded")
        if self.corrupt:
            parts.append(f"{self.corrupt:,} frames were decoded with errors")
        if self.stopped:
            parts.append(f"reading stopped ({self.stopped})")
        return ", ".join(parts)


@dataclass(frozen=True)
class _Plan:
    """How to decode a stream in part.

    Attributes:
        expected: time stamps of the pictures that decoding in part gives, in order.
        index: position in the whole decoded stream, by time stamp of the wanted pictures.
        left_out: time stamps of the packets that need not be decoded.
    """

    expected: list[int]
    index: dict[int, int]
    left_out: set[int]


def every_nth_picture(
    video: Path,
    every_nth_frame: int,
    threads: int,
    losses: Losses | None = None,
    max_frame_pixels: int = MAX_FRAME_PIXELS,
) -> Iterator[Picture]:
    """Give pictures 0, n, 2n, ... of what a decoder makes of a whole video.

    A damaged video is decoded as a whole from the damage on, by one thread, since what FFmpeg
    makes of damage depends on what it has decoded before and on how many threads it has.
    Packets that cannot be decoded are passed over, as FFmpeg and OpenCV do, and logged.

    One thing goes unnoticed: damage by which a picture that is left out would be lost. The
    pictures after it are then counted one too high.

    Args:
        video: the file.
        every_nth_frame: the distance between two pictures, 1 or more.
        threads: threads of the decoder.
        losses: is told what was lost.
        max_frame_pixels: width times height of the largest pictures to decode.

    Raises:
        VideoError: if the file cannot be opened, has no video stream, too large pictures or no
            decodable one.
    """
    given = -1
    with opened(video) as (_, stream):
        check_size(
            video, stream.codec_context.width, stream.codec_context.height, max_frame_pixels
        )
    plan = _plan(video, every_nth_frame)
    if plan is not None or threads > 1:
        for picture in _decode_undamaged(video, plan, threads, max_frame_pixels):
            if picture is None:
                break
            if picture.index % every_nth_frame == 0:
                given = picture.index
                yield picture
        else:
            return
        log.info("%s: not as expected after frame %d, decoded by one thread", video, given)
    for picture in _decode_all(video, losses, max_frame_pixels):
        if picture.index % every_nth_frame == 0 and picture.index > given:
            # A stream may change its size.
            check_size(video, picture.frame.width, picture.frame.height, max_frame_pixels)
            yield picture


def check_size(video: Path, width: int, height: int, max_frame_pixels: int) -> None:
    """Refuse pictures that would take more memory than a study is meant to.

    Raises:
        VideoError: if they are larger than ``max_frame_pixels``.
    """
    if width * height > max_frame_pixels:
        raise VideoError(
            f"{video}: pictures of {width} x {height} are larger than max_frame_pixels "
            f"({max_frame_pixels}); scale it down, remove it or raise the limit in config.yaml",
            "too_large",
        )


@contextmanager
def opened(
    video: Path, threads: int = 1, max_frame_pixels: int = MAX_FRAME_PIXELS
) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """Open a file at its first video stream.

    Args:
        video: the file.
        threads: threads of the decoder.
        max_frame_pixels: width times height of the largest pictures to decode, whatever the
            container says of their size.

    Yields:
        The container and the stream.

    Raises:
        VideoError: if the file cannot be opened as a video, has no video stream or one that
            FFmpeg cannot decode.
    """
    try:
        # The prefix keeps FFmpeg from taking a name for an address.
        container = av.open(f"file:{video}", metadata_errors="replace", container_options=SANDBOX)
    except (av.error.FFmpegError, OSError) as error:
        raise _not_opened(video, error) from error
    with container:
        streams = [one for one in container.streams.video if not _is_cover(one)]
        if not streams:
            raise VideoError(
                f"{video}: the file has no video stream; remove or replace it", "no_video_stream"
            )
        stream = streams[0]
        if stream.codec_context is None:
            raise VideoError(
                f"{video}: FFmpeg has no decoder for this video; convert or remove it",
                "unsupported_codec",
            )
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        # Twice, since it counts the blocks at the edges too. Exactly this much is checked later.
        stream.codec_context.options = {"max_pixels": str(2 * max_frame_pixels)}
        yield container, stream


def _is_cover(stream: av.VideoStream) -> bool:
    """Say whether a stream is a still picture that goes with the sound."""
    return bool(stream.disposition & Disposition.attached_pic)


def _not_opened(video: Path, error: Exception) -> VideoError:
    """Say why a file cannot be opened as a video."""
    try:
        missing = missing_bytes(video)
        looks_like_one = is_video_container(video)
    except OSError as unreadable:
        return VideoError(f"{video}: cannot be read ({unreadable.strerror}); replace or remove it")
    told = getattr(error, "strerror", None) or str(error)
    if missing:
        return VideoError(
            f"{video}: cannot be read as a video: it is cut off, {missing:,} bytes are missing; "
            "fetch it again or remove it",
            "truncated",
        )
    if looks_like_one:
        return VideoError(
            f"{video}: cannot be read as a video ({told}); replace or remove it", "unreadable"
        )
    return VideoError(
        f"{video}: cannot be read as a video, it is something else; replace or remove it",
        "not_a_video",
    )


def _decode_all(
    video: Path, losses: Losses | None = None, max_frame_pixels: int = MAX_FRAME_PIXELS
) -> Iterator[Picture]:
    """Decode a stream to its end, past packets that cannot be decoded."""
    losses = losses or Losses()
    index = 0
    with opened(video, max_frame_pixels=max_frame_pixels) as (container, stream):
        rate = stream.average_rate or LIKELY_RATE
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                losses.stopped = str(error.strerror)
                break
            if packet is None:
                break
            try:
                for frame in packet.decode():
                    losses.corrupt += frame.is_corrupt
                    yield Picture(index, frame, rate)
                    index += 1
            except av.error.FFmpegError:
                losses.packets += 1
    if str(losses):
        log.warning("%s: %s", video, losses)
    if not index:
        raise VideoError(
            f"{video}: not one frame can be decoded; remove or replace it", "no_frames"
        )
    log.info("%s: %d frames decoded", video, index)


def _decode_undamaged(
    video: Path, plan: _Plan | None, threads: int, max_frame_pixels: int = MAX_FRAME_PIXELS
) -> Iterator[Picture | None]:
    """Decode a stream, in part if there is a plan, or give None where something is wrong."""
    if plan is not None:
        yield from _decode_in_part(video, plan, threads, max_frame_pixels)
        return
    index = packets = 0
    with opened(video, threads, max_frame_pixels) as (container, stream):
        rate = stream.average_rate or LIKELY_RATE
        try:
            for packet in container.demux(stream):
                packets += packet.size > 0 and not packet.is_discard
                for frame in packet.decode():
                    if frame.is_corrupt:
                        yield None
                        return
                    yield Picture(index, frame, rate)
                    index += 1
        except av.error.InvalidDataError:
            yield None
            return
    if index < packets or not index:
        yield None
    else:
        log.info("%s: %d frames decoded", video, index)


def _decode_in_part(
    video: Path, plan: _Plan, threads: int, max_frame_pixels: int = MAX_FRAME_PIXELS
) -> Iterator[Picture | None]:
    """Decode a stream by a plan; give the wanted pictures, or None where it does not hold."""
    expected = iter(plan.expected)
    with opened(video, threads, max_frame_pixels) as (container, stream):
        rate = stream.average_rate or LIKELY_RATE
        # FFmpeg patches damaged pictures up from earlier ones, perhaps from one left out.
        stream.codec_context.options |= {"err_detect": "explode"}
        try:
            for packet in container.demux(stream):
                stream.codec_context.skip_frame = (
                    "NONREF" if packet.pts in plan.left_out else "DEFAULT"
                )
                for frame in packet.decode():
                    # Two fields may come as two packets, which would count double.
                    if (
                        frame.pts != next(expected, None)
                        or frame.interlaced_frame
                        or frame.is_corrupt
                    ):
                        yield None
                        return
                    if frame.pts in plan.index:
                        yield Picture(plan.index[frame.pts], frame, rate)
        except av.error.InvalidDataError:
            yield None
            return
    if next(expected, None) is not None:
        yield None
    else:
        log.info(
            "%s: %d frames decoded, %d left out",
            video,
            len(plan.expected),
            len(plan.left_out),
        )


def _plan(video: Path, every_nth_frame: int) -> _Plan | None:
    """Read the packets of a stream, without decoding, and plan to decode it in part.

    Returns:
        The plan, or None where one picture a packet, in the order of the time stamps, is not
        certain: only H.264 in MP4, MOV or Matroska, starting with an IDR picture, every
        packet whole and with a time stamp of its own.
    """
    if every_nth_frame == 1:
        return None
    stamps: list[int] = []
    unreferenced: set[int] = set()
    shown: list[int] = []
    with opened(video) as (container, stream):
        extradata = stream.codec_context.extradata or b""
        if stream.codec_context.name != "h264" or extradata[:1] != b"\x01":
            return None
        length_size = (extradata[4] & 3) + 1
        for packet in container.demux(stream):
            if not packet.size:
                continue  # The last one, which only tells the end.
            units = _slice_headers(memoryview(packet), length_size)
            pts = packet.pts
            if pts is None or packet.is_corrupt or not units:
                return None
            if not stamps and units[0] & UNIT_TYPE != IDR:
                return None
            stamps.append(pts)
            # A discarded packet is decoded, and FFmpeg drops its picture.
            if not packet.is_discard:
                shown.append(pts)
            if not any(unit & REFERENCE for unit in units):
                unreferenced.add(pts)
    shown.sort()
    if len(set(stamps)) < len(stamps) or min(stamps, default=0) < next(iter(stamps), 0):
        return None
    index = {pts: number for number, pts in enumerate(shown) if number % every_nth_frame == 0}
    left_out = unreferenced - index.keys()
    expected = [pts for pts in shown if pts not in left_out]
    return _Plan(expected, index, left_out) if left_out else None


def _slice_headers(packet: memoryview, length_size: int) -> list[int]:
    """Return the first bytes of the NAL units of a packet that hold slices of its picture.

    Returns:
        The bytes; empty if the packet is damaged or if some of its slices are for reference
        and some are not.
    """
    units: list[int] = []
    at = 0
    while at < len(packet):
        start = at + length_size
        at = start + int.from_bytes(packet[at:start], "big")
        if at > len(packet) or at == start:
            return []
        first = packet[start]
        if first & FORBIDDEN:
            return []
        if first & UNIT_TYPE in SLICES:
            units.append(first)
    return units if len({bool(unit & REFERENCE) for unit in units}) == 1 else []

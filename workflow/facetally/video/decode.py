"""The sampled pictures of a video, decoding no more than that takes.

Most encoders put pictures between others that no other picture refers to (B-frames that are
not reference pictures). Where none of them is sampled, their decoding, about a third of the
work in H.264 as x264 makes it by default, changes nothing and is left out.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Final

import av
from av.stream import Disposition

from facetally.errors import VideoError
from facetally.study.steps import EveryNthFrame, Step, Times
from facetally.video.containers import is_video_container, missing_bytes
from facetally.video.display import TICK, Picture, deinterlaced, pixel_aspect, shown_size
from facetally.video.status import Treatment

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

NO_TIMES: Final[Times] = (None, Fraction(0), None)
"""Stand for times where they do not count."""

MAX_FRAME_PIXELS: Final = 1_000_000_000
"""Width times height of the largest pictures decoded, where nothing else is asked for: what a
study may allow at most. What is read again later has passed the study's own limit."""

UNIT_TYPE: Final = 0b0001_1111
REFERENCE: Final = 0b0110_0000
FORBIDDEN: Final = 0b1000_0000
SLICES: Final = range(1, 6)
IDR: Final = 5
"""Parts of the first byte of a NAL unit, and its types: ITU-T H.264, 7.3.1 and table 7-1."""


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
        start: time stamp of the first picture.
        expected: time stamps of the pictures that decoding in part gives, in order.
        index: position in the whole decoded stream, by time stamp of the wanted pictures.
        left_out: time stamps of the packets that need not be decoded.
    """

    start: int
    expected: list[int]
    index: dict[int, int]
    left_out: set[int]


class UnexpectedError(Exception):
    """A stream is not as it would be undamaged."""


def sampled_pictures(
    video: Path,
    step: Step,
    threads: int,
    losses: Losses | None = None,
    max_frame_pixels: int = MAX_FRAME_PIXELS,
    treatment: Treatment | None = None,
) -> Iterator[Picture]:
    """Give the sampled ones of the pictures that a decoder makes of a whole video.

    A damaged video is decoded as a whole from the damage on, by one thread, since what FFmpeg
    makes of damage depends on what it has decoded before and on how many threads it has.
    Packets that cannot be decoded are passed over, as FFmpeg and OpenCV do, and logged.
    Interlaced pictures are deinterlaced.

    One thing goes unnoticed: damage by which a picture that is left out would be lost, or come
    in another place. The pictures after it may then be counted one too high or too low.

    Args:
        video: the file.
        step: which pictures are sampled.
        threads: threads of the decoder.
        losses: is told what was lost.
        max_frame_pixels: width times height of the largest pictures to decode.
        treatment: is told which stream was taken.

    Raises:
        VideoError: if the file cannot be opened, has no video stream, too large pictures or no
            decodable one.
    """
    given = -1
    with opened(video) as (container, stream):
        if treatment is not None:
            streams = moving(container)
            treatment.stream, treatment.streams = streams.index(stream), len(streams)
            if len(streams) > 1:
                log.info("%s: video stream %d of %d", video, treatment.stream + 1, len(streams))
        context = stream.codec_context
        check_size(video, context.width, context.height, max_frame_pixels)
    try:
        plan = _plan(video, step)
    except av.error.FFmpegError:
        plan = None
    if plan is not None or threads > 1:
        try:
            for picture in (
                _sampled(_decode_whole(video, threads, max_frame_pixels), step, video)
                if plan is None
                else _decode_in_part(video, plan, threads, max_frame_pixels)
            ):
                given = picture.index
                check_size(video, *shown_size(picture), max_frame_pixels)
                yield picture
        except UnexpectedError:
            log.info("%s: not as expected after frame %d, decoded by one thread", video, given)
        else:
            return
    for picture in _sampled(_decode_all(video, losses, max_frame_pixels), step, video):
        if picture.index > given:
            # A stream may change its size.
            check_size(video, *shown_size(picture), max_frame_pixels)
            yield picture


def _sampled(pictures: Iterable[Picture], step: Step, video: Path) -> Iterator[Picture]:
    return picked(stamped(video, pictures, 1) if step.needs_times else pictures, step)


def picked(pictures: Iterable[Picture], step: Step) -> Iterator[Picture]:
    """Give those of successive pictures that are sampled, deinterlaced.

    Args:
        pictures: with time stamps, if the step needs times.
        step: which of them are sampled.
    """
    before: Picture | None = None
    picture: Picture | None = None
    for after in chain(pictures, [None]):
        if picture is not None:
            times = NO_TIMES
            if step.needs_times:
                times = (_time(before), picture.time, _time(after))
            if step.picks(picture.index, times):
                yield deinterlaced(before, picture, after)
        before, picture = picture, after


def _time(picture: Picture | None) -> Fraction | None:
    return picture.time if picture else None


def stamped(video: Path, pictures: Iterable[Picture], every_nth_frame: int) -> Iterator[Picture]:
    """Return pictures with time stamps that increase.

    A time stamp that is missing or does not increase is set to the previous picture's plus what
    the stream's average frame rate makes of n frames, and logged.

    Args:
        video: the file, for the log.
        pictures: every n-th picture of it.
        every_nth_frame: n.
    """
    last: int | None = None
    for picture in pictures:
        pts = picture.pts
        if pts is None or (last is not None and pts <= last):
            step = max(1, round(every_nth_frame / (picture.rate * picture.time_base)))
            likely = picture.start if last is None else last + step
            log.warning(
                "%s, frame %d: time stamp %s, taken as %d", video, picture.index, pts, likely
            )
            picture = replace(picture, pts=likely)
        last = picture.pts
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
    """Open a file at the video stream that a player shows.

    That is the one that the file marks as default, otherwise the largest, otherwise the first.

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
        streams = moving(container)
        if not streams:
            raise VideoError(
                f"{video}: the file has no video stream; remove or replace it", "no_video_stream"
            )
        stream = max(streams, key=_rank)
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


def moving(container: av.container.InputContainer) -> list[av.VideoStream]:
    """Return the video streams that are no still picture that goes with the sound."""
    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]


def _rank(stream: av.VideoStream) -> tuple[bool, bool, int]:
    """Return what makes a player prefer a stream: the highest is shown."""
    context = stream.codec_context
    pixels = context.width * context.height if context else 0
    return context is not None, bool(stream.disposition & Disposition.default), pixels


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


def to_picture(index: int, frame: av.VideoFrame, start: int, stream: av.VideoStream) -> Picture:
    """Return a decoded picture with what its stream says of it.

    Args:
        index: its position in the decoded stream, from 0.
        frame: as FFmpeg gives it.
        start: the time stamp of the first picture; of that one it is not used.
        stream: where it comes from.
    """
    pts = frame.dts if frame.pts is None else frame.pts
    return Picture(
        index=index,
        frame=frame,
        pts=pts,
        start=start if index else (pts or 0),
        rate=stream.average_rate or LIKELY_RATE,
        aspect=pixel_aspect(stream),
    )


def _decode_all(
    video: Path, losses: Losses | None = None, max_frame_pixels: int = MAX_FRAME_PIXELS
) -> Iterator[Picture]:
    """Decode a stream to its end, past packets that cannot be decoded."""
    losses = losses or Losses()
    index = start = 0
    with opened(video, max_frame_pixels=max_frame_pixels) as (container, stream):
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
                    picture = to_picture(index, frame, start, stream)
                    index, start = index + 1, picture.start
                    yield picture
            except av.error.FFmpegError:
                losses.packets += 1
    if str(losses):
        log.warning("%s: %s", video, losses)
    if not index:
        raise VideoError(
            f"{video}: not one frame can be decoded; remove or replace it", "no_frames"
        )
    log.info("%s: %d frames decoded", video, index)


def _decode_whole(video: Path, threads: int, max_frame_pixels: int) -> Iterator[Picture]:
    """Decode a stream on several threads, as long as nothing is wrong.

    Raises:
        UnexpectedError: if something is.
    """
    index = packets = start = 0
    with opened(video, threads, max_frame_pixels) as (container, stream):
        # With several threads, FFmpeg gives some damaged pictures without saying so otherwise.
        stream.codec_context.options |= {"err_detect": "explode"}
        try:
            for packet in container.demux(stream):
                packets += packet.size > 0 and not packet.is_discard
                for frame in packet.decode():
                    if frame.is_corrupt:
                        raise UnexpectedError
                    picture = to_picture(index, frame, start, stream)
                    index, start = index + 1, picture.start
                    yield picture
        except av.error.FFmpegError:
            raise UnexpectedError from None
    if index < packets or not index:
        raise UnexpectedError
    log.info("%s: %d frames decoded", video, index)


def _decode_in_part(
    video: Path, plan: _Plan, threads: int, max_frame_pixels: int
) -> Iterator[Picture]:
    """Decode a stream by a plan, as long as it holds; give the sampled pictures.

    Raises:
        UnexpectedError: if it does not.
    """
    expected = iter(plan.expected)
    with opened(video, threads, max_frame_pixels) as (container, stream):
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
                        raise UnexpectedError
                    if frame.pts in plan.index:
                        yield to_picture(plan.index[frame.pts], frame, plan.start, stream)
        except av.error.FFmpegError:
            raise UnexpectedError from None
    if next(expected, None) is not None:
        raise UnexpectedError
    decoded, left_out = len(plan.expected), len(plan.left_out)
    log.info("%s: %d frames decoded, %d left out", video, decoded, left_out)


def _plan(video: Path, step: Step) -> _Plan | None:
    """Read the packets of a stream, without decoding, and plan to decode it in part.

    Returns:
        The plan, or None where one picture a packet, in the order of the time stamps, is not
        certain: only H.264 in MP4, MOV or Matroska, starting with an IDR picture, every
        packet whole and with a time stamp of its own.

    Raises:
        av.error.FFmpegError: if the packets cannot be read to the end.
    """
    if step == EveryNthFrame(1):
        return None
    stamps: list[int] = []
    unreferenced: set[int] = set()
    shown: list[int] = []
    with opened(video) as (container, stream):
        time_base = stream.time_base or TICK
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
    index = {shown[number]: number for number in _indices(step, shown, time_base)}
    left_out = unreferenced - index.keys()
    expected = [pts for pts in shown if pts not in left_out]
    return _Plan(shown[0], expected, index, left_out) if left_out else None


def _indices(step: Step, shown: Sequence[int], time_base: Fraction) -> Iterator[int]:
    """Return which pictures are sampled of those with certain time stamps, in order."""
    if not step.needs_times:
        yield from (index for index in range(len(shown)) if step.picks(index, NO_TIMES))
        return
    times = [(pts - shown[0]) * time_base for pts in shown]
    around = zip([None, *times], times, [*times[1:], None], strict=False)
    yield from (index for index, times in enumerate(around) if step.picks(index, times))


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

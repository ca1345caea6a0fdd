"""The sampled pictures of a video, decoding no more than necessary.

Most encoders insert pictures that no other picture refers to (B-frames that are not reference
pictures). Those that are not sampled need not be decoded, which saves about a third of the work
for H.264 with x264's default settings.
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
from facetally.study.names import counted, is_or_are
from facetally.study.steps import EveryNthFrame, Step, Times
from facetally.video.containers import is_video_container, missing_bytes
from facetally.video.display import TICK, Picture, deinterlaced, pixel_aspect, shown_size
from facetally.video.frame_rate import FrameTimes
from facetally.video.status import Treatment

log = logging.getLogger(__name__)

LIKELY_RATE: Final = Fraction(25)
"""Frames per second, if a stream does not say."""

FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,ivf,mxf,nut,"
    "h264,hevc,m4v,dv"
)
"""FFmpeg's names for the formats that are opened: containers and streams of video. Formats that
make it open other files or addresses (playlists, manifests, concat scripts), and pictures, are not
among them."""

SANDBOX: Final = {"protocol_whitelist": "file", "format_whitelist": FORMATS}

NO_TIMES: Final[Times] = (None, Fraction(0), None)
"""Used where times do not matter."""

MAX_FRAME_PIXELS: Final = 1_000_000_000
"""The default for width times height of the largest pictures decoded: the most that a study can
allow. Videos that are read again later have already passed the study's own limit."""

UNIT_TYPE: Final = 0b0001_1111
REFERENCE: Final = 0b0110_0000
FORBIDDEN: Final = 0b1000_0000
SLICES: Final = range(1, 6)
IDR: Final = 5
"""Parts of the first byte of a NAL unit, and types of units: ITU-T H.264, 7.3.1 and table 7-1."""


@dataclass
class Losses:
    """What was lost while a video was decoded.

    Attributes:
        packets: packets that could not be decoded.
        corrupt: pictures that were decoded with errors.
        stopped: why reading ended before the end of the file, or empty.
    """

    packets: int = 0
    corrupt: int = 0
    stopped: str = ""

    def __str__(self) -> str:
        """Return what was lost, in words; empty if nothing was."""
        parts = []
        if self.packets:
            parts.append(f"{counted(self.packets, 'packet')} could not be decoded")
        if self.corrupt:
            were = "was" if self.corrupt == 1 else "were"
            parts.append(f"{counted(self.corrupt, 'frame')} {were} decoded with errors")
        if self.stopped:
            parts.append(f"reading stopped ({self.stopped})")
        return ", ".join(parts)


@dataclass(frozen=True)
class _Plan:
    """How to decode a stream in part.

    Attributes:
        shown: time stamps of the pictures that decoding everything gives, in order.
        tick: seconds per unit of time stamps.
        expected: time stamps of the pictures that partial decoding gives, in order.
        index: position in the whole decoded stream of the wanted pictures, by time stamp.
        left_out: time stamps of the packets that need not be decoded.
    """

    shown: list[int]
    tick: Fraction
    expected: list[int]
    index: dict[int, int]
    left_out: set[int]


class UnexpectedError(Exception):
    """A stream differs from what it would be without damage."""


def sampled_pictures(
    video: Path,
    step: Step,
    threads: int,
    losses: Losses | None = None,
    max_frame_pixels: int = MAX_FRAME_PIXELS,
    treatment: Treatment | None = None,
    times: FrameTimes | None = None,
) -> Iterator[Picture]:
    """Yield the sampled pictures, out of those that decoding the whole video would give.

    From any damage on, everything is decoded, by one thread, since FFmpeg's output for damaged
    data depends on what it has decoded before and on how many threads it has. Packets that cannot
    be decoded are skipped, as FFmpeg and OpenCV do, and logged. Interlaced pictures are
    deinterlaced.

    One thing goes unnoticed: damage through which a picture that is left out would be lost, or
    appear in another place. The indices of the pictures after it may then be off by one.

    Args:
        video: the file.
        step: which pictures are sampled.
        threads: threads of the decoder.
        losses: records what was lost.
        max_frame_pixels: width times height of the largest pictures to decode.
        treatment: records which stream was taken.
        times: records when all pictures are shown, sampled or not.

    Raises:
        VideoError: if the file cannot be opened, or has no video stream, pictures that are too
            large, or none that can be decoded.
    """
    given = -1
    times = times or FrameTimes()
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
    if plan is not None:
        times.stamps[:], times.tick = plan.shown, plan.tick
    if plan is not None or threads > 1:
        try:
            for picture in (
                _sampled(times.seen(_decode_whole(video, threads, max_frame_pixels)), step, video)
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
    decoded = times.seen(_decode_all(video, losses, max_frame_pixels))
    for picture in _sampled(decoded, step, video):
        if picture.index > given:
            # A stream may change its frame size.
            check_size(video, *shown_size(picture), max_frame_pixels)
            yield picture


def _sampled(pictures: Iterable[Picture], step: Step, video: Path) -> Iterator[Picture]:
    return picked(stamped(video, pictures, 1) if step.needs_times else pictures, step)


def picked(pictures: Iterable[Picture], step: Step) -> Iterator[Picture]:
    """Yield those of successive pictures that are sampled, deinterlaced.

    Args:
        pictures: the pictures, with time stamps if the step needs times.
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
    """Yield pictures with increasing time stamps.

    A time stamp that is missing or does not increase is replaced, and logged: by the previous
    picture's, plus the duration of n frames at the stream's average frame rate.

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
    """Refuse pictures that would take more memory than a study allows.

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
    """Open a file and choose the video stream that a player shows.

    It is the stream that the file marks as default, or else the largest, or else the first.

    Args:
        video: the file.
        threads: threads of the decoder.
        max_frame_pixels: width times height of the largest pictures to decode, whatever size
            the container states.

    Yields:
        The container and the stream.

    Raises:
        VideoError: if the file cannot be opened as a video, or has no video stream or one that
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
        # Twice the limit, as FFmpeg counts the blocks at the edges too. The exact limit is checked
        # later.
        stream.codec_context.options = {"max_pixels": str(2 * max_frame_pixels)}
        yield container, stream


def moving(container: av.container.InputContainer) -> list[av.VideoStream]:
    """Return the video streams that are not still pictures, such as the cover of an album."""
    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]


def _rank(stream: av.VideoStream) -> tuple[bool, bool, int]:
    """Return a player's preference for a stream: the stream with the highest one is shown."""
    context = stream.codec_context
    pixels = context.width * context.height if context else 0
    return context is not None, bool(stream.disposition & Disposition.default), pixels


def _not_opened(video: Path, error: Exception) -> VideoError:
    """Return the error that says why a file cannot be opened as a video."""
    try:
        missing = missing_bytes(video)
        looks_like_one = is_video_container(video)
    except OSError as unreadable:
        return VideoError(f"{video}: cannot be read ({unreadable.strerror}); replace or remove it")
    reason = getattr(error, "strerror", None) or str(error)
    if missing:
        return VideoError(
            f"{video}: cannot be read as a video: it is cut off, {counted(missing, 'byte')} "
            f"{is_or_are(missing)} missing; fetch it again or remove it",
            "truncated",
        )
    if looks_like_one:
        return VideoError(
            f"{video}: cannot be read as a video ({reason}); replace or remove it", "unreadable"
        )
    return VideoError(
        f"{video}: cannot be read as a video, it is something else; replace or remove it",
        "not_a_video",
    )


def to_picture(index: int, frame: av.VideoFrame, start: int, stream: av.VideoStream) -> Picture:
    """Return a decoded picture with what its stream says about it.

    Args:
        index: its position in the decoded stream, from 0.
        frame: the picture as FFmpeg gives it.
        start: the time stamp of the first picture; not used for that picture itself.
        stream: the stream that it comes from.
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
    """Decode a stream to its end, skipping packets that cannot be decoded."""
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
        UnexpectedError: if something is wrong.
    """
    index = packets = start = 0
    with opened(video, threads, max_frame_pixels) as (container, stream):
        # Otherwise, with several threads, FFmpeg returns some damaged pictures without saying so.
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
    """Decode a stream by a plan, as long as it holds, and yield the sampled pictures.

    Raises:
        UnexpectedError: if the plan does not hold.
    """
    expected = iter(plan.expected)
    with opened(video, threads, max_frame_pixels) as (container, stream):
        # FFmpeg would conceal damage with earlier pictures, perhaps with one that was left out.
        stream.codec_context.options |= {"err_detect": "explode"}
        try:
            for packet in container.demux(stream):
                stream.codec_context.skip_frame = (
                    "NONREF" if packet.pts in plan.left_out else "DEFAULT"
                )
                for frame in packet.decode():
                    # Two fields may come as two packets, which would count twice.
                    if (
                        frame.pts != next(expected, None)
                        or frame.interlaced_frame
                        or frame.is_corrupt
                    ):
                        raise UnexpectedError
                    if frame.pts in plan.index:
                        yield to_picture(plan.index[frame.pts], frame, plan.shown[0], stream)
        except av.error.FFmpegError:
            raise UnexpectedError from None
    if next(expected, None) is not None:
        raise UnexpectedError
    decoded, left_out = len(plan.expected), len(plan.left_out)
    log.info("%s: %d frames decoded, %d left out", video, decoded, left_out)


def _plan(video: Path, step: Step) -> _Plan | None:
    """Read the packets of a stream, without decoding, and plan how to decode it in part.

    Returns:
        The plan, or None if it is not certain that there is one picture per packet, in the order
        of the time stamps. It is only certain for H.264 in MP4, MOV or Matroska that starts with
        an IDR picture, with every packet whole and with its own time stamp.

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
                continue  # The last one, which only marks the end.
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
    return _Plan(shown, time_base, expected, index, left_out) if left_out else None


def _indices(step: Step, shown: Sequence[int], time_base: Fraction) -> Iterator[int]:
    """Yield the indices of the pictures that are sampled, given all time stamps in order."""
    if not step.needs_times:
        yield from (index for index in range(len(shown)) if step.picks(index, NO_TIMES))
        return
    times = [(pts - shown[0]) * time_base for pts in shown]
    around = zip([None, *times], times, [*times[1:], None], strict=False)
    yield from (index for index, times in enumerate(around) if step.picks(index, times))


def _slice_headers(packet: memoryview, length_size: int) -> list[int]:
    """Return the first bytes of those NAL units of a packet that contain slices of its picture.

    Returns:
        The bytes; empty if the packet is damaged, or if some of its slices are used for reference
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

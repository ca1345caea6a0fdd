"""Single frames of a video, found by time: the very ones that decoding the whole video gives.

A seek alone cannot be trusted: containers differ in what they seek by and where they land, time
stamps may be missing or repeated, and a frame found by its time need not have the index under
which it was sampled. So all packets are read first, which takes about a hundredth of the time for
decoding them. They show where each group of pictures starts, which time stamp has which index, and
which packets must follow a seek. Whatever then differs from that is not used, and the frame is
found by decoding from the start.
"""

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from facetally.errors import VideoError
from facetally.study.steps import AtIndices
from facetally.video.decode import UnexpectedError, opened, picked, sampled_pictures, to_picture
from facetally.video.display import TICK, Display, Picture
from facetally.video.frames import Frame, readable, to_frame
from facetally.video.status import TIME_DECIMALS, Treatment

log = logging.getLogger(__name__)

CLOSE: Final = 16
"""If the next group is no more packets than this after a wanted picture, they are decoded instead
of seeking past them: the most that H.264 and HEVC hold back to put pictures in order."""

Header = tuple[int, int]
"""Time stamp and size in bytes of a packet, which identify it within a stream."""


@dataclass(frozen=True)
class Packets:
    """The packets of a stream.

    Attributes:
        headers: time stamp and size of each packet, in decoding order.
        number: position in ``headers`` by time stamp.
        keys: positions in ``headers`` of the packets from which decoding can start.
        seek_to: time stamps, one per key, with which a seek lands at the key or before it.
        shown: time stamps of the pictures, in order of display.
    """

    headers: list[Header]
    number: dict[int, int]
    keys: list[int]
    seek_to: list[int]
    shown: list[int]


@dataclass(frozen=True)
class Run:
    """Wanted pictures that are decoded in one go.

    Attributes:
        start: position of the packet to start from, in decoding order.
        seek_to: time stamp with which a seek lands there or before.
        index: index in the decoded stream of the wanted pictures, by time stamp.
    """

    start: int
    seek_to: int
    index: dict[int, int]


def frames_at(video: Path, wanted: Mapping[int, float], threads: int = 1) -> dict[int, Frame]:
    """Return single frames as ``sample_frames(video, 1)`` gives them, without decoding all.

    For each wanted frame, decoding starts at its group of pictures and ends with the frame. If
    time stamps or damage leave doubts about which frame it is or what it looks like, the video is
    decoded from its start to the last frame in doubt.

    Args:
        video: the file.
        wanted: time in seconds by index in the decoded stream, both as in raw FER JSON.
        threads: threads of the decoder when it decodes from the start.

    Returns:
        The frames by index, in order.

    Raises:
        VideoError: if the file cannot be read, or has no frame with one of the indices.

    Example:
        >>> frames_at(Path("debate.mp4"), {40: 1.6, 2000: 80.0})[40].bgr.shape
        (720, 1280, 3)
    """
    found = {frame.index: frame for frame in each_frame_at(video, wanted, threads)}
    return {index: found[index] for index in sorted(found)}


def each_frame_at(video: Path, wanted: Mapping[int, float], threads: int = 1) -> Iterator[Frame]:
    """Yield the frames of :func:`frames_at` one by one as they are found, in any order.

    Only one frame needs to be in memory.

    Raises:
        VideoError: as in :func:`frames_at`, after yielding the frames that exist.
    """
    missing = set(wanted)
    if not missing:
        return
    try:
        for frame in _by_time(video, wanted):
            missing.discard(frame.index)
            yield frame
    except av.error.FFmpegError as error:
        log.info("%s: cannot be read by time (%s)", video, error.strerror)
    if missing:
        log.info("%s: %d frames not found by time, decoded from the start", video, len(missing))
        for frame in _by_index(video, missing.copy(), threads):
            missing.discard(frame.index)
            yield frame
    if missing:
        raise VideoError(
            f"{video}: has no frame {min(missing)}, which its raw FER JSON has; "
            "delete that and run again"
        )


def _by_index(video: Path, wanted: Collection[int], threads: int) -> Iterator[Frame]:
    """Decode a video from its start and yield the wanted frames that it has."""
    display = Display(Treatment())
    left = len(wanted)
    with readable(video):
        for picture in sampled_pictures(video, AtIndices(wanted), threads):
            yield to_frame(picture, display)
            left -= 1
            if not left:
                return


def _by_time(video: Path, wanted: Mapping[int, float]) -> Iterator[Frame]:
    """Decode the groups of pictures with wanted frames, and yield the frames that are certain."""
    with opened(video) as (container, stream):
        packets = read_packets(container, stream)
    # If decoding begins with another picture, all times differ.
    if packets is None or first_stamp(video) != packets.shown[0]:
        return
    display = Display(Treatment())
    # With one thread, each error belongs to the packet at which it occurs.
    with opened(video) as (container, stream):
        # FFmpeg would conceal it if a picture that another depends on is damaged or missing.
        stream.codec_context.options |= {"err_detect": "explode"}
        for run in plan_runs(packets, wanted, stream.time_base or TICK):
            missing = set(run.index.values())
            pictures = _decode_run(container, stream, packets, run)
            with suppress(UnexpectedError):
                for picture in picked(pictures, AtIndices(missing.copy())):
                    yield to_frame(picture, display)
                    missing.remove(picture.index)
                    if not missing:
                        break


def first_stamp(video: Path) -> int | None:
    """Return the time stamp of the first picture that decoding gives."""
    with opened(video) as (container, stream):
        return next((picture.pts for picture in container.decode(stream)), None)


def read_packets(container: av.container.InputContainer, stream: av.VideoStream) -> Packets | None:
    """Read the packets of a stream to its end, without decoding.

    Returns:
        The packets, or None if not all of them have a time stamp of their own.
    """
    headers: list[Header] = []
    number: dict[int, int] = {}
    keys: list[int] = []
    seek_to: list[int] = []
    shown: list[int] = []
    for packet in container.demux(stream):
        if not packet.size:
            continue  # The last one, which only marks the end.
        if packet.pts is None or packet.pts in number:
            return None
        number[packet.pts] = len(headers)
        if packet.is_keyframe:
            keys.append(len(headers))
            # Some containers seek by decoding time, some by presentation time.
            seek_to.append(packet.pts if packet.dts is None else min(packet.pts, packet.dts))
        # A discarded packet is decoded, and FFmpeg drops its picture.
        if not packet.is_discard:
            shown.append(packet.pts)
        headers.append((packet.pts, packet.size))
    return Packets(headers, number, keys, seek_to, sorted(shown))


def plan_runs(packets: Packets, wanted: Mapping[int, float], time_base: Fraction) -> list[Run]:
    """Plan from which packets to decode the wanted frames.

    A frame is included if the picture at its place in display order has the frame's time and the
    pictures next to it do not: if decoding added or lost a picture before it, the two would be
    shifted against each other.

    Args:
        packets: the packets of the stream.
        wanted: time in seconds by index in the decoded stream.
        time_base: seconds per tick of the stream's time stamps.

    Returns:
        The runs, in order.
    """
    runs: list[Run] = []
    last = 0
    for index in sorted(wanted):
        near = packets.shown[max(0, index - 1) : index + 2]
        start = packets.shown[0]
        times = [round(float((pts - start) * time_base), TIME_DECIMALS) for pts in near]
        at = min(index, 1)
        if index < 0 or at >= len(near) or times.count(wanted[index]) != 1:
            continue
        pts = near[at]
        if times[at] != wanted[index]:
            continue
        key = bisect_right(packets.keys, packets.number[pts]) - 1
        # Pictures that follow a key picture may be shown before it and need the group before.
        while key >= 0 and packets.headers[packets.keys[key]][0] > pts:
            key -= 1
        if key < 0:
            continue
        start = packets.keys[key]
        if not runs or start > max(runs[-1].start, last + CLOSE):
            runs.append(Run(start, packets.seek_to[key], {}))
        runs[-1].index[pts] = index
        last = packets.number[pts]
    return runs


def _decode_run(
    container: av.container.InputContainer, stream: av.VideoStream, packets: Packets, run: Run
) -> Iterator[Picture]:
    """Decode from the start of a run.

    Raises:
        UnexpectedError: if the packets or pictures are not as expected.
    """
    first = packets.headers[run.start][0]
    index = bisect_left(packets.shown, first)
    for packet in _packets_of(container, stream, packets, run):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            if packet.pts is not None and packet.pts < first:
                continue  # It may need the group before.
            raise UnexpectedError from None
        for frame in frames:
            if frame.pts is not None and frame.pts < first:
                continue
            if packets.shown[index : index + 1] != [frame.pts] or frame.is_corrupt:
                raise UnexpectedError
            # To deinterlace it, the picture before it would be needed.
            if frame.interlaced_frame and index > 0 and frame.pts == first in run.index:
                raise UnexpectedError
            yield to_picture(index, frame, packets.shown[0], stream)
            index += 1


def _packets_of(
    container: av.container.InputContainer, stream: av.VideoStream, packets: Packets, run: Run
) -> "Iterator[av.Packet[av.VideoStream]]":
    """Yield the packets from the start of a run.

    Raises:
        UnexpectedError: if they are not the packets that were read before.
    """
    if run.start > 0:
        # If the container does not support seeking, reading on gets there too.
        with suppress(av.error.FFmpegError):
            container.seek(run.seek_to, stream=stream)
        stream.codec_context.flush_buffers()
    at = None
    for packet in container.demux(stream):
        read = (packet.pts, packet.size)
        if at is None:
            if packet.pts is not None and packets.number.get(packet.pts, -1) > run.start:
                raise UnexpectedError
            if read != packets.headers[run.start]:
                continue
            at = run.start
        # The packet after the last one only marks the end.
        if read != (packets.headers[at] if at < len(packets.headers) else (None, 0)):
            raise UnexpectedError
        yield packet
        at += 1

"""Single frames of a video, found by time, the very ones that decoding it whole gives.

A seek alone cannot be trusted: containers differ in what they seek by and where they land, time
stamps may be missing or repeated, and a frame found by its time need not have the index that it
was sampled under. So all packets are read first, which costs about a hundredth of decoding
them. They tell where each group of pictures starts, which time stamp has which index, and how
the packets after a seek must go on. What then is not as expected is not used, and the frame is
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
"""Packets from a wanted picture to the next group that are decoded rather than sought past: the
most that H.264 and HEVC hold back to put pictures in order."""

Told = tuple[int, int]
"""Time stamp and size in bytes of a packet, which identify it within a stream."""


@dataclass(frozen=True)
class Packets:
    """The packets of a stream.

    Attributes:
        told: time stamp and size of each, in decoding order.
        number: position in ``told`` by time stamp.
        keys: positions in ``told`` of those from which decoding can start.
        seek_to: time stamps, one per key, by which a seek lands at the key or before it.
        shown: time stamps of the pictures, in order of display.
    """

    told: list[Told]
    number: dict[int, int]
    keys: list[int]
    seek_to: list[int]
    shown: list[int]


@dataclass(frozen=True)
class Run:
    """Wanted pictures that are decoded in one go.

    Attributes:
        start: position of the packet to start from, in decoding order.
        seek_to: time stamp by which a seek lands there or before.
        index: index in the decoded stream by time stamp of the wanted pictures.
    """

    start: int
    seek_to: int
    index: dict[int, int]


def frames_at(video: Path, wanted: Mapping[int, float], threads: int = 1) -> dict[int, Frame]:
    """Return single frames as ``sample_frames(video, 1)`` does, without decoding all of them.

    Decoding starts at the group of pictures of each wanted frame and ends with the frame. Where
    time stamps or damage leave a doubt which frame it is or what it looks like, the video is
    decoded from its start to the last frame in doubt.

    Args:
        video: the file.
        wanted: time in seconds by index in the decoded stream, both as in raw FER JSON.
        threads: threads of the decoder where it starts from the start.

    Returns:
        The frames by index, in order.

    Raises:
        VideoError: if the file cannot be read or has no frame of an index.

    Example:
        >>> frames_at(Path("debate.mp4"), {40: 1.6, 2000: 80.0})[40].bgr.shape
        (720, 1280, 3)
    """
    found = {frame.index: frame for frame in each_frame_at(video, wanted, threads)}
    return {index: found[index] for index in sorted(found)}


def each_frame_at(video: Path, wanted: Mapping[int, float], threads: int = 1) -> Iterator[Frame]:
    """Return the frames of :func:`frames_at` one by one, as they are found, in any order.

    No more than one needs to be in memory.

    Raises:
        VideoError: as :func:`frames_at`, after the frames that there are.
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
    """Decode a video from its start and give the wanted frames that it has."""
    display = Display(Treatment())
    left = len(wanted)
    with readable(video):
        for picture in sampled_pictures(video, AtIndices(wanted), threads):
            yield to_frame(picture, display)
            left -= 1
            if not left:
                return


def _by_time(video: Path, wanted: Mapping[int, float]) -> Iterator[Frame]:
    """Decode the groups of pictures of the wanted frames; give the frames that are certain."""
    with opened(video) as (container, stream):
        packets = read_packets(container, stream)
    # Where decoding begins with another picture, all times differ.
    if packets is None or first_stamp(video) != packets.shown[0]:
        return
    display = Display(Treatment())
    # By one thread: each error then belongs to the packet that it is met at.
    with opened(video) as (container, stream):
        # FFmpeg would patch a picture up where one that it depends on is damaged or not there.
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
        The packets, or None where not each of them has a time stamp of its own.
    """
    told: list[Told] = []
    number: dict[int, int] = {}
    keys: list[int] = []
    seek_to: list[int] = []
    shown: list[int] = []
    for packet in container.demux(stream):
        if not packet.size:
            continue  # The last one, which only tells the end.
        if packet.pts is None or packet.pts in number:
            return None
        number[packet.pts] = len(told)
        if packet.is_keyframe:
            keys.append(len(told))
            # Some containers seek by decoding time, some by presentation time.
            seek_to.append(packet.pts if packet.dts is None else min(packet.pts, packet.dts))
        # A discarded packet is decoded, and FFmpeg drops its picture.
        if not packet.is_discard:
            shown.append(packet.pts)
        told.append((packet.pts, packet.size))
    return Packets(told, number, keys, seek_to, sorted(shown))


def plan_runs(packets: Packets, wanted: Mapping[int, float], time_base: Fraction) -> list[Run]:
    """Plan from which packets to decode the wanted frames.

    A frame is planned for if the picture at its place in the order of display has its time,
    and the pictures beside it have not: any picture that decoding adds or loses before it would
    shift the two against each other.

    Args:
        packets: the packets of the stream.
        wanted: time in seconds by index in the decoded stream.
        time_base: seconds a tick of the stream's time stamps.

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
        # Pictures may follow a key picture that are shown before it and need the group before.
        while key >= 0 and packets.told[packets.keys[key]][0] > pts:
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
        UnexpectedError: if packets and pictures are not as expected.
    """
    first = packets.told[run.start][0]
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
            # To be deinterlaced, it would need the picture before it.
            if frame.interlaced_frame and index > 0 and frame.pts == first in run.index:
                raise UnexpectedError
            yield to_picture(index, frame, packets.shown[0], stream)
            index += 1


def _packets_of(
    container: av.container.InputContainer, stream: av.VideoStream, packets: Packets, run: Run
) -> "Iterator[av.Packet[av.VideoStream]]":
    """Return the packets from the start of a run.

    Raises:
        UnexpectedError: if they are not those read before.
    """
    if run.start > 0:
        # Where a container cannot be sought in, reading on gets there too.
        with suppress(av.error.FFmpegError):
            container.seek(run.seek_to, stream=stream)
        stream.codec_context.flush_buffers()
    at = None
    for packet in container.demux(stream):
        told = (packet.pts, packet.size)
        if at is None:
            if packet.pts is not None and packets.number.get(packet.pts, -1) > run.start:
                raise UnexpectedError
            if told != packets.told[run.start]:
                continue
            at = run.start
        # The packet after the last one only tells the end.
        if told != (packets.told[at] if at < len(packets.told) else (None, 0)):
            raise UnexpectedError
        yield packet
        at += 1

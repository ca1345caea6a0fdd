"""What raters see of a video: the file itself, or a small H.264 preview of it."""

import heapq
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av

from facetally.report.annotate import letterboxed, write_mp4
from facetally.study.steps import EveryNthFrame
from facetally.video.decode import moving, opened
from facetally.video.frames import Frame, sample_frames
from facetally.video.status import Treatment

log = logging.getLogger(__name__)

PLAYED: Final = {
    "h264": ((".mp4", ".m4v"), ("aac", "mp3")),
    "vp8": ((".webm",), ("vorbis", "opus")),
    "vp9": ((".webm",), ("vorbis", "opus")),
}
"""By video codec, the file extensions and audio codecs with which all browsers play it (MDN, Web
video codec guide). Others, such as HEVC and AV1, depend on the machine."""

PLAYED_PIXELS: Final = ("yuv420p", "yuvj420p")
"""Eight bits per colour, the only kind of H.264 that browsers play."""

HEIGHT: Final = 480
"""Maximum height of a preview in pixels."""

SOUND_RATE: Final = 48_000


def plays_in_browsers(video: Path) -> bool:
    """Return whether all browsers play a video, judging by its container and codecs.

    Raises:
        VideoError: if it cannot be opened as a video.
    """
    with opened(video) as (container, stream):
        extensions, sounds = PLAYED.get(stream.codec_context.codec.canonical_name, ((), ()))
        sound = next(iter(container.streams.audio), None)
        return (
            video.suffix.lower() in extensions
            and stream.codec_context.pix_fmt in PLAYED_PIXELS
            and len(moving(container)) == 1
            and (sound is None or _codec(sound) in sounds)
        )


def _codec(sound: av.AudioStream) -> str:
    """Return the name of an audio codec; empty if FFmpeg has no decoder for it."""
    return sound.codec_context.codec.canonical_name if sound.codec_context else ""


def write_preview(video: Path, mp4: Path, threads: int, max_frame_pixels: int) -> None:
    """Write a video that browsers play: all frames as a player shows them, with sound.

    Args:
        video: any file that FFmpeg can decode.
        mp4: the file to write: H.264, at most HEIGHT pixels high, and AAC.
        threads: threads for the decoder and for the encoder.
        max_frame_pixels: maximum width times height of pictures to decode.

    Raises:
        VideoError: if the video cannot be read.
    """
    treatment = Treatment()
    frames = sample_frames(video, EveryNthFrame(1), threads, None, max_frame_pixels, treatment)
    silent = mp4.with_name(f"silent-{mp4.name}")
    try:
        write_mp4(silent, _small(frames), threads)
        with (
            av.open(str(silent)) as pictures,
            opened(video) as (source, _),
            av.open(str(mp4), "w", options={"movflags": "faststart"}) as container,
        ):
            shown = pictures.streams.video[0]
            written = container.add_stream_from_template(shown)
            packets = _packets(pictures, written)
            sound = next(iter(source.streams.audio), None)
            if sound is not None and _codec(sound):
                encoder = container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
                heard = _sound(video, source, sound, treatment.start_time)
                packets = heapq.merge(packets, _encoded(encoder, heard), key=_when)
            for packet in packets:
                container.mux(packet)
    finally:
        silent.unlink(missing_ok=True)


def _small(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Scale frames down to the size of the first one, which is at most HEIGHT high."""
    size: tuple[int, int] | None = None
    for frame in frames:
        if size is None:
            width, height = frame.size
            by = min(1, HEIGHT / height)
            size = (max(2, round(width * by)), max(2, round(height * by)))
        yield replace(frame, bgr=letterboxed(frame.bgr, size))


def _packets(
    pictures: av.container.InputContainer, written: av.VideoStream
) -> "Iterator[av.Packet[Any]]":
    for packet in pictures.demux(video=0):
        if packet.dts is not None:
            packet.stream = written
            yield packet


def _sound(
    video: Path, source: av.container.InputContainer, stream: av.AudioStream, start: float
) -> Iterator[av.AudioFrame]:
    """Decode the sound from the first picture on, timed from it; stop where it is damaged."""
    try:
        for frame in source.decode(stream):
            if frame.pts is None or frame.time_base is None:
                continue
            pts = frame.pts - round(Fraction(start) / frame.time_base)
            if pts >= 0:
                frame.pts = pts
                yield frame
    except av.error.FFmpegError as error:
        log.warning("%s: the sound ends early (%s)", video, error.strerror)


def _encoded(
    encoder: av.AudioStream, frames: Iterable[av.AudioFrame]
) -> "Iterator[av.Packet[Any]]":
    for frame in frames:
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


def _when(packet: "av.Packet[Any]") -> Fraction:
    """Return when a packet is decoded, in seconds."""
    return Fraction(packet.dts or 0) * (packet.time_base or Fraction(1))

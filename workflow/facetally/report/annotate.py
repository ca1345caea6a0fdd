"""Videos on which the analysed faces are drawn: an MP4 of all frames, a GIF of the sampled ones.

Both are made from the source and its raw FER JSON, in one pass with a few frames at a time.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from PIL import Image

from facetally.detect.face import Face, whole_box
from facetally.errors import AnnotationError
from facetally.faces.counted import FIRST, AnalysedFrame, read_analysed
from facetally.report.drawing import INKS, Picture, draw_faces
from facetally.video.ahead import ahead
from facetally.video.frames import Frame, sample_frames

GIF_FRAMES: Final = 150
GIF_WIDTH: Final = 480
GIF_MILLISECONDS: Final = 250
"""How many frames a GIF has at most, its largest width in pixels, and how long a frame stays."""

SLATE: Final = (270, 480)
"""Height and width of the picture for a video that has none, in pixels."""

X264: Final = {"preset": "veryfast", "crf": "20"}
"""Lines and text stay sharp, and encoding is about as fast as decoding."""


def annotate(
    video: Path, raw: Path, mp4: Path, gif: Path, threads: int = 1, face: str = FIRST
) -> None:
    """Draw what was found in a video on it.

    Every frame shows the faces of the sampled frame nearest to it.

    Args:
        video: the source.
        raw: its raw FER JSON.
        mp4: is written: all frames, each at its own time, H.264, no sound.
        gif: is written: the sampled frames, or GIF_FRAMES of them, four a second.
        threads: threads of the decoder and of the encoder.
        face: which face of a frame counts, as in :func:`facetally.faces.counted.choose`.

    Raises:
        VideoError: if the video cannot be read.
        RawFormatError: if the raw file does not have the documented format.
        AnnotationError: if the raw file has a frame that the video does not have.
    """
    analysed = read_analysed(raw, face)
    # Where nothing is analysed, the first frame stands for the video.
    in_gif = set(evenly([found.index for found in analysed] or [0], GIF_FRAMES))
    aspect = pixel_aspect(video)
    pictures: list[Image.Image] = []

    def drawn(frames: Iterable[Frame]) -> Iterator[Frame]:
        last = -1
        for frame, found in with_nearest(of_one_size(frames), analysed):
            last = frame.index
            if last in in_gif:
                pictures.append(gif_picture(frame.bgr, found, aspect))
            yield replace(frame, bgr=draw_found(frame.bgr, found))
        if analysed and analysed[-1].index > last:
            raise AnnotationError(
                f"{raw}: has frame {analysed[-1].index}, but the last frame of {video} is "
                f"{last}; delete the raw file and run again"
            )

    frames = sample_frames(video, 1, threads)
    write_mp4(mp4, drawn(ahead(frames) if threads > 1 else frames), aspect, threads)
    write_gif(gif, pictures)


def annotate_nothing(reason: str, mp4: Path, gif: Path) -> None:
    """Write a second of a grey picture that says why a video could not be analysed.

    Args:
        reason: a few words.
        mp4: is written.
        gif: is written.
    """
    height, width = SLATE
    slate = draw_faces(np.full((height, width, 3), 96, np.uint8), [], reason)
    frames = (Frame(number, number, Fraction(1, 25), slate) for number in range(25))
    write_mp4(mp4, frames, Fraction(1))
    write_gif(gif, [in_256_colours(np.ascontiguousarray(slate[..., ::-1]))])


def with_nearest(
    frames: Iterable[Frame], analysed: Sequence[AnalysedFrame]
) -> Iterator[tuple[Frame, AnalysedFrame | None]]:
    """Yield each frame with the sampled frame nearest to it, of two the earlier.

    Where no frame was sampled, frames come with None.
    """
    indices = [found.index for found in analysed]
    for frame in frames:
        after = bisect_left(indices, frame.index)
        around = analysed[max(0, after - 1) : after + 1]
        nearest = min(around, key=lambda found: abs(found.index - frame.index), default=None)
        yield frame, nearest


def of_one_size(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Scale frames to the size of the first, to which the boxes of all of them refer."""
    shape: tuple[int, ...] = ()
    for frame in frames:
        shape = shape or frame.bgr.shape
        if frame.bgr.shape == shape:
            yield frame
        else:
            yield replace(frame, bgr=resized(frame.bgr, shape[1], shape[0]))


def resized(picture: Picture, width: int, height: int) -> Picture:
    """Scale a picture by averaging, which leaves no jagged edges where it gets smaller."""
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def evenly(indices: Sequence[int], most: int) -> list[int]:
    """Choose ``most`` of the indices, evenly spread from the first to the last, or all."""
    if len(indices) <= most:
        return list(indices)
    return [indices[round(position)] for position in np.linspace(0, len(indices) - 1, most)]


def draw_found(picture: Picture, found: AnalysedFrame | None) -> Picture:
    """Draw what was found in a sampled frame on a copy of a picture of the video's size."""
    if found is None:
        return draw_faces(picture, [], "not analysed")
    return draw_faces(picture, found.faces, caption(found), found.counted)


def caption(found: AnalysedFrame) -> str:
    """Describe a sampled frame in one line."""
    faces = "" if found.face else " · others only" if found.faces else " · no face"
    return f"frame {found.index} · {found.time:.2f} s{faces}"


def pixel_aspect(video: Path) -> Fraction:
    """Return how wide the pixels of a video are shown for their height, rotation applied.

    Of a video that cannot be read, 1: decoding it will report why.
    """
    with suppress(av.error.FFmpegError, IndexError), av.open(str(video)) as container:
        aspect = container.streams.video[0].sample_aspect_ratio
        picture = next(container.decode(video=0), None) if aspect else None
        if aspect and picture is not None:
            return 1 / aspect if picture.rotation % 180 else aspect
    return Fraction(1)


def write_mp4(path: Path, frames: Iterable[Frame], aspect: Fraction, threads: int = 1) -> None:
    """Encode frames at their times as H.264 that browsers play while they load it.

    Odd sizes, which H.264 in 4:2:0 cannot have, get one more row or column.

    Args:
        path: the file, with the suffix .mp4.
        frames: the frames, all of one size and time base; at least one.
        aspect: how wide pixels are shown for their height.
        threads: threads of the encoder.
    """
    to_planes = VideoReformatter()
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream: av.VideoStream | None = None
        for frame, duration in with_durations(frames):
            height, width = frame.bgr.shape[:2]
            if stream is None:
                stream = container.add_stream("libx264", options=X264)
                context = stream.codec_context
                context.width, context.height = width + width % 2, height + height % 2
                context.pix_fmt = "yuv420p"
                context.time_base = frame.time_base
                context.thread_count = threads
                context.sample_aspect_ratio = aspect
                context.flags |= Flags.frame_duration
                # Untagged, a player would guess the colours from the size.
                context.colorspace = Colorspace.ITU709
                context.color_primaries = ColorPrimaries.BT709
                context.color_trc = ColorTrc.BT709
                context.color_range = ColorRange.MPEG
            even = cv2.copyMakeBorder(frame.bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
            picture = to_planes.reformat(
                av.VideoFrame.from_ndarray(np.asarray(even, np.uint8), format="bgr24"),
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
            picture.pts, picture.time_base = frame.pts, frame.time_base
            picture.duration = duration
            container.mux(stream.encode(picture))
        if stream is not None:
            container.mux(stream.encode(None))


def with_durations(frames: Iterable[Frame]) -> Iterator[tuple[Frame, int]]:
    """Yield each frame with its duration in ticks: the last one lasts as long as the one before.

    A single frame lasts a tick.
    """
    duration = 1
    last: Frame | None = None
    for frame in frames:
        if last is not None:
            duration = frame.pts - last.pts
            yield last, duration
        last = frame
    if last is not None:
        yield last, duration


def gif_picture(bgr: Picture, found: AnalysedFrame | None, aspect: Fraction) -> Image.Image:
    """Draw what was found in a sampled frame on a small picture with 256 colours of its own.

    Args:
        bgr: the frame, uint8, (height, width, 3), blue first.
        found: with boxes in pixels of the frame.
        aspect: how wide pixels are shown for their height.
    """
    height, width = bgr.shape[:2]
    small_width, small_height = gif_size(width, height, aspect)
    if found is not None:
        across, down = small_width / width, small_height / height
        found = replace(found, faces=tuple(scaled(face, across, down) for face in found.faces))
    drawn = draw_found(resized(bgr, small_width, small_height), found)
    return in_256_colours(np.ascontiguousarray(drawn[..., ::-1]))


def in_256_colours(rgb: Picture) -> Image.Image:
    """Reduce a picture to the 256 colours that suit it best, those of the drawn faces among them.

    The thinnest bar keeps its colour in this way. Without dithering files are a third smaller
    than with it.

    Args:
        rgb: uint8, (height, width, 3), red first.
    """
    picture = Image.fromarray(rgb)
    inks = [channel for ink in INKS for channel in reversed(ink)]
    # A quarter of the size gives nearly the same colours, five times as fast.
    free = 256 - len(INKS)
    colours = picture.reduce(4).quantize(free, kmeans=1).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours[: 3 * free] + inks)
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def gif_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """Return the size of a GIF: as the video is shown, but at most GIF_WIDTH wide."""
    shown = width * aspect
    small_width = min(GIF_WIDTH, round(shown))
    return small_width, max(1, round(height * small_width / shown))


def scaled(face: Face, across: float, down: float) -> Face:
    """Return a face with its box on a picture of another size."""
    x, y, width, height = face.box
    return replace(
        face,
        box=whole_box(map(round, (x * across, y * down, width * across, height * down))),
    )


def write_gif(path: Path, pictures: Sequence[Image.Image]) -> None:
    """Write pictures as a GIF that repeats without end."""
    pictures[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=GIF_MILLISECONDS,
        loop=0,
    )

"""Videos with the analysed faces drawn on them: an MP4 of all frames, a GIF of the sampled ones.

Both are made from the source and its raw FER JSON in one pass, a few frames at a time.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from PIL import Image, ImageOps

from facetally.detect.face import whole_box
from facetally.errors import AnnotationError
from facetally.faces.counted import (
    BY_DEFAULT,
    NOTHING_KNOWN,
    AnalysedFrame,
    Counting,
    Known,
    read_analysed,
)
from facetally.report.drawing import INKS, Picture, draw_faces
from facetally.study.steps import EveryNthFrame
from facetally.video.ahead import ahead
from facetally.video.frames import Frame, sample_frames

GIF_FRAMES: Final = 150
GIF_WIDTH: Final = 480
GIF_MILLISECONDS: Final = 250
"""The maximum number of frames in a GIF, its maximum width in pixels, and how long a frame
lasts."""

SLATE: Final = (270, 480)
"""Height and width in pixels of the picture for a video without frames."""

X264: Final = {"preset": "veryfast", "crf": "20"}
"""With these, lines and text stay sharp, and encoding is about as fast as decoding."""


def annotate(
    video: Path,
    raw: Path,
    mp4: Path,
    gif: Path,
    threads: int = 1,
    counting: Counting = BY_DEFAULT,
    known: Known = NOTHING_KNOWN,
) -> None:
    """Draw what was found in a video onto its frames.

    Every frame shows the faces of the sampled frame nearest to it.

    Args:
        video: the source.
        raw: its raw FER JSON.
        mp4: the file to write: all frames, each at its own time, H.264, no sound.
        gif: the file to write: the sampled frames, or GIF_FRAMES of them, four per second.
        threads: threads for the decoder and for the encoder.
        counting: how the face that counts in a frame is chosen.
        known: what it is chosen by, besides the faces.

    Raises:
        VideoError: if the video cannot be read.
        RawFormatError: if the raw file does not have the documented format.
        AnnotationError: if the raw file has a frame that the video does not have.
    """
    analysed = read_analysed(raw, counting, known)
    # If nothing is analysed, the first frame represents the video.
    in_gif = set(evenly([found.index for found in analysed] or [0], GIF_FRAMES))
    pictures: list[Image.Image] = []

    def drawn(frames: Iterable[Frame]) -> Iterator[Frame]:
        last = -1
        size: tuple[int, int] | None = None
        for frame, nearest in with_nearest(frames, analysed):
            last, size = frame.index, size or frame.size
            found = fitted(nearest, frame.size)
            if last in in_gif:
                pictures.append(gif_picture(frame.bgr, found, size))
            yield replace(frame, bgr=letterboxed(draw_found(frame.bgr, found), size))
        if analysed and analysed[-1].index > last:
            raise AnnotationError(
                f"{raw}: has frame {analysed[-1].index}, but the last frame of {video} is "
                f"{last}; delete the raw file and run again"
            )

    frames = sample_frames(video, EveryNthFrame(1), threads)
    write_mp4(mp4, drawn(ahead(frames) if threads > 1 else frames), threads)
    write_gif(gif, pictures)


def annotate_nothing(reason: str, mp4: Path, gif: Path) -> None:
    """Write one second of a grey picture that says why a video could not be analysed.

    Args:
        reason: why, in a few words.
        mp4: the file to write.
        gif: the file to write.
    """
    height, width = SLATE
    slate = draw_faces(np.full((height, width, 3), 96, np.uint8), [], reason)
    frames = (Frame(number, number, Fraction(1, 25), slate) for number in range(25))
    write_mp4(mp4, frames)
    write_gif(gif, [in_256_colours(np.ascontiguousarray(slate[..., ::-1]))])


def with_nearest(
    frames: Iterable[Frame], analysed: Sequence[AnalysedFrame]
) -> Iterator[tuple[Frame, AnalysedFrame | None]]:
    """Yield each frame with the nearest sampled frame; the earlier one if two are equally near.

    If no frame was sampled, each comes with None.
    """
    indices = [found.index for found in analysed]
    for frame in frames:
        after = bisect_left(indices, frame.index)
        around = analysed[max(0, after - 1) : after + 1]
        nearest = min(around, key=lambda found: abs(found.index - frame.index), default=None)
        yield frame, nearest


def fitted(found: AnalysedFrame | None, size: tuple[int, int]) -> AnalysedFrame | None:
    """Return a sampled frame with its boxes scaled to a picture of another size.

    Args:
        found: the frame; a size of None means that of the picture.
        size: width and height of the picture in pixels.
    """
    if found is None or found.size in (None, size):
        return found
    return scaled(found, size[0] / found.size[0], size[1] / found.size[1])


def letterboxed(picture: Picture, size: tuple[int, int]) -> Picture:
    """Scale a picture to a size, with black bars if its aspect ratio differs.

    Args:
        picture: uint8, (height, width, 3).
        size: width and height in pixels.
    """
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    image = Image.fromarray(picture)
    return np.asarray(ImageOps.pad(image, size, Image.Resampling.BOX, color=0), np.uint8)


def resized(picture: Picture, width: int, height: int) -> Picture:
    """Scale a picture by averaging, which leaves no jagged edges when it gets smaller."""
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def evenly(indices: Sequence[int], most: int) -> list[int]:
    """Choose up to ``most`` of the indices, evenly spread from the first to the last."""
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
    if found.face:
        faces = ""
    elif None in found.left_out:
        faces = " · others only"
    else:
        faces = " · left out" if found.faces else " · no face"
    return f"frame {found.index} · {found.time:.2f} s{faces}"


def write_mp4(path: Path, frames: Iterable[Frame], threads: int = 1) -> None:
    """Encode frames at their times as H.264 that browsers can play while it loads.

    Odd sizes get one more row or column, since H.264 in 4:2:0 cannot have them.

    Args:
        path: the file, with the suffix .mp4.
        frames: the frames, all of one size and time base; at least one.
        threads: threads for the encoder.
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


def gif_picture(bgr: Picture, found: AnalysedFrame | None, size: tuple[int, int]) -> Image.Image:
    """Draw what was found in a sampled frame on a small picture with 256 colours of its own.

    Args:
        bgr: the frame, uint8, (height, width, 3), blue first.
        found: with boxes in pixels of the frame.
        size: width and height of the video's first frame in pixels.
    """
    height, width = bgr.shape[:2]
    small_width, small_height = gif_size(width, height)
    if found is not None:
        found = scaled(found, small_width / width, small_height / height)
    drawn = draw_found(resized(bgr, small_width, small_height), found)
    return in_256_colours(np.ascontiguousarray(letterboxed(drawn, gif_size(*size))[..., ::-1]))


def in_256_colours(rgb: Picture) -> Image.Image:
    """Reduce a picture to the 256 colours that suit it best, including those of the drawn faces.

    This way, even the thinnest bar keeps its colour. Without dithering, files are a third smaller.

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


def gif_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of a GIF: the size of the video, but at most GIF_WIDTH wide."""
    small_width = min(GIF_WIDTH, width)
    return small_width, max(1, round(height * small_width / width))


def scaled(found: AnalysedFrame, across: float, down: float) -> AnalysedFrame:
    """Return a sampled frame with its boxes scaled by two factors."""
    times = (across, down, across, down)
    faces = (
        replace(
            face, box=whole_box(round(side * by) for side, by in zip(face.box, times, strict=True))
        )
        for face in found.faces
    )
    return replace(found, faces=tuple(faces))


def write_gif(path: Path, pictures: Sequence[Image.Image]) -> None:
    """Write pictures as a GIF that repeats forever."""
    pictures[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=GIF_MILLISECONDS,
        loop=0,
    )

"""Decoded pictures as a player shows them; docs/videos.md says what is done, and in which order.

All pixels come from FFmpeg, through its filters and swscale.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import atan2, pi
from typing import Any, Final

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph
from av.sidedata.sidedata import Type
from av.video.reformatter import (
    ColorPrimaries,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)

from facetally.video.status import TIME_DECIMALS, Treatment

TICK: Final = Fraction(1, av.time_base)
"""FFmpeg's own time base in seconds, used if a stream has none."""

HDR: Final[Mapping[int, str]] = {ColorTrc.SMPTE2084: "PQ", ColorTrc.ARIB_STD_B67: "HLG"}
WIDE: Final[Mapping[int, str]] = {
    ColorPrimaries.BT2020: "BT.2020",
    ColorPrimaries.SMPTE431: "DCI-P3",
    ColorPrimaries.SMPTE432: "Display P3",
}
"""Transfer characteristics and primaries that pictures for ordinary screens do not have. Those of
standard definition are close enough to BT.709 for players to leave them unchanged."""

UNKNOWN_COLOURS: Final = "unknown, taken for BT.709"

UNLIKELY_ASPECT: Final = 10
"""Pixels this many times as wide as high, or as high as wide, are assumed to be a mistake."""

DEINTERLACER: Final = ("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
"""The Bob Weaver deinterlacing filter, one picture per frame; it uses the pictures before and
after."""


@dataclass(frozen=True)
class Picture:
    """One decoded picture.

    Attributes:
        index: position in the decoded stream, from 0.
        frame: the picture as FFmpeg gives it, or deinterlaced.
        pts: its time stamp as FFmpeg gives it, in units of ``time_base``.
        start: the time stamp of the first picture.
        rate: the stream's average frame rate.
        aspect: the ratio of a pixel's width to its height.
        deinterlaced: whether the picture has been deinterlaced.
    """

    index: int
    frame: av.VideoFrame
    pts: int | None
    start: int
    rate: Fraction
    aspect: Fraction
    deinterlaced: bool = False

    @property
    def time_base(self) -> Fraction:
        """Seconds per tick of time stamps."""
        return self.frame.time_base or TICK

    @property
    def time(self) -> Fraction:
        """Seconds from the first picture, if there is a time stamp."""
        return ((self.pts or 0) - self.start) * self.time_base


class Display:
    """Converts decoded pictures to those that a player shows.

    Args:
        treatment: records what was done.
    """

    def __init__(self, treatment: Treatment) -> None:
        self._treatment = treatment
        # They keep their tables between pictures.
        self._ordinary = VideoReformatter()
        self._mapped = VideoReformatter()

    def bgr(self, picture: Picture) -> npt.NDArray[np.uint8]:
        """Return the pixels of a picture.

        swscale converts them to BGR and square pixels, bicubically and by the picture's colour
        tags; HDR and wide gamut become BT.709 (swscale's perceptual tone mapping). Then the
        display matrix is applied.

        Returns:
            uint8, (height, width, 3), blue first.
        """
        frame = picture.frame
        colours = _colours(frame)
        try:
            image = self._converted(picture, mapped=bool(colours))
        except av.error.OSError:  # swscale does not know its tags, but players show it.
            image = self._converted(picture, src_colorspace=Colorspace.ITU709)
            colours = UNKNOWN_COLOURS
        mirrored, turns = orientation(frame)
        bgr = np.asarray(image.to_ndarray(), np.uint8)
        bgr = np.ascontiguousarray(np.rot90(bgr[:, ::-1] if mirrored else bgr, -turns), np.uint8)
        done = self._treatment
        done.rotated = done.rotated or 90 * turns
        done.mirrored |= mirrored
        done.deinterlaced += picture.deinterlaced
        done.tone_mapped = done.tone_mapped or colours
        if picture.aspect != 1:
            done.pixel_aspect = f"{picture.aspect.numerator}:{picture.aspect.denominator}"
        if picture.index == 0:
            done.start_time = round(float(picture.start * picture.time_base), TIME_DECIMALS)
        size = [bgr.shape[1], bgr.shape[0]]
        if size not in done.sizes:
            done.sizes.append(size)
        return bgr

    def _converted(
        self,
        picture: Picture,
        *,
        mapped: bool = False,
        src_colorspace: Colorspace | None = None,
    ) -> av.VideoFrame:
        width, height = _square(picture)
        return (self._mapped if mapped else self._ordinary).reformat(
            picture.frame,
            format="bgr24",
            width=width,
            height=height,
            src_colorspace=src_colorspace,
            interpolation=Interpolation.BICUBIC,
            dst_color_trc=ColorTrc.BT709 if mapped else None,
            dst_color_primaries=ColorPrimaries.BT709 if mapped else None,
        )


def _square(picture: Picture) -> tuple[int, int]:
    """Return width and height of a picture in square pixels, before rotation.

    The height is kept, as in FFmpeg's player.
    """
    return max(1, round(picture.frame.width * picture.aspect)), picture.frame.height


def shown_size(picture: Picture) -> tuple[int, int]:
    """Return width and height of a picture as it is shown, in square pixels."""
    width, height = _square(picture)
    _, turns = orientation(picture.frame)
    return (height, width) if turns % 2 else (width, height)


def pixel_aspect(stream: av.VideoStream) -> Fraction:
    """Return the ratio of width to height of a stream's pixels; 1 if unknown or unlikely."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    likely = Fraction(1, UNLIKELY_ASPECT) <= aspect <= UNLIKELY_ASPECT
    return aspect if likely else Fraction(1)


def _colours(frame: av.VideoFrame) -> str:
    """Return the name of a picture's colours if they are not for ordinary screens; else empty."""
    return HDR.get(frame.color_trc) or WIDE.get(frame.color_primaries) or ""


def orientation(frame: av.VideoFrame) -> tuple[bool, int]:
    """Return how a picture has to be turned, by its display matrix.

    Returns:
        Whether left and right have to be swapped, and then the number of quarter turns
        clockwise, from 0 to 3.
    """
    try:
        side_data: Mapping[Any, Any] = frame.side_data
    except ValueError:  # PyAV does not know all of FFmpeg's kinds of side data.
        return False, round(-frame.rotation / 90) % 4
    if Type.DISPLAYMATRIX not in side_data:
        return False, 0
    # Nine numbers of 32 bits: x' = ax + cy, y' = bx + dy (libavutil/display.h).
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(side_data[Type.DISPLAYMATRIX]))
    mirrored = a * d < b * c
    angle = atan2(-b, -a) if mirrored else atan2(b, a)
    return mirrored, round(angle / (pi / 2)) % 4


def deinterlaced(before: Picture | None, picture: Picture, after: Picture | None) -> Picture:
    """Return a picture deinterlaced if it is flagged as interlaced, otherwise unchanged.

    Args:
        before: the picture before it, if there is one.
        picture: the picture as FFmpeg gives it.
        after: the picture after it, if there is one.
    """
    frame = picture.frame
    if not frame.interlaced_frame:
        return picture
    shape = (frame.width, frame.height, frame.format.name)
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=picture.time_base
    )
    graph.link_nodes(source, graph.add(*DEINTERLACER), graph.add("buffersink")).configure()
    around = [one.frame for one in (before, picture, after) if one is not None]
    alike = [one for one in around if (one.width, one.height, one.format.name) == shape]
    for one in alike:
        graph.vpush(one)
    graph.vpush(None)
    for _ in range(alike.index(frame) + 1):
        whole = graph.vpull()
    whole.pts, whole.time_base = frame.pts, frame.time_base
    return replace(picture, frame=whole, deinterlaced=True)

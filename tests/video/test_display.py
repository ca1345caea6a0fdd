"""Pictures as a player shows them: each kind of file compared with one that needs no treatment."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from facetally.study.steps import EveryNthFrame
from facetally.video.display import deinterlaced
from facetally.video.frames import Frame, has_several_sizes, read_frames, sample_frames
from facetally.video.sampling import sample_video
from facetally.video.status import Treatment, VideoStatus, read_status, write_status
from support.clips import noise, remuxed, write_clip

LOSSLESS = {"pix_fmt": "yuv444p", "options": {"qp": "0"}}
"""Keeps every pixel's colours, however the picture is turned."""

SMOOTH = [cv2.GaussianBlur(picture, (0, 0), 6) for picture in noise(9)]
"""Pictures that survive a change of size."""


def frames_of(video: Path, every_nth_frame: int = 1) -> list[Frame]:
    return list(sample_frames(video, EveryNthFrame(every_nth_frame)))


def sampled(video: Path, every_nth_frame: int = 1) -> tuple[VideoStatus, list[Frame]]:
    """Sample a video, keep its frames and its status, and read both back."""
    kept, index, status = (
        video.with_name(name) for name in ("kept.nut", "kept.json", "status.json")
    )
    write_status(status, sample_video(video, kept, index, EveryNthFrame(every_nth_frame), 10**9))
    return read_status(status), list(read_frames(kept, index))


def treatment(video: Path) -> Treatment:
    return sampled(video)[0].treatment


def difference(frame: Frame, other: np.ndarray) -> float:
    """The mean absolute difference of two pictures of one size, in levels of 255."""
    assert frame.bgr.shape == other.shape
    return float(np.abs(frame.bgr.astype(int) - other).mean())


def with_matrix(video: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Give an MP4 a display matrix: a, b, c, d of x' = ax + cy, y' = bx + dy (14496-12, 8.3.2)."""
    content = bytearray(video.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    for place, number in zip((0, 4, 12, 16), matrix, strict=True):
        content[at + place : at + place + 4] = (number << 16).to_bytes(4, "big", signed=True)
    video.write_bytes(content)
    return video


ORIENTATIONS: dict[str, tuple[tuple[int, int, int, int], Callable[..., Any], int, bool]] = {
    "upright": ((1, 0, 0, 1), lambda upright: upright, 0, False),
    "mirrored": ((-1, 0, 0, 1), lambda upright: upright[:, ::-1], 0, True),
    "upside down": ((-1, 0, 0, -1), lambda upright: upright[::-1, ::-1], 180, False),
    "flipped": ((1, 0, 0, -1), lambda upright: upright[::-1], 180, True),
    "transposed": ((0, 1, 1, 0), lambda upright: upright.swapaxes(0, 1), 270, True),
    "quarter turn": ((0, 1, -1, 0), lambda upright: np.rot90(upright), 90, False),
    "other transposed": (
        (0, -1, -1, 0),
        lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
        90,
        True,
    ),
    "other quarter turn": ((0, -1, 1, 0), lambda upright: np.rot90(upright, -1), 270, False),
}


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_all_eight_orientations_are_shown_upright(tmp_path: Path, name: str) -> None:
    matrix, turned, rotated, mirrored = ORIENTATIONS[name]
    upright = frames_of(write_clip(tmp_path / "upright.mp4", noise(3), **LOSSLESS))
    contents = [np.ascontiguousarray(turned(picture)) for picture in noise(3)]
    video = with_matrix(write_clip(tmp_path / "a.mp4", contents, **LOSSLESS), matrix)
    status, frames = sampled(video)
    for frame, expected in zip(frames, upright, strict=True):
        assert difference(frame, expected.bgr) < 1
    assert (status.treatment.rotated, status.treatment.mirrored) == (rotated, mirrored)
    assert status.treatment.sizes == [[160, 120]]


def write_streams(
    path: Path, streams: Sequence[tuple[np.ndarray, Disposition]], codec: str = "libx264"
) -> Path:
    """Write a file of several video streams of five equal pictures each."""
    with av.open(str(path), "w") as container:
        added = []
        for picture, disposition in streams:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.disposition = disposition
            added.append((stream, picture))
        for number in range(6):
            for stream, picture in added:
                frame = None
                if number < 5:
                    frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                    frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
    return path


BLACK, SMALL, LARGE = (
    np.full((*shape, 3), level, np.uint8)
    for shape, level in (((120, 160), 16), ((40, 60), 100), ((120, 160), 200))
)


@pytest.mark.parametrize(
    ("streams", "taken"),
    [
        ([(BLACK, Disposition(0)), (LARGE, Disposition.default)], 1),
        ([(SMALL, Disposition(0)), (LARGE, Disposition(0))], 1),
        ([(LARGE, Disposition.default), (BLACK, Disposition.default)], 0),
        ([(SMALL, Disposition.default), (LARGE, Disposition(0))], 0),
    ],
    ids=["default", "largest", "first", "default but small"],
)
def test_of_several_streams_the_one_a_player_shows(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    streams: Sequence[tuple[np.ndarray, Disposition]],
    taken: int,
) -> None:
    caplog.set_level("INFO")
    status, frames = sampled(write_streams(tmp_path / "a.mkv", streams))
    assert difference(frames[0], streams[taken][0]) < 5
    assert (status.treatment.stream, status.treatment.streams) == (taken, 2)
    assert f"video stream {taken + 1} of 2" in caplog.text


def hdr(picture: np.ndarray, transfer: ColorTrc) -> np.ndarray:
    """Convert an ordinary picture to BT.2020 with white at 203 cd/m2, following BT.2408.

    Returns:
        16-bit RGB.
    """
    to_2020 = np.array(  # BT.2087, table 2
        [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    )
    light = (picture[..., ::-1] / 255) ** 2.4 @ to_2020.T
    if transfer == ColorTrc.SMPTE2084:  # BT.2100, table 4
        power = (light * 203 / 10_000) ** 0.1593017578125
        signal = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    elif transfer == ColorTrc.ARIB_STD_B67:  # BT.2100, table 5, for a screen of 1000 cd/m2
        scene = (light * 203 / 1000) ** (1 / 1.2)
        over = np.maximum(12 * scene - 0.28466892, 1e-6)
        signal = np.where(
            scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * np.log(over) + 0.55991073
        )
    else:
        signal = light ** (1 / 2.4)
    return (np.clip(signal, 0, 1) * 65535).round().astype(np.uint16)


def write_wide(
    path: Path, pictures: Sequence[np.ndarray], transfer: ColorTrc, matrix: int = 9
) -> Path:
    """Write pictures in BT.2020, tagged with a matrix: 9 is BT.2020, non-constant luminance."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv444p10le"
        context = stream.codec_context
        context.color_primaries = ColorPrimaries.BT2020
        context.color_trc = transfer
        context.colorspace = matrix
        context.color_range = ColorRange.MPEG
        for number, picture in enumerate(pictures):
            planes = av.VideoFrame.from_ndarray(hdr(picture, transfer), format="rgb48le").reformat(
                format="yuv444p10le",
                dst_colorspace=Colorspace.BT2020,
                dst_color_range=ColorRange.MPEG,
            )
            planes.pts, planes.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(planes))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("transfer", "name"),
    [
        (ColorTrc.SMPTE2084, "PQ"),
        (ColorTrc.ARIB_STD_B67, "HLG"),
        (ColorTrc.BT709, "BT.2020"),
    ],
)
def test_hdr_and_wide_gamut_look_as_on_an_ordinary_screen(
    tmp_path: Path, transfer: ColorTrc, name: str
) -> None:
    # A player may show the brightest and the most saturated colours as it likes.
    pictures = [(0.7 * picture + 0.15 * picture.mean()).astype(np.uint8) for picture in SMOOTH]
    video = write_wide(tmp_path / "a.mkv", pictures[:2], transfer)
    status, frames = sampled(video)
    assert difference(frames[0], pictures[0]) < 5
    assert status.treatment.tone_mapped == name
    with av.open(str(video)) as container:
        untreated = next(container.decode(video=0)).to_ndarray(format="bgr24")
    assert difference(frames[0], pictures[0]) < difference(frames[0], untreated) / 2


@pytest.mark.parametrize("matrix", [14, 15, 8], ids=["ICtCp", "IPT-C2", "YCgCo"])
def test_colours_that_ffmpeg_does_not_know_are_shown_all_the_same(
    tmp_path: Path, matrix: int
) -> None:
    video = write_wide(tmp_path / "a.mkv", SMOOTH[:2], ColorTrc.SMPTE2084, matrix)
    status, frames = sampled(video)
    assert status.problem is None
    assert [frame.size for frame in frames] == [(160, 120)] * 2
    assert status.treatment.tone_mapped == "unknown, taken for BT.709"


@pytest.mark.parametrize("aspect", [Fraction(16, 9), Fraction(64, 45), Fraction(3, 4)])
@pytest.mark.parametrize("rotation", [0, 90])
def test_pixels_are_square(tmp_path: Path, aspect: Fraction, rotation: int) -> None:
    narrow = [cv2.resize(one, (round(160 / aspect), 120)) for one in SMOOTH]
    narrow = [one[:, : one.shape[1] // 2 * 2] for one in narrow]
    coded = write_clip(tmp_path / "coded.mp4", narrow, options={"qp": "1"})
    ratio = f"{aspect.numerator}/{aspect.denominator}"
    bitstream = f"h264_metadata=sample_aspect_ratio={ratio}"
    video = remuxed(coded, "-display_rotation", str(rotation), "|", "-bsf:v", bitstream)
    status, frames = sampled(video)
    width = round(narrow[0].shape[1] * aspect)
    expected = np.rot90(cv2.resize(narrow[0], (width, 120)), rotation // 90)
    assert difference(frames[0], expected) < 4
    assert status.treatment.pixel_aspect == ratio.replace("/", ":")


def test_an_unlikely_pixel_is_taken_for_square(tmp_path: Path) -> None:
    coded = write_clip(tmp_path / "coded.mp4", SMOOTH)
    video = remuxed(coded, "|", "-bsf:v", "h264_metadata=sample_aspect_ratio=1/400")
    assert frames_of(video)[0].size == (160, 120)
    assert treatment(video).pixel_aspect == "1:1"


def test_each_part_has_its_own_size(tmp_path: Path) -> None:
    shapes = {"a.ts": (120, 160), "b.ts": (160, 90), "c.ts": (60, 80)}
    parts = {
        name: write_clip(tmp_path / name, noise(5, *shape), options={"qp": "1"})
        for name, shape in shapes.items()
    }
    alone = [frame.bgr for part in parts.values() for frame in frames_of(part)]
    video = tmp_path / "whole.ts"
    video.write_bytes(b"".join(part.read_bytes() for part in parts.values()))
    status, frames = sampled(video)
    assert [frame.index for frame in frames] == list(range(15))
    assert all(np.array_equal(a.bgr, b) for a, b in zip(frames, alone, strict=True))
    assert status.treatment.sizes == [[160, 120], [90, 160], [80, 60]]
    assert has_several_sizes(tmp_path / "kept.json")
    sampled(parts["a.ts"])
    assert not has_several_sizes(tmp_path / "kept.json")


def woven(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Interlaced pictures, the bottom field first: the lines of two successive ones in turn."""
    frames = []
    for bottom, top in zip(pictures[::2], pictures[1::2], strict=True):
        frame = top.copy()
        frame[1::2] = bottom[1::2]
        frames.append(frame)
    return frames


def panned(frames: int) -> list[np.ndarray]:
    # Grey: in 4:2:0, colours have half the lines.
    wide = cv2.GaussianBlur(noise(1, 120, 400)[0], (0, 0), 3)[..., :1].repeat(3, axis=2)
    return [np.ascontiguousarray(wide[:, 6 * n : 6 * n + 160]) for n in range(frames)]


INTERLACED = {
    "codec": "libx264",
    "options": {"qp": "1", "flags": "+ildct+ilme"},
}


@pytest.mark.parametrize("every_nth_frame", [1, 5])
def test_interlaced_pictures_are_deinterlaced(tmp_path: Path, every_nth_frame: int) -> None:
    whole = panned(36)
    video = write_clip(tmp_path / "a.mkv", woven(whole), **INTERLACED)
    status, frames = sampled(video, every_nth_frame)
    assert [frame.index for frame in frames] == list(range(0, 18, every_nth_frame))
    assert status.treatment.deinterlaced == len(frames)
    for frame in frames:
        combed = difference(frame, whole[2 * frame.index])
        untreated = np.abs(woven(whole)[frame.index].astype(int) - whole[2 * frame.index]).mean()
        assert combed < untreated / 3
    threaded = sample_frames(video, EveryNthFrame(every_nth_frame), threads=2)
    for one, two in zip(frames, threaded, strict=True):
        assert np.array_equal(one.bgr, two.bgr) and one.time == two.time


def test_progressive_pictures_are_untouched() -> None:
    frame = av.VideoFrame.from_ndarray(noise(1)[0], format="bgr24")
    picture: Any = type("Picture", (), {"frame": frame})
    assert deinterlaced(None, picture, None) is picture


@pytest.mark.parametrize(
    ("name", "options", "start"),
    [
        ("a.ts", (), 1.4),
        ("late.ts", ("-output_ts_offset", "100"), 101.4),
        ("late.mkv", ("-output_ts_offset", "100"), 100.0),
        ("fragments.mp4", ("-movflags", "frag_keyframe+empty_moov", "-use_editlist", "0"), 0.08),
    ],
)
def test_time_starts_at_the_first_picture(
    tmp_path: Path, name: str, options: Sequence[str], start: float
) -> None:
    plain = write_clip(tmp_path / "plain.mp4", noise(30))
    video = remuxed(plain, "|", *options, name=name)
    status, frames = sampled(video, 10)
    assert [round(frame.time, 2) for frame in frames] == [0, 0.4, 0.8]
    assert status.treatment.start_time == pytest.approx(start, abs=0.09)


def test_an_ordinary_video_needs_nothing(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.mp4", noise(9))
    apart = [0.04, 0.04]
    assert treatment(video) == Treatment(sizes=[[160, 120]], apart=apart)

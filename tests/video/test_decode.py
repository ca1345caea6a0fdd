"""Partial decoding returns exactly the pictures of complete decoding."""

import hashlib
import random
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import pytest
from facetally.errors import VideoError
from facetally.study.steps import EveryNthFrame
from facetally.video.decode import Picture, _decode_all, _plan, picked, sampled_pictures
from support.clips import damaged, noise, write_clip

Told = tuple[int, int | None, bytes]

FRAMES = 90

PLANNED: dict[str, dict[str, Any]] = {
    "default.mp4": {},
    "strict-pyramid-and-open-gop.mp4": {
        "bf": "8",
        "b_strategy": "2",
        "x264-params": "b-pyramid=strict:open-gop=1:keyint=30",
    },
    "no-pyramid.mp4": {"x264-params": "b-pyramid=none:bframes=3:keyint=20"},
    "many-b-frames.mp4": {"x264-params": "bframes=16:b-adapt=0"},
    "slices.mp4": {"x264-params": "slices=4"},
    "open-gop.mkv": {"x264-params": "open-gop=1:keyint=25"},
    "very-slow.mov": {"preset": "veryslow"},
    "interlaced.mp4": {"flags": "+ildct+ilme", "x264-params": "tff=1"},
}
"""Variants of x264, in containers whose packets tell what a picture is for."""

WHOLE: dict[str, dict[str, Any]] = {
    "no-b-frames.mp4": {"options": {"bf": "0", "refs": "1"}},
    "mpeg4.avi": {"codec": "mpeg4"},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "h264.avi": {},
    "h264.ts": {},
}
"""Codecs and containers that are decoded as a whole."""


def said(pictures: Iterable[Picture]) -> tuple[list[Told], str]:
    """Return each picture's index, time stamp and digest of its pixels, and the error's type."""
    seen: list[Told] = []
    try:
        for picture in pictures:
            pixels = picture.frame.to_ndarray().tobytes()
            seen.append((picture.index, picture.frame.pts, hashlib.sha256(pixels).digest()))
    except (VideoError, av.error.FFmpegError) as error:
        return seen, type(error).__name__
    return seen, ""


def whole(video: Path, every_nth_frame: int) -> tuple[list[Told], str]:
    """Decode all pictures and return the wanted ones."""
    return said(picked(_decode_all(video), EveryNthFrame(every_nth_frame)))


def check_equals_whole(video: Path, every_nth_frame: int = 7) -> int:
    """Compare with complete decoding, on one and two threads; return the number of pictures."""
    expected, error = whole(video, every_nth_frame)
    assert error == ""
    for threads in (1, 2):
        assert said(sampled_pictures(video, EveryNthFrame(every_nth_frame), threads)) == (
            expected,
            "",
        )
    return len(expected)


def indices_and_stamps(seen: tuple[list[Told], str]) -> tuple[list[tuple[int, int | None]], str]:
    return [(index, pts) for index, pts, _ in seen[0]], seen[1]


def packets(video: Path) -> list[av.Packet]:
    with av.open(str(video)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A clip of each variant of x264."""
    folder = tmp_path_factory.mktemp("clips")
    frames = noise(FRAMES)
    return {
        name: write_clip(folder / name, frames, options=options)
        for name, options in PLANNED.items()
    }


@pytest.mark.parametrize("every_nth_frame", [1, 2, 7, 1000])
@pytest.mark.parametrize("name", PLANNED)
def test_pictures_equal_those_of_whole_decoding(
    clips: dict[str, Path], name: str, every_nth_frame: int
) -> None:
    given = check_equals_whole(clips[name], every_nth_frame)
    assert given == len(range(0, FRAMES, every_nth_frame))


@pytest.mark.parametrize("name", PLANNED)
def test_a_plan_leaves_pictures_out_and_accounts_for_all(
    clips: dict[str, Path], name: str
) -> None:
    plan = _plan(clips[name], EveryNthFrame(7))
    assert plan is not None
    assert plan.left_out
    assert len(plan.expected) + len(plan.left_out) == FRAMES
    assert not plan.left_out & set(plan.expected)
    assert plan.expected == sorted(plan.expected)
    assert sorted(plan.index.values()) == list(range(0, FRAMES, 7))
    assert plan.index.keys() <= set(plan.expected)


def test_x264_as_it_is_by_default_decodes_a_third_less(clips: dict[str, Path]) -> None:
    plan = _plan(clips["default.mp4"], EveryNthFrame(20))
    assert plan is not None
    assert len(plan.left_out) > FRAMES / 3


def test_a_plan_is_carried_out_to_the_end(
    clips: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    plan = _plan(clips["default.mp4"], EveryNthFrame(7))
    assert plan is not None
    with caplog.at_level("INFO", "facetally.video.decode"):
        list(sampled_pictures(clips["default.mp4"], EveryNthFrame(7), 1))
    assert [record.getMessage() for record in caplog.records] == [
        f"{clips['default.mp4']}: {len(plan.expected)} frames decoded, "
        f"{len(plan.left_out)} left out"
    ]


def test_every_picture_needs_no_plan(clips: dict[str, Path]) -> None:
    assert _plan(clips["default.mp4"], EveryNthFrame(1)) is None


@pytest.mark.parametrize("name", WHOLE)
def test_other_streams_are_decoded_as_a_whole(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, noise(30), **WHOLE[name])
    assert _plan(path, EveryNthFrame(7)) is None
    assert check_equals_whole(path) == 5


@pytest.mark.parametrize("start", ["0.9", "1.5", "2.2"])
def test_packets_discarded_by_an_edit_list_count_for_nothing(
    clips: dict[str, Path], tmp_path: Path, start: str
) -> None:
    cut = tmp_path / "cut.mp4"
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(),
            *("-v", "error", "-ss", start, "-i", clips["no-pyramid.mp4"], "-c", "copy", cut),
        ],
        check=True,
        timeout=60,
    )
    discarded = sum(packet.is_discard for packet in packets(cut))
    assert discarded > 0
    shown = len(packets(cut)) - discarded
    plan = _plan(cut, EveryNthFrame(7))
    assert plan is not None
    assert sorted(plan.index.values()) == list(range(0, shown, 7))
    assert check_equals_whole(cut) == len(range(0, shown, 7))


@pytest.mark.parametrize("name", ["woman2.mp4", "single_face.mp4", "no_face.mp4"])
def test_clips_of_people(clips_of_people: Path, name: str) -> None:
    for every_nth_frame in (7, 20):
        check_equals_whole(clips_of_people / "videos" / name, every_nth_frame)


@pytest.mark.parametrize("part", [0.3, 0.5, 0.77, 0.95])
def test_a_file_cut_short_gives_what_it_has(tmp_path: Path, part: float) -> None:
    path = write_clip(
        tmp_path / "clip.mp4", noise(FRAMES), container_options={"movflags": "faststart"}
    )
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    # FFmpeg's threads hold pictures back that an error at the end would lose.
    for threads in (1, 2, 4):
        seen = said(sampled_pictures(path, EveryNthFrame(7), threads))
        assert seen == whole(path, 7)
        assert 0 < len(seen[0]) < len(range(0, FRAMES, 7)) + (part > 0.9)


def test_damaged_files_give_the_same_indices_and_times(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    rng = random.Random(7)  # noqa: S311
    miscounted: list[tuple[int, str]] = []
    other_pixels: list[tuple[int, str]] = []
    for number in range(60):
        source = rng.choice(list(clips.values()))
        path = tmp_path / f"{number}{source.suffix}"
        path.write_bytes(damaged(source.read_bytes(), rng))
        seen, expected = (
            said(sampled_pictures(path, EveryNthFrame(7), 1 + number % 3)),
            whole(path, 7),
        )
        if indices_and_stamps(seen) != indices_and_stamps(expected):
            # Only a picture that is left out is lost or out of place.
            plan = _plan(path, EveryNthFrame(7))
            assert plan is not None, (number, source.name)
            stamps = [picture.frame.pts for picture in _decode_all(path)]
            assert [pts for pts in stamps if pts not in plan.left_out] == plan.expected
            assert stamps != sorted([*plan.expected, *plan.left_out])
            miscounted.append((number, source.name))
        elif seen != expected:
            other_pixels.append((number, source.name))
    assert len(miscounted) <= 2, miscounted
    # FFmpeg patches damaged pictures from earlier ones, one of which may be left out.
    assert len(other_pixels) <= 5, other_pixels


def test_packets_that_cannot_be_read_make_no_plan(clips: dict[str, Path], tmp_path: Path) -> None:
    # FFmpeg refuses the memory for a packet as large as the table of sizes now says.
    content = clips["default.mp4"].read_bytes()
    sizes = content.index(b"stsz") + 16
    at = sizes + 4 * (FRAMES // 2)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content[:at] + b"\x3c\x04\x85\xd9" + content[at + 4 :])
    expected = whole(path, 7)
    assert expected[0]
    for threads in (1, 2):
        assert said(sampled_pictures(path, EveryNthFrame(7), threads)) == expected


def overwrite(video: Path, target: Path, number: int, offset: int, content: bytes) -> Path:
    """Copy a video, with bytes of its packet of this number (in decoding order) replaced."""
    start = packets(video)[number].pos + offset
    changed = bytearray(video.read_bytes())
    changed[start : start + len(content)] = content
    target.write_bytes(changed)
    return target


@pytest.mark.parametrize("number", [10, 40, FRAMES - 1])
@pytest.mark.parametrize(
    ("offset", "content"),
    [(4, b"\xff"), (0, b"\x00\x00\x00\x00"), (0, b"\x7f\xff\xff\xff")],
    ids=["forbidden bit", "empty unit", "unit longer than its packet"],
)
def test_a_damaged_unit_header_makes_no_plan(
    clips: dict[str, Path], tmp_path: Path, number: int, offset: int, content: bytes
) -> None:
    path = overwrite(clips["default.mp4"], tmp_path / "damaged.mp4", number, offset, content)
    assert _plan(path, EveryNthFrame(7)) is None
    assert indices_and_stamps(
        said(sampled_pictures(path, EveryNthFrame(7), 1))
    ) == indices_and_stamps(whole(path, 7))


def test_a_plan_that_does_not_hold_is_given_up_on_the_way(
    clips: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    size = packets(clips["default.mp4"])[40].size
    path = overwrite(clips["default.mp4"], tmp_path / "damaged.mp4", 40, 12, b"\xa5" * (size - 12))
    assert _plan(path, EveryNthFrame(7)) is not None
    with caplog.at_level("INFO", "facetally.video.decode"):
        seen = said(sampled_pictures(path, EveryNthFrame(7), 1))
    assert f"{path}: not as expected after frame " in caplog.text
    assert "after frame -1" not in caplog.text
    assert indices_and_stamps(seen) == indices_and_stamps(whole(path, 7))


def test_a_stream_that_starts_within_a_group_of_pictures_makes_no_plan(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    first = bytes(packets(clips["default.mp4"])[0])
    # The first unit holds x264's own words, the second is the picture.
    at = 4 + int.from_bytes(first[:4], "big") + 4
    assert first[at] == 0x65
    path = overwrite(clips["default.mp4"], tmp_path / "started.mp4", 0, at, b"\x61")
    assert _plan(path, EveryNthFrame(7)) is None


def test_a_file_without_a_picture_is_named(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "clip.mp4", noise(30), container_options={"movflags": "faststart"}
    )
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 8])
    with pytest.raises((VideoError, av.error.FFmpegError)) as error:
        list(sampled_pictures(path, EveryNthFrame(7), 1))
    assert "\n" not in str(error.value)

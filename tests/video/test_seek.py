"""Frames found by time are exactly those that decoding the whole video yields."""

import random
import subprocess
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest
from facetally.errors import VideoError
from facetally.study.steps import EveryNthFrame
from facetally.video import seek
from facetally.video.frames import Frame, sample_frames
from facetally.video.seek import Packets, frames_at, plan_runs
from facetally.video.status import TIME_DECIMALS
from support.clips import damaged, noise, write_clip

FRAMES = 70

VP9 = {"deadline": "realtime", "cpu-used": "8", "g": "20"}

BY_TIME: dict[str, dict[str, Any]] = {
    "default.mp4": {},
    "closed.mp4": {"options": {"x264-params": "keyint=20:bframes=5:b-adapt=0"}},
    "open.mp4": {"options": {"x264-params": "open-gop=1:keyint=20:bframes=3:b-adapt=0"}},
    "open.mkv": {"options": {"x264-params": "open-gop=1:keyint=20:b-pyramid=none"}},
    "interlaced.mov": {"options": {"flags": "+ildct+ilme", "x264-params": "tff=1:keyint=20"}},
    "all-intra.mp4": {"options": {"g": "1"}},
    "fragments.mp4": {
        "options": {"g": "20"},
        "container_options": {"movflags": "frag_keyframe+empty_moov"},
    },
    "variable-rate.mkv": {
        "times": [4 * n + n % 3 + 100 * (n > 30) for n in range(FRAMES)],
        "options": {"g": "20"},
    },
    "mpeg4.avi": {"codec": "mpeg4"},
    "mpeg4-b-frames.mkv": {"codec": "mpeg4", "options": {"bf": "2"}},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "vp9.webm": {"codec": "libvpx-vp9", "options": VP9},
    "no-index.webm": {
        "codec": "libvpx-vp9",
        "options": VP9,
        "container_options": {"live": "1"},
    },
}
"""Clips in which every frame is found without decoding from the start."""

BY_INDEX: dict[str, dict[str, Any]] = {
    "h264.avi": {},
    "intra-refresh.mp4": {"options": {"x264-params": "intra-refresh=1:keyint=20"}},
    "open-pyramid.mkv": {"options": {"x264-params": "open-gop=1:keyint=20"}},
}
"""Clips with wrong time stamps, without key pictures, with references across key pictures."""


@pytest.fixture
def from_start(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The frames that are found by decoding from the start."""
    frames: list[int] = []
    by_index = seek._by_index

    def noted(video: Path, wanted: Iterable[int], threads: int) -> Iterable[Frame]:
        frames.extend(wanted)
        return by_index(video, wanted, threads)

    monkeypatch.setattr(seek, "_by_index", noted)
    return frames


def check_equals_sampled(video: Path, *choices: Iterable[int]) -> list[Frame]:
    """Compare choices of frames (by default, typical ones) with all frames; return all."""
    sampled = list(sample_frames(video, EveryNthFrame(1)))
    last = len(sampled) - 1
    usual = ([0], [last], [last // 2, 3, last - 1, last // 3], range(0, last, 7), range(last + 1))
    for choice in choices or usual:
        wanted = {index: round(sampled[index].time, TIME_DECIMALS) for index in choice}
        found = frames_at(video, wanted)
        assert list(found) == sorted(wanted)
        for index, frame in found.items():
            expected = sampled[index]
            assert (frame.index, frame.pts) == (index, expected.pts)
            assert frame.time_base == expected.time_base
            assert np.array_equal(frame.bgr, expected.bgr), f"frame {index}"
    return sampled


@pytest.mark.parametrize("name", BY_TIME)
def test_frames_equal_sampled_ones(tmp_path: Path, from_start: list[int], name: str) -> None:
    path = write_clip(tmp_path / name, noise(FRAMES), **BY_TIME[name])
    assert len(check_equals_sampled(path)) == FRAMES
    assert from_start == []


@pytest.mark.parametrize("name", BY_INDEX)
def test_frames_that_time_does_not_tell_are_found_by_index(
    tmp_path: Path, from_start: list[int], name: str
) -> None:
    path = write_clip(tmp_path / name, noise(FRAMES), **BY_INDEX[name])
    assert len(check_equals_sampled(path)) == FRAMES
    assert from_start


@pytest.mark.parametrize("start", ["0.7", "1.5", "2.2"])
@pytest.mark.parametrize("name", ["closed.mp4", "open.mp4"])
def test_an_edit_list_discards_what_it_says(tmp_path: Path, name: str, start: str) -> None:
    path = write_clip(tmp_path / name, noise(FRAMES), **BY_TIME[name])
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", start, "-i", path, "-c", "copy", cut)
    assert len(check_equals_sampled(cut)) < FRAMES - 10


def test_rotation_is_applied(tmp_path: Path, from_start: list[int]) -> None:
    path = write_clip(tmp_path / "upright.mp4", noise(FRAMES), options={"g": "20"})
    rotated = tmp_path / "rotated.mp4"
    ffmpeg("-display_rotation", "90", "-i", path, "-c", "copy", rotated)
    sampled = check_equals_sampled(rotated)
    assert sampled[0].bgr.shape == (160, 120, 3)
    assert from_start == []


@pytest.mark.parametrize("name", ["woman2.mp4", "single_face.mp4", "no_face.mp4"])
def test_clips_of_people(clips_of_people: Path, from_start: list[int], name: str) -> None:
    check_equals_sampled(clips_of_people / "videos" / name)
    assert from_start == []


def test_damaged_files_give_the_same_frames(tmp_path: Path, from_start: list[int]) -> None:
    rng = random.Random(3)  # noqa: S311
    names = ("closed.mp4", "open.mkv", "mpeg4.avi", "vp9.webm")
    whole = [write_clip(tmp_path / name, noise(FRAMES), **BY_TIME[name]) for name in names]
    checked = 0
    differing: list[tuple[str, int]] = []
    for number in range(24):
        source = rng.choice(whole)
        path = tmp_path / f"{number}{source.suffix}"
        path.write_bytes(damaged(source.read_bytes(), rng))
        try:
            first, *again = (list(sample_frames(path, EveryNthFrame(1))) for _ in range(3))
        except VideoError:
            continue
        steady = {
            frame.index
            for frame, *others in zip(first, *again, strict=True)
            if all(np.array_equal(frame.bgr, other.bgr) for other in others)
        }
        for index in rng.sample(range(len(first)), min(len(first), 4)):
            # What FFmpeg makes of damage may differ from one decoding to the next.
            if index in steady:
                found = frames_at(path, {index: round(first[index].time, TIME_DECIMALS)})[index]
                assert (found.index, found.time_base) == (index, first[index].time_base)
                if found.pts != first[index].pts or not np.array_equal(
                    found.bgr, first[index].bgr
                ):
                    differing.append((path.name, index))
            checked += 1
    # FFmpeg may patch a picture up without a word, and lose one that a plan leaves out.
    assert len(differing) <= 2, differing
    # Some of the frames lie before the damage, or in a group of pictures without any.
    assert 0 < len(from_start) < checked


def test_a_frame_lost_shifts_none(tmp_path: Path, from_start: list[int]) -> None:
    path = write_clip(tmp_path / "clip.mkv", noise(FRAMES), codec="mjpeg", pix_fmt="yuvj420p")
    content = bytearray(path.read_bytes())
    begin = content.index(b"\xff\xd8", len(content) // 2)
    content[begin : begin + 300] = bytes(300)
    path.write_bytes(content)
    assert len(list(sample_frames(path, EveryNthFrame(1)))) == FRAMES - 1
    check_equals_sampled(path, [5, FRAMES - 5])
    assert from_start == [FRAMES - 5]


def test_time_stamps_that_are_repeated_are_not_trusted(
    tmp_path: Path, from_start: list[int]
) -> None:
    path = tmp_path / "again.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuvj420p"
        for number, image in enumerate(noise(20)):
            picture = av.VideoFrame.from_ndarray(image, format="bgr24")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            for packet in stream.encode(picture):
                packet.pts = packet.dts = number - (number == 10)
                packet.time_base = Fraction(1, 25)
                container.mux(packet)
        container.mux(stream.encode(None))
    sampled = check_equals_sampled(path, [9], [10], [4, 15])
    assert [frame.pts for frame in sampled[8:12]] == [320, 360, 400, 440]
    assert from_start == [9, 10, 4, 15]


def test_a_time_that_the_frame_has_not_is_not_trusted(
    tmp_path: Path, from_start: list[int]
) -> None:
    path = write_clip(tmp_path / "clip.mp4", noise(FRAMES), options={"g": "20"})
    fifth = list(sample_frames(path, EveryNthFrame(1)))[5]
    found = frames_at(path, {5: 6 / 25})
    assert np.array_equal(found[5].bgr, fifth.bgr)
    assert from_start == [5]


@pytest.mark.parametrize("index", [FRAMES, 10 * FRAMES])
def test_a_frame_that_is_not_there_is_named(tmp_path: Path, index: int) -> None:
    path = write_clip(tmp_path / "clip.mp4", noise(FRAMES))
    with pytest.raises(VideoError, match=rf"clip\.mp4: has no frame {index}, which") as error:
        frames_at(path, {0: 0.0, index: index / 25})
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_video_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("not a video")
    with pytest.raises(VideoError, match=r"notes\.mp4: cannot be read as a video, it is"):
        frames_at(path, {0: 0.0})


def test_where_no_frame_is_wanted_no_file_is_read() -> None:
    assert frames_at(Path("nowhere.mp4"), {}) == {}


def packets_of(group: int, groups: int) -> Packets:
    """Packets of groups of pictures, 40 ms apart, in order of display."""
    stamps = list(range(group * groups))
    keys = stamps[::group]
    return Packets([(pts, 9) for pts in stamps], {pts: pts for pts in stamps}, keys, keys, stamps)


def planned(packets: Packets, *wanted: int) -> list[tuple[int, list[int]]]:
    """Return the runs for some frames: where each starts and the frames it yields."""
    times = {index: round(index / 25, TIME_DECIMALS) for index in wanted}
    runs = plan_runs(packets, times, Fraction(1, 25))
    return [(run.start, list(run.index.values())) for run in runs]


def test_frames_of_one_group_of_pictures_share_a_run() -> None:
    packets = packets_of(100, 5)
    assert planned(packets, 250, 210, 0) == [(0, [0]), (200, [210, 250])]


def test_a_group_that_begins_soon_is_decoded_into() -> None:
    packets = packets_of(100, 5)
    assert planned(packets, 190, 210) == [(100, [190, 210])]
    assert planned(packets, 150, 210) == [(100, [150]), (200, [210])]


def test_pictures_shown_before_the_key_picture_they_follow_need_the_group_before() -> None:
    # In decoding order: I0 P3 B1 B2 I6 B4 B5 P7
    said = [(pts, 9) for pts in (0, 3, 1, 2, 6, 4, 5, 7)]
    number = {pts: at for at, (pts, _) in enumerate(said)}
    packets = Packets(said, number, [0, 4], [0, 4], sorted(number))
    assert planned(packets, 5) == [(0, [5])]
    assert planned(packets, 6) == [(4, [6])]


def test_frames_that_share_a_time_are_not_planned_for() -> None:
    packets = Packets(
        [(pts, 9) for pts in range(4)], {n: n for n in range(4)}, [0], [0], [0, 1, 2, 3]
    )
    assert plan_runs(packets, {1: 0.0}, Fraction(1, 10**9)) == []
    assert plan_runs(packets, {1: 0.1}, Fraction(1, 10)) != []


def ffmpeg(*arguments: object) -> None:
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *map(str, arguments)],
        check=True,
        timeout=60,
    )

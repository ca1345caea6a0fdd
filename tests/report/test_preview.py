"""Which videos browsers play, and what raters see of the others."""

import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from facetally.errors import VideoError
from facetally.report.preview import plays_in_browsers, write_preview
from support.clips import noise, write_clip

LIMIT = 10**9


def made(path: Path, *options: str) -> Path:
    """A second of moving pictures and of a tone, encoded by ffmpeg's options."""
    sources = ["testsrc2=size=320x180:rate=25:duration=1", "sine=frequency=440:duration=1"]
    inputs = [part for source in sources for part in ("-f", "lavfi", "-i", source)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *inputs, *options, path]
    subprocess.run(command, check=True)
    return path


@pytest.mark.parametrize(
    ("name", "options", "plays"),
    [
        ("a.mp4", "-c:v libx264 -pix_fmt yuv420p -c:a aac", True),
        ("a.M4V", "-c:v libx264 -pix_fmt yuv420p -an", True),
        ("a.webm", "-c:v libvpx-vp9 -pix_fmt yuv420p -c:a libopus", True),
        ("a.webm", "-c:v libvpx -c:a libvorbis", True),
        ("a.mp4", "-c:v libx264 -pix_fmt yuv420p -c:a ac3", False),
        ("a.mp4", "-c:v libx264 -pix_fmt yuv444p -an", False),
        ("a.mp4", "-c:v libx264 -pix_fmt yuv420p10le -an", False),
        ("a.mp4", "-c:v libx265 -pix_fmt yuv420p -an", False),
        ("a.mp4", "-c:v mpeg4 -an", False),
        ("a.avi", "-c:v mpeg4 -c:a libmp3lame", False),
        ("a.mkv", "-c:v libx264 -pix_fmt yuv420p -c:a aac", False),
        ("a.ts", "-c:v libx264 -pix_fmt yuv420p -c:a aac", False),
    ],
)
def test_what_plays(tmp_path: Path, name: str, options: str, plays: bool) -> None:
    assert plays_in_browsers(made(tmp_path / name, *options.split())) == plays


def streams(path: Path) -> dict[str, tuple[str, float, float]]:
    """Codec, start and end in seconds of each stream, by type."""
    with av.open(str(path)) as container:
        return {
            stream.type: (
                stream.codec_context.name,
                float((stream.start_time or 0) * stream.time_base),
                float(((stream.start_time or 0) + stream.duration) * stream.time_base),
            )
            for stream in container.streams
        }


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.avi", "-c:v mpeg4 -c:a libmp3lame"),
        ("a.mp4", "-c:v libx265 -pix_fmt yuv420p10le -c:a aac"),
        ("a.ts", "-c:v libx264 -c:a ac3 -output_ts_offset 5000"),
        ("a.mkv", "-c:v ffv1 -c:a pcm_s16le"),
    ],
)
def test_a_preview_has_pictures_and_sound_from_the_start(
    tmp_path: Path, name: str, options: str
) -> None:
    video = made(tmp_path / name, *options.split())
    preview = tmp_path / "preview.mp4"
    write_preview(video, preview, 2, LIMIT)
    assert plays_in_browsers(preview)
    found = streams(preview)
    assert found["video"][0] == "h264"
    assert found["audio"][0] == "aac"
    for _, start, end in found.values():
        assert start == pytest.approx(0, abs=0.05)
        assert end == pytest.approx(1, abs=0.1)
    assert sorted(tmp_path.iterdir()) == sorted([video, preview])


def test_a_silent_video_stays_silent(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.avi", noise(5), codec="mpeg4")
    write_preview(video, tmp_path / "preview.mp4", 1, LIMIT)
    assert streams(tmp_path / "preview.mp4").keys() == {"video"}


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1080, 1920), (480, 854)), ((480, 640), (480, 640)), ((301, 99), (302, 100))],
)
def test_a_preview_is_small(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    frames = [np.full((*size, 3), 40 * number, np.uint8) for number in range(3)]
    video = write_clip(tmp_path / "a.mkv", frames, codec="ffv1", pix_fmt="bgr0")
    write_preview(video, tmp_path / "preview.mp4", 1, LIMIT)
    with av.open(str(tmp_path / "preview.mp4")) as container:
        pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert [picture.shape[:2] for picture in pictures] == [expected] * 3
    assert [round(float(picture.mean()) / 40) for picture in pictures] == [0, 1, 2]


def test_what_is_no_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(VideoError) as error:
        plays_in_browsers(tmp_path / "a.mp4")
    assert error.value.reason == "not_a_video"
    with pytest.raises(VideoError):
        write_preview(tmp_path / "a.mp4", tmp_path / "preview.mp4", 1, LIMIT)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    video = write_clip(tmp_path / "large.avi", noise(2), codec="mpeg4")
    with pytest.raises(VideoError) as error:
        write_preview(video, tmp_path / "preview.mp4", 1, 100)
    assert error.value.reason == "too_large"

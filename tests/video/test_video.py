"""Sampled frames: the pixels, indices and times of the source."""

import subprocess
from pathlib import Path

import av
import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from facetally.errors import VideoError
from facetally.study.demo import FRAMES
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import read_frames, sample_frames, write_frames
from support.clips import noise, write_clip

FORMATS = {
    "h264.mp4": {},
    "h264-bt709.mp4": {"colorspace": Colorspace.ITU709},
    "h264-full-range.mp4": {"pix_fmt": "yuvj420p"},
    "h264-444.mkv": {"pix_fmt": "yuv444p"},
    "h264-422.mov": {"pix_fmt": "yuv422p"},
    "h264-10-bit.mkv": {"pix_fmt": "yuv420p10le"},
    "h264-rgb.mkv": {"codec": "libx264rgb", "pix_fmt": "bgr24"},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mjpeg.MOV": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "gray.mkv": {"codec": "ffv1", "pix_fmt": "gray"},
}


def opencv_frames(path: Path) -> tuple[list[np.ndarray], list[float]]:
    """All frames that OpenCV decodes, and their times in seconds."""
    capture = cv2.VideoCapture(str(path))
    frames, times = [], []
    while True:
        there, frame = capture.read()
        if not there:
            return frames, times
        frames.append(frame)
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)


def check_equals_opencv(path: Path, every_nth_frame: int, kept: Path) -> int:
    """Compare what is sampled, kept and read back with OpenCV; return the number of frames."""
    frames, times = opencv_frames(path)
    written = write_frames(
        kept, kept.with_suffix(".json"), sample_frames(path, EveryNthFrame(every_nth_frame))
    )
    sampled = list(read_frames(kept, kept.with_suffix(".json")))
    assert written == len(sampled) == len(range(0, len(frames), every_nth_frame))
    for frame in sampled:
        assert np.array_equal(frame.bgr, frames[frame.index]), f"frame {frame.index}"
        assert frame.time == pytest.approx(times[frame.index], abs=1e-6)
    return written


@pytest.mark.parametrize("name", FORMATS)
def test_pixels_and_times_equal_opencvs(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, noise(13), **FORMATS[name])
    assert check_equals_opencv(path, 4, tmp_path / "kept.nut") == 4


def test_odd_sizes_are_kept(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "odd.mkv", noise(5, 121, 163), pix_fmt="yuv444p")
    check_equals_opencv(path, 2, tmp_path / "kept.nut")


@pytest.mark.parametrize(
    ("rotation", "shape"), [(90, (160, 120)), (180, (120, 160)), (270, (160, 120))]
)
def test_display_rotation_is_applied(
    tmp_path: Path, rotation: int, shape: tuple[int, int]
) -> None:
    upright = write_clip(tmp_path / "upright.mp4", noise(6))
    rotated = tmp_path / "rotated.mp4"
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(),
            *("-v", "error", "-display_rotation", str(rotation)),
            *("-i", upright, "-c", "copy", rotated),
        ],
        check=True,
    )
    assert next(sample_frames(rotated, EveryNthFrame(1))).bgr.shape[:2] == shape
    check_equals_opencv(rotated, 2, tmp_path / "kept.nut")


def test_times_are_the_containers_under_a_variable_frame_rate(tmp_path: Path) -> None:
    times = [0, 4, 8, 30, 31, 70, 75, 200, 300]
    path = write_clip(tmp_path / "vfr.mkv", noise(9), times=times)
    kept = tmp_path / "kept.nut"
    write_frames(kept, kept.with_suffix(".json"), sample_frames(path, EveryNthFrame(2)))
    frames = list(read_frames(kept, kept.with_suffix(".json")))
    assert [frame.index for frame in frames] == [0, 2, 4, 6, 8]
    assert [frame.time for frame in frames] == [0.0, 0.08, 0.31, 0.75, 3.0]


def test_pixels_equal_ffmpegs(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", noise(5))
    decoded = subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-v",
            "error",
            "-i",
            path,
            "-f",
            "rawvideo",
            "-pix_fmt",
            "yuv420p",
            "-",
        ],
        check=True,
        capture_output=True,
    ).stdout
    planes = np.frombuffer(decoded, np.uint8).reshape(5, 180, 160)
    for frame in sample_frames(path, EveryNthFrame(1)):
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(planes[frame.index]), format="yuv420p"
        )
        assert np.array_equal(picture.to_ndarray(format="bgr24"), frame.bgr)


def test_any_number_of_threads_gives_the_same_frames(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", noise(30))
    one, four = (list(sample_frames(path, EveryNthFrame(7), threads)) for threads in (1, 4))
    assert [frame.index for frame in one] == [frame.index for frame in four] == [0, 7, 14, 21, 28]
    assert all(
        np.array_equal(a.bgr, b.bgr) and a.pts == b.pts for a, b in zip(one, four, strict=True)
    )


@pytest.mark.parametrize(
    ("name", "decoded"), [("woman2.mp4", 464), ("single_face.mp4", 72), ("no_face.mp4", 95)]
)
def test_clips_of_people(
    clips_of_people: Path, rendered_clips: Path, tmp_path: Path, name: str, decoded: int
) -> None:
    sampled = check_equals_opencv(clips_of_people / "videos" / name, 20, tmp_path / "kept.nut")
    assert sampled == len(range(0, FRAMES if clips_of_people == rendered_clips else decoded, 20))


def test_damaged_packets_are_passed_over(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", noise(40), codec="mjpeg", pix_fmt="yuvj420p")
    content = bytearray(path.read_bytes())
    middle = content.index(b"\xff\xd8", len(content) // 2)
    content[middle : middle + 300] = bytes(300)
    path.write_bytes(content)
    frames = list(sample_frames(path, EveryNthFrame(1)))
    assert len(frames) == 39
    assert [frame.index for frame in frames] == list(range(39))


def test_a_file_that_is_no_video_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("not a video")
    with pytest.raises(VideoError, match=r"notes\.mp4: cannot be read as a video, it is"):
        next(sample_frames(path, EveryNthFrame(1)))


def test_a_file_without_a_video_stream_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        sound.rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(VideoError, match=r"sound\.mp4: the file has no video stream"):
        next(sample_frames(path, EveryNthFrame(1)))


def test_a_kept_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", noise(3))
    with pytest.raises(VideoError, match="is cut off, or no file of sampled frames; delete it"):
        next(read_frames(path, path.with_suffix(".json")))

"""Every extension that makes a file a video is one that FFmpeg opens with the allowed formats."""

import re
import subprocess
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import pytest
from facetally.study.datasets import VIDEO_SUFFIXES
from facetally.study.steps import EveryNthFrame
from facetally.video.decode import FORMATS
from facetally.video.sampling import sample_video
from support.clips import noise
from support.repository import ROOT

QCIF = (144, 176)
PAL = (576, 720)
MADE: dict[str, tuple[str, str, tuple[int, int]]] = {
    ".mp4": ("mp4", "libx264", QCIF),
    ".mov": ("mov", "libx264", QCIF),
    ".avi": ("avi", "mpeg4", QCIF),
    ".mkv": ("matroska", "libx264", QCIF),
    ".webm": ("webm", "libvpx", QCIF),
    ".m4v": ("m4v", "mpeg4", QCIF),
    ".mts": ("mpegts", "libx264", QCIF),
    ".m2ts": ("mpegts", "libx264", QCIF),
    ".m2t": ("mpegts", "mpeg2video", QCIF),
    ".ts": ("mpegts", "mpeg2video", QCIF),
    ".mpg": ("mpeg", "mpeg1video", QCIF),
    ".mpeg": ("mpeg", "mpeg2video", QCIF),
    ".mpe": ("mpeg", "mpeg1video", QCIF),
    ".m1v": ("mpeg1video", "mpeg1video", QCIF),
    ".m2v": ("mpeg2video", "mpeg2video", QCIF),
    ".vob": ("vob", "mpeg2video", QCIF),
    ".wmv": ("asf", "wmv2", QCIF),
    ".asf": ("asf", "wmv1", QCIF),
    ".flv": ("flv", "flv", QCIF),
    ".f4v": ("f4v", "libx264", QCIF),
    ".3gp": ("3gp", "h263", QCIF),
    ".3g2": ("3g2", "mpeg4", QCIF),
    ".ogv": ("ogg", "libvpx", QCIF),
    ".ogm": ("ogg", "libvpx", QCIF),
    ".mxf": ("mxf", "mpeg2video", QCIF),
    ".dv": ("dv", "dvvideo", PAL),
    ".divx": ("avi", "mpeg4", QCIF),
    ".mp4v": ("m4v", "mpeg4", QCIF),
    ".qt": ("mov", "mpeg4", QCIF),
}
"""Container, codec, height and width of a file of each extension, as people have them."""

OTHERS = ("concat", "hls", "dash", "webm_dash_manifest", "sdp", "rtsp", "image2", "gif", "lavfi")
"""Formats that open other files or addresses, and pictures."""


def made(container_format: str, codec: str, size: tuple[int, int]) -> bytes:
    """A clip of five frames."""
    content = BytesIO()
    with av.open(content, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        for number, image in enumerate(noise(5, *size)):
            picture = av.VideoFrame.from_ndarray(image, format="bgr24")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return content.getvalue()


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_a_file_of_each_extension_is_analysed(tmp_path: Path, suffix: str) -> None:
    video = tmp_path / f"clip{suffix}"
    video.write_bytes(made(*MADE[suffix]))
    frames, index = tmp_path / "frames.nut", tmp_path / "frames.json"
    status = sample_video(video, frames, index, EveryNthFrame(1), 10**6)
    assert (status.frames, status.problem) == (5, None)


def test_no_allowed_format_opens_anything_else() -> None:
    allowed = FORMATS.split(",")
    assert not set(allowed) & set(OTHERS)
    assert not [name for name in allowed if name.endswith("_pipe")]


def test_the_page_lists_the_extensions() -> None:
    page = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    listed = re.search(r"these extensions.*?`(.*?)`", page, re.DOTALL)
    assert listed and tuple(listed[1].split()) == VIDEO_SUFFIXES


def test_git_ignores_videos() -> None:
    names = [f"data/x{suffix}" for suffix in VIDEO_SUFFIXES]
    names += [name.upper() for name in names]
    command = ["git", "check-ignore", "--no-index", *names]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.stdout.split() == names

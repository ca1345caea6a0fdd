"""A corpus of hostile video files, made on the spot, and what facetally says about each.

For each name, ``CASES`` has a function that returns the file's content, the expected reason (None:
nothing is wrong) and how many of FRAMES frames must be kept: all, some, or none.
"""

import io
import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import av
import numpy as np
from av.stream import Disposition
from support.clips import noise, write_clip

FRAMES = 60
ALL: Literal["all"] = "all"
SOME: Literal["some"] = "some"
NONE: Literal["none"] = "none"


@dataclass(frozen=True)
class Case:
    """A hostile file: its content, the reason it must get, and which frames it must keep."""

    content: Callable[[], bytes]
    reason: str | None
    kept: Literal["all", "some", "none"]


CASES: dict[str, Case] = {}
"""By file name."""


def case(name: str, reason: str | None, kept: Any, content: Callable[[], bytes]) -> None:
    assert name not in CASES
    CASES[name] = Case(content, reason, kept)


@cache
def clip(suffix: str, **options: Any) -> bytes:
    """A clip of FRAMES frames of 160 x 120."""
    thawed = ("options", "container_options")
    frozen = {key: dict(value) if key in thawed else value for key, value in options.items()}
    frames = noise(frozen.pop("frames", FRAMES))
    with TemporaryDirectory() as folder:
        return write_clip(Path(folder, f"clip{suffix}"), frames, **frozen).read_bytes()


def as_page() -> str:
    """Return the beginning of docs/hostile_videos.md, which must say the same as CASES."""
    kept = {"all": "all", "some": "what can be decoded", "none": "none"}
    rows = [
        f"| `{name}` | {f'`{hostile.reason}`' if hostile.reason else 'nothing wrong'} "
        f"| {kept[hostile.kept]} |"
        for name, hostile in CASES.items()
    ]
    return "\n".join(
        [
            "# Hostile videos",
            "",
            "These are the damaged and odd files that the tests make (`tests/support/hostile_videos.py`). The",
            "table gives the reason that each must get, alone and in a study of all of them, and which of its",
            "frames are analysed.",
            "",
            "| file | reason | frames |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


FASTSTART = (("movflags", "faststart"),)
FRAGMENTED = (("movflags", "frag_keyframe+empty_moov"), ("frag_size", "2000"))


def mp4(*, index_first: bool = True) -> bytes:
    return clip(".mp4", container_options=FASTSTART) if index_first else clip(".mp4")


def mkv() -> bytes:
    return clip(".mkv")


def webm() -> bytes:
    return clip(".webm", codec="libvpx", options=(("deadline", "realtime"),))


def avi() -> bytes:
    return clip(".avi", codec="mpeg4")


def overwritten(content: bytes, start: float, end: float, seed: int | None = None) -> bytes:
    """Overwrite a part, given as fractions, with zeros or random bytes."""
    first, last = int(len(content) * start), int(len(content) * end)
    rng = random.Random(seed)  # noqa: S311
    junk = bytes(last - first) if seed is None else rng.randbytes(last - first)
    return content[:first] + junk + content[last:]


def garbled(content: bytes, seed: int) -> bytes:
    """Overwrite the first half of the largest packet with random bytes, and nothing around it.

    Noise elsewhere has different effects with different encoders: bytes between packets may then
    say that any length of the file should be skipped.
    """
    with av.open(io.BytesIO(content)) as container:
        largest = max(map(bytes, container.demux(video=0)), key=len)
    start = content.index(largest)
    end = start + len(largest) // 2
    return overwritten(content, start / len(content), end / len(content), seed)


def without_pictures(content: bytes, seed: int | None) -> bytes:
    """Overwrite everything that the index of an MP4 points to."""
    return overwritten(content, (content.index(b"mdat") + 4) / len(content), 1, seed)


def cut(content: bytes, part: float) -> bytes:
    return content[: int(len(content) * part)]


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    assert len(old) == len(new)
    return content.replace(old, new)


def with_sound(suffix: str, codec: str, *, cover: bool = False, video: bool = False) -> bytes:
    """A file with sound: alone, with a cover picture, or with a video."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"sound{suffix}")
        with av.open(str(path), "w") as container:
            sound = container.add_stream(codec, rate=48000)
            pictures = None
            if cover or video:
                pictures = container.add_stream("mjpeg" if cover else "libx264", rate=25)
                pictures.width, pictures.height = 160, 120
                pictures.pix_fmt = "yuvj420p" if cover else "yuv420p"
                if cover:
                    pictures.disposition = Disposition.attached_pic
            if pictures is not None:
                for number, image in enumerate(noise(1 if cover else FRAMES)):
                    picture = av.VideoFrame.from_ndarray(image, format="bgr24")
                    picture = picture.reformat(format=pictures.pix_fmt)
                    picture.pts = number
                    container.mux(pictures.encode(picture))
                container.mux(pictures.encode(None))
            for number in range(20):
                silence = np.zeros((1, 960), np.float32)
                frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 48000, number * 960
                container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
        return path.read_bytes()


def png(width: int = 8, height: int = 8) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def bomb() -> bytes:
    """A MOV of small pictures that are PNGs of 30,000 x 30,000 pixels."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "bomb.mov")
        with av.open(str(path), "w") as container:
            stream = container.add_stream("png", rate=25)
            stream.width, stream.height, stream.pix_fmt = 160, 120, "rgb24"
            packet = av.Packet(png(30_000, 30_000))
            packet.stream, packet.pts, packet.dts = stream, 0, 0
            packet.is_keyframe = True
            container.mux(packet)
        return path.read_bytes()


# Not a video at all.
case("empty.mp4", "not_a_video", NONE, lambda: b"")
case("one_byte.mp4", "not_a_video", NONE, lambda: b"\0")
case("text.mp4", "not_a_video", NONE, lambda: b"This is no video.\n" * 50)
case("page_of_an_error.mp4", "not_a_video", NONE, lambda: b"<!doctype html><h1>404</h1>" * 9)
case("json.webm", "not_a_video", NONE, lambda: b'{"error": "forbidden"}')
case("zip.mp4", "not_a_video", NONE, lambda: b"PK\x03\x04" + bytes(500))
case("pdf.mov", "not_a_video", NONE, lambda: b"%PDF-1.7\n" + bytes(500))
case("program.mp4", "not_a_video", NONE, lambda: b"\x7fELF\x02\x01\x01" + bytes(500))
case("script.mp4", "not_a_video", NONE, lambda: b"#!/bin/sh\ntouch executed\n")
case("random.mkv", "not_a_video", NONE, lambda: random.Random(1).randbytes(20_000))  # noqa: S311
case("zeros.mp4", "not_a_video", NONE, lambda: bytes(20_000))
case("png.mp4", "not_a_video", NONE, png)
case("jpeg.mp4", "not_a_video", NONE, lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(500))
case("gif.mp4", "not_a_video", NONE, lambda: clip(".gif", codec="gif", pix_fmt="rgb8", frames=3))
case("svg.mp4", "not_a_video", NONE, lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>')
case("wav.avi", "not_a_video", NONE, lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(400))
case("subtitles.mp4", "not_a_video", NONE, lambda: b"1\n00:00:01,000 --> 00:00:02,000\nhi\n")
case("styled_subtitles.mkv", "not_a_video", NONE, lambda: b"[Script Info]\nTitle: x\n")
# Files that make FFmpeg open other files or addresses.
case(
    "playlist.mp4", "not_a_video", NONE,
    lambda: b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\ngood.mp4\n#EXT-X-ENDLIST\n",
)  # fmt: skip
case(
    "playlist_of_an_address.mp4", "not_a_video", NONE,
    lambda: b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n",
)  # fmt: skip
case("concat.mp4", "not_a_video", NONE, lambda: b"ffconcat version 1.0\nfile 'good.mp4'\n")
case("concat_pipe.mkv", "not_a_video", NONE, lambda: b"ffconcat version 1.0\nfile 'pipe:0'\n")
case("manifest.mp4", "not_a_video", NONE, lambda: b'<?xml version="1.0"?><MPD><Period/></MPD>')
case(
    "session.mp4", "not_a_video", NONE,
    lambda: b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
)  # fmt: skip
# No moving pictures.
case("sound.mp4", "no_video_stream", NONE, lambda: with_sound(".mp4", "aac"))
case("sound.mkv", "no_video_stream", NONE, lambda: with_sound(".mkv", "libopus"))
case("sound.webm", "no_video_stream", NONE, lambda: with_sound(".webm", "libopus"))
case("sound.avi", "no_video_stream", NONE, lambda: with_sound(".avi", "ac3"))
case(
    "sound_with_cover.mp4", "no_video_stream", NONE, lambda: with_sound(".mp4", "aac", cover=True)
)
# A container, but nothing in it that can be decoded.
case("damaged_index.mp4", "no_frames", NONE, lambda: replaced(mp4(), b"stco", b"\xff\xfe\xfd\xfc"))
case("no_index.mp4", "unreadable", NONE, lambda: replaced(mp4(), b"moov", b"mxxv"))
case("damaged_header.mkv", "unreadable", NONE, lambda: mkv()[:4] + bytes(len(mkv()) - 4))
case("damaged_header.avi", "unreadable", NONE, lambda: avi()[:12] + bytes(len(avi()) - 12))
case("pictures_zeroed.mp4", "no_frames", NONE, lambda: without_pictures(mp4(), None))
case("pictures_random.mp4", "no_frames", NONE, lambda: without_pictures(mp4(), 2))
case("larger_than_it_says.mov", "no_frames", NONE, bomb)
case("unknown_codec.mkv", "unsupported_codec", NONE,
     lambda: replaced(mkv(), b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ"))  # fmt: skip
case("unknown_codec.mp4", "unsupported_codec", NONE, lambda: replaced(mp4(), b"avc1", b"zz01"))
case("unknown_codec.avi", "unsupported_codec", NONE, lambda: replaced(avi(), b"FMP4", b"ZZ01"))
# Cut off.
for part in (0.4, 0.7, 0.99):
    case(f"cut_at_{part:.0%}.mp4", "truncated", SOME, lambda part=part: cut(mp4(), part))
    case(f"cut_at_{part:.0%}.mkv", "truncated", SOME, lambda part=part: cut(mkv(), part))
    case(f"cut_at_{part:.0%}.webm", "truncated", SOME, lambda part=part: cut(webm(), part))
    case(f"cut_at_{part:.0%}.avi", "truncated", SOME, lambda part=part: cut(avi(), part))
case("cut_before_its_index.mp4", "truncated", NONE, lambda: cut(mp4(index_first=False), 0.5))
case("cut_before_its_index.mov", "truncated", NONE, lambda: cut(clip(".mov"), 0.5))
case("cut_in_its_index.mp4", "truncated", NONE, lambda: mp4()[:400])
case("cut_in_its_first_box.mp4", "truncated", NONE, lambda: mp4()[:20])
case("cut_in_a_fragment.mp4", "truncated", SOME,
     lambda: cut(clip(".mp4", container_options=FRAGMENTED), 0.6))  # fmt: skip
# Damaged in the middle.
case("hole.mp4", "decode_errors", SOME, lambda: overwritten(mp4(), 0.5, 0.6))
case("hole.mkv", "decode_errors", SOME, lambda: overwritten(mkv(), 0.5, 0.6))
case("hole.avi", "decode_errors", SOME, lambda: overwritten(avi(), 0.5, 0.6))
case("noise.mp4", "decode_errors", SOME, lambda: overwritten(mp4(), 0.5, 0.6, seed=3))
case("noise.mkv", "decode_errors", SOME, lambda: garbled(mkv(), seed=4))
case("hole_at_the_end.mp4", "decode_errors", SOME, lambda: overwritten(mp4(), 0.9, 1))
# Odd, but whole.
case("good.mp4", None, ALL, mp4)
case("index_last.mp4", None, ALL, lambda: mp4(index_first=False))
case("fragmented.mp4", None, ALL, lambda: clip(".mp4", container_options=FRAGMENTED))
case("good.mkv", None, ALL, mkv)
case("good.webm", None, ALL, webm)
case("good.avi", None, ALL, avi)
case("good.mov", None, ALL, lambda: clip(".mov"))
case("good.m4v", None, ALL, lambda: clip(".m4v", codec="mpeg4"))
case("live.mkv", None, ALL, lambda: clip(".mkv", container_options=(("live", "1"),)))
case("junk_after_it.mp4", None, ALL, lambda: mp4() + b"\0" * 999)
case("text_after_it.mkv", None, ALL, lambda: mkv() + b"downloaded by x" * 9)
case("stopped_recorder.avi", None, ALL, lambda: avi()[:4] + bytes(4) + avi()[8:])
case("matroska_in.mp4", None, ALL, mkv)
case("transport_stream_in.mp4", None, ALL, lambda: clip(".ts"))
case("flash_in.mkv", None, ALL, lambda: clip(".flv"))
case("bare_h264_in.mp4", None, ALL, lambda: clip(".h264"))
case("mpeg2_in.mp4", None, ALL, lambda: clip(".mpg", codec="mpeg2video"))
case(
    "hevc.mp4",
    None,
    ALL,
    lambda: clip(".mp4", codec="libx265", options=(("x265-params", "log-level=none"),)),
)
case("av1.mkv", None, ALL, lambda: clip(".mkv", codec="libsvtav1", options=(("preset", "12"),)))
case("prores.mov", None, ALL, lambda: clip(".mov", codec="prores", pix_fmt="yuv422p10le"))
case("ten_bits.mp4", None, ALL, lambda: clip(".mp4", pix_fmt="yuv420p10le"))
case("motion_jpeg.avi", None, ALL, lambda: clip(".avi", codec="mjpeg", pix_fmt="yuvj420p"))
case(
    "variable_rate.mkv", None, ALL, lambda: clip(".mkv", times=tuple(n * n for n in range(FRAMES)))
)
case("with_sound.mp4", None, ALL, lambda: with_sound(".mp4", "aac", video=True))

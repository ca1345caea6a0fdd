"""Annotated videos: the source's frames, times and size, with the faces of the right frame."""

import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from facetally.detect.face import Face
from facetally.emotions import COLOURS
from facetally.errors import VideoError
from facetally.faces.counted import read_analysed
from facetally.faces.raw import frame_record, write_raw
from facetally.report.annotate import (
    annotate,
    caption,
    evenly,
    gif_size,
    of_one_size,
    with_nearest,
)
from facetally.report.drawing import bgr
from facetally.video.frames import Frame, sample_frames
from facetally.video.status import VideoStatus, write_status
from PIL import Image
from support.clips import noise, write_clip
from support.raw_files import scores
from support.repository import ROOT
from support.snakemake_runs import environment

FACE = Face((40, 30, 50, 50), scores(happy=0.9, sad=0.1), 0.99)


def raw_of(path: Path, faces: dict[int, Sequence[Face]]) -> Path:
    """Write raw FER JSON from the faces of each sampled frame."""
    write_raw(path, (frame_record(index, index / 25, found) for index, found in faces.items()))
    return path


def annotated(
    video: Path, faces: dict[int, Sequence[Face]], threads: int = 1
) -> tuple[Path, Path]:
    """Annotate a video beside it; give the MP4 and the GIF."""
    mp4, gif = video.with_name("annotated.mp4"), video.with_name("annotated.gif")
    annotate(video, raw_of(video.with_name("raw.json"), faces), mp4, gif, threads)
    return mp4, gif


def remuxed(video: Path, *options: str) -> Path:
    """Change what the container says of a video."""
    path = video.with_name(f"remuxed{video.suffix}")
    before, after = options[: options.index("|")], options[options.index("|") + 1 :]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *before, "-i", video]
    subprocess.run([*command, "-c", "copy", *after, path], check=True)
    return path


def boxes_of_mp4(path: Path) -> list[str]:
    """The names of the outermost boxes of an MP4 file, in order."""
    content, at, names = path.read_bytes(), 0, []
    while at < len(content):
        names.append(content[at + 4 : at + 8].decode())
        at += int.from_bytes(content[at : at + 4], "big")
    return names


SOURCES = {
    "constant rate": lambda folder: write_clip(folder / "a.mp4", noise(12)),
    "variable rate": lambda folder: write_clip(
        folder / "a.mkv", noise(9), times=[0, 4, 8, 30, 31, 70, 75, 200, 300]
    ),
    "late start": lambda folder: write_clip(folder / "a.mkv", noise(4), times=[50, 54, 58, 70]),
    "rotated": lambda folder: remuxed(
        write_clip(folder / "a.mp4", noise(6)), "-display_rotation", "90", "|"
    ),
    "odd size": lambda folder: write_clip(
        folder / "a.mkv", noise(4, 121, 163), pix_fmt="yuv444p"
    ),
    "tiny": lambda folder: write_clip(folder / "a.mp4", noise(4, 48, 64)),
    "AVI": lambda folder: write_clip(folder / "a.avi", noise(6), codec="mpeg4"),
    "one frame": lambda folder: write_clip(folder / "a.mp4", noise(1)),
}  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_all_frames_come_at_their_times_in_a_file_for_browsers(
    tmp_path: Path, source: str
) -> None:
    video = SOURCES[source](tmp_path)
    frames = list(sample_frames(video, 1))
    mp4, _ = annotated(video, {0: [], 3: [FACE]} if len(frames) > 3 else {0: [FACE]})
    with av.open(str(mp4)) as container:
        assert len(container.streams) == 1
        stream = container.streams.video[0]
        height, width = frames[0].bgr.shape[:2]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (width + width % 2, height + height % 2)
        times = [picture.time for picture in container.decode(stream)]
    assert times == pytest.approx([frame.time for frame in frames], abs=1e-6)
    boxes = boxes_of_mp4(mp4)
    assert boxes.index("moov") < boxes.index("mdat")


def test_the_last_frame_lasts_as_long_as_the_one_before(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.mkv", noise(3), times=[0, 10, 40])
    mp4, _ = annotated(video, {0: []})
    with av.open(str(mp4)) as container:
        stream = container.streams.video[0]
        assert stream.duration * stream.time_base == Fraction(70, 100)


@pytest.mark.parametrize("threads", [1, 2])
def test_pictures_and_colours_are_the_sources(tmp_path: Path, threads: int) -> None:
    patches = np.array([[[60, 90, 180], [150, 80, 60]], [[70, 140, 70], [200, 190, 90]]], np.uint8)
    video = write_clip(tmp_path / "a.mp4", [patches.repeat(120, 0).repeat(160, 1)] * 5)
    mp4, _ = annotated(video, {0: []}, threads)
    for source, drawn in zip(sample_frames(video, 1), sample_frames(mp4, 1), strict=True):
        for rows, columns in ((50, 50), (50, 250), (180, 50), (180, 250)):
            before, after = (frame.bgr[rows, columns].astype(int) for frame in (source, drawn))
            assert np.abs(before - after).max() <= 4


def test_each_frame_shows_the_faces_of_the_sampled_frame_nearest_to_it(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.mp4", [np.full((240, 320, 3), 120, np.uint8)] * 12)
    colours = {0: "happy", 4: "angry", 8: "sad"}
    box = (100, 80, 60, 60)
    mp4, _ = annotated(
        video, {index: [Face(box, scores(**{name: 1.0}))] for index, name in colours.items()}
    )
    shown = []
    for frame in sample_frames(mp4, 1):
        line = frame.bgr[81, 110:150].mean(axis=0)
        shown.append(min(COLOURS, key=lambda name: np.abs(line - bgr(COLOURS[name])).sum()))
    assert shown == ["happy"] * 3 + ["angry"] * 4 + ["sad"] * 5


def test_of_two_sampled_frames_as_near_the_earlier_counts(tmp_path: Path) -> None:
    analysed = read_analysed(raw_of(tmp_path / "raw.json", {0: [], 20: [FACE], 40: []}))
    frames = [Frame(n, n, Fraction(1, 25), np.zeros((2, 2, 3), np.uint8)) for n in range(60)]
    shown = [found.index for _, found in with_nearest(frames, analysed)]
    assert shown == [0] * 11 + [20] * 20 + [40] * 29
    assert [found for _, found in with_nearest(frames[:2], [])] == [None, None]


def test_the_caption_tells_frame_time_and_whether_a_face_is_there(tmp_path: Path) -> None:
    analysed = read_analysed(raw_of(tmp_path / "raw.json", {0: [], 20: [FACE]}))
    assert [caption(found) for found in analysed] == [
        "frame 0 · 0.00 s · no face",
        "frame 20 · 0.80 s",
    ]


def test_the_tracked_face_is_marked_and_others_alone_are_told(tmp_path: Path) -> None:
    other = Face((300, 30, 80, 80), FACE.scores)
    found = {0: [other, FACE], 20: [other], 40: [], 60: [FACE], 80: [FACE]}
    analysed = read_analysed(raw_of(tmp_path / "raw.json", found), "tracked")
    assert [each.counted for each in analysed] == [1, None, None, 0, 0]
    assert [caption(each).split(" · ")[2:] for each in analysed] == [
        [], ["others only"], ["no face"], [], [],
    ]  # fmt: skip


@pytest.mark.parametrize("rotation", [0, 90])
def test_pixels_that_are_not_square_are_shown_as_they_should_be(
    tmp_path: Path, rotation: int
) -> None:
    upright = write_clip(tmp_path / "a.mp4", noise(3))
    video = remuxed(upright, "-display_rotation", str(rotation), "|", "-aspect", "8:3")
    mp4, gif = annotated(video, {0: [FACE]})
    with av.open(str(mp4)) as container:
        aspect = container.streams.video[0].sample_aspect_ratio
    with Image.open(gif) as image:
        assert (aspect, image.size) == (
            (Fraction(1, 2), (60, 160)) if rotation else (Fraction(2), (320, 120))
        )


def test_the_gif_has_the_sampled_frames_four_a_second_without_end(tmp_path: Path) -> None:
    ramp = np.linspace(20, 230, 640).astype(np.uint8)[np.newaxis, :, np.newaxis]
    video = write_clip(tmp_path / "a.mp4", [np.tile(ramp, (360, 1, 3))] * 30)
    box = (400, 80, 120, 120)
    faces = {0: [], 10: [Face(box, scores(happy=0.9, sad=0.1))], 20: [FACE]}
    _, gif = annotated(video, faces)
    with Image.open(gif) as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (3, (480, 270), 0)
        pictures = []
        for number in range(3):
            image.seek(number)
            assert image.info["duration"] == 250
            pictures.append(np.asarray(image.convert("RGB"))[..., ::-1])
    # At the GIF's scale, in the very colour, down to a bar of 5 pixels.
    line = pictures[1][60, 305:385]
    assert (line == bgr(COLOURS["happy"])).all()
    bar = (pictures[1] == bgr(COLOURS["sad"])).all(axis=2)
    assert bar.any(axis=0).sum() == 5
    assert not (pictures[0] == bgr(COLOURS["sad"])).all(axis=2).any()
    source = next(sample_frames(video, 1)).bgr
    small = source.reshape(90, 4, 160, 4, 3).mean(axis=(1, 3))
    shown = pictures[0].reshape(90, 3, 160, 3, 3).mean(axis=(1, 3))
    assert np.abs(small - shown)[:80].max() < 8


def test_a_gif_has_at_most_150_frames(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.mp4", noise(200, 48, 64))
    _, gif = annotated(video, {index: [] for index in range(200)})
    with Image.open(gif) as image:
        assert (image.n_frames, image.size) == (150, (64, 48))


def test_frames_are_chosen_evenly_from_the_first_to_the_last() -> None:
    assert evenly([0, 20, 40], 3) == [0, 20, 40]
    chosen = evenly(range(0, 20000, 20), 150)
    assert (len(chosen), chosen[0], chosen[-1]) == (150, 0, 19980)
    assert set(np.diff(chosen)) == {120, 140}


@pytest.mark.parametrize(
    ("size", "aspect", "expected"),
    [
        ((1920, 1080), Fraction(1), (480, 270)),
        ((64, 48), Fraction(1), (64, 48)),
        ((1080, 1920), Fraction(1), (480, 853)),
        ((720, 576), Fraction(16, 15), (480, 360)),
        ((4000, 2), Fraction(1), (480, 1)),
    ],
)
def test_gifs_are_at_most_480_pixels_wide(
    size: tuple[int, int], aspect: Fraction, expected: tuple[int, int]
) -> None:
    assert gif_size(*size, aspect) == expected


@pytest.mark.parametrize("faces", [{}, {0: []}], ids=["nothing analysed", "no face"])
def test_without_a_face_there_is_a_video_all_the_same(
    tmp_path: Path, faces: dict[int, Sequence[Face]]
) -> None:
    video = write_clip(tmp_path / "a.mp4", noise(5))
    mp4, gif = annotated(video, faces)
    assert len(list(sample_frames(mp4, 1))) == 5
    with Image.open(gif) as image:
        assert image.n_frames == 1


def test_frames_of_another_size_are_scaled_to_the_first() -> None:
    pictures = [np.full((*shape, 3), 9, np.uint8) for shape in ((48, 64), (96, 128), (48, 64))]
    frames = [Frame(n, n, Fraction(1, 25), picture) for n, picture in enumerate(pictures)]
    assert [frame.bgr.shape for frame in of_one_size(frames)] == [(48, 64, 3)] * 3
    assert all((frame.bgr == 9).all() for frame in of_one_size(frames))


def test_raw_files_of_another_video_are_refused_in_one_line_and_nothing_is_left(
    tmp_path: Path,
) -> None:
    write_clip(tmp_path / "a.mp4", noise(5))
    raw_of(tmp_path / "raw.json", {0: [FACE], 5: [FACE]})
    write_status(tmp_path / "status.json", VideoStatus("a.mp4", 2))
    process = subprocess.run(
        [
            *(sys.executable, ROOT / "workflow" / "scripts" / "annotate_video.py"),
            *("--video=a.mp4", "--raw=raw.json", "--status=status.json"),
            *("--mp4=b.mp4", "--gif=b.gif", "--log=job.log"),
        ],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr == (
        "facetally: raw.json: has frame 5, but the last frame of a.mp4 is 4; "
        "delete the raw file and run again\n"
    )
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"a.mp4", "job.log", "raw.json", "status.json"}
    assert "AnnotationError" in (tmp_path / "job.log").read_text()


def test_a_video_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_text("not a video")
    with pytest.raises(VideoError, match=r"a\.mp4: cannot be read as a video"):
        annotated(video, {0: []})

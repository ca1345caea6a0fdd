"""Annotated videos: the source's frames, times and size, with the faces of the right frame."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from facetally.detect.face import Face
from facetally.emotions import COLOURS
from facetally.faces.counted import Counting, read_analysed
from facetally.faces.raw import frame_record, write_raw
from facetally.report.annotate import (
    annotate,
    caption,
    evenly,
    gif_size,
    letterboxed,
    with_nearest,
)
from facetally.report.drawing import bgr
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import Frame, sample_frames
from PIL import Image
from support.clips import noise, remuxed, write_clip
from support.raw_files import scores

FACE = Face((40, 30, 50, 50), scores(happy=0.9, sad=0.1), 0.99)


Sizes = dict[int, tuple[int, int]]


def raw_of(path: Path, faces: dict[int, Sequence[Face]], sizes: Sizes | None = None) -> Path:
    """Write raw FER JSON from the faces, and optionally the sizes, of each sampled frame."""
    write_raw(
        path,
        (
            frame_record(index, index / 25, found, sizes and sizes[index])
            for index, found in faces.items()
        ),
    )
    return path


def annotated(
    video: Path, faces: dict[int, Sequence[Face]], threads: int = 1, sizes: Sizes | None = None
) -> tuple[Path, Path]:
    """Annotate a video in its folder; return the MP4 and the GIF."""
    mp4, gif = video.with_name("annotated.mp4"), video.with_name("annotated.gif")
    annotate(video, raw_of(video.with_name("raw.json"), faces, sizes), mp4, gif, threads)
    return mp4, gif


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
    frames = list(sample_frames(video, EveryNthFrame(1)))
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
    for source, drawn in zip(
        sample_frames(video, EveryNthFrame(1)), sample_frames(mp4, EveryNthFrame(1)), strict=True
    ):
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
    for frame in sample_frames(mp4, EveryNthFrame(1)):
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
    analysed = read_analysed(raw_of(tmp_path / "raw.json", found), Counting("tracked"))
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
    with av.open(str(mp4)) as container, Image.open(gif) as image:
        stream = container.streams.video[0]
        assert stream.sample_aspect_ratio in (None, 1)
        assert (stream.width, stream.height) == image.size
        assert image.size == ((120, 320) if rotation else (320, 120))


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
    # At the GIF's scale, in the exact colour, down to a bar of 5 pixels.
    line = pictures[1][60, 305:385]
    assert (line == bgr(COLOURS["happy"])).all()
    bar = (pictures[1] == bgr(COLOURS["sad"])).all(axis=2)
    assert bar.any(axis=0).sum() == 5
    assert not (pictures[0] == bgr(COLOURS["sad"])).all(axis=2).any()
    source = next(sample_frames(video, EveryNthFrame(1))).bgr
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
    ("size", "expected"),
    [
        ((1920, 1080), (480, 270)),
        ((64, 48), (64, 48)),
        ((1080, 1920), (480, 853)),
        ((4000, 2), (480, 1)),
    ],
)
def test_gifs_are_at_most_480_pixels_wide(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert gif_size(*size) == expected


@pytest.mark.parametrize("faces", [{}, {0: []}], ids=["nothing analysed", "no face"])
def test_without_a_face_there_is_a_video_all_the_same(
    tmp_path: Path, faces: dict[int, Sequence[Face]]
) -> None:
    video = write_clip(tmp_path / "a.mp4", noise(5))
    mp4, gif = annotated(video, faces)
    assert len(list(sample_frames(mp4, EveryNthFrame(1)))) == 5
    with Image.open(gif) as image:
        assert image.n_frames == 1


def test_pictures_of_another_shape_keep_it() -> None:
    tall = letterboxed(np.full((96, 48, 3), 9, np.uint8), (64, 48))
    assert tall.shape == (48, 64, 3)
    assert (tall[:, 20:44] == 9).all() and not tall[:, :20].any() and not tall[:, 44:].any()


def test_a_video_that_changes_its_size_has_its_boxes_in_place(tmp_path: Path) -> None:
    grey = [np.full((*shape, 3), 120, np.uint8) for shape in ((240, 320), (320, 240))]
    parts = [write_clip(tmp_path / f"{n}.ts", [one] * 4) for n, one in enumerate(grey)]
    video = tmp_path / "a.ts"
    video.write_bytes(b"".join(part.read_bytes() for part in parts))
    box = (60, 80, 120, 120)
    face = Face(box, scores(happy=1.0))
    mp4 = annotated(video, {0: [face], 4: [face]}, sizes={0: (320, 240), 4: (240, 320)})[0]
    frames = list(sample_frames(mp4, EveryNthFrame(1)))
    assert [frame.size for frame in frames] == [(320, 240)] * 8
    line = bgr(COLOURS["happy"])
    assert np.abs(frames[0].bgr[82:, 61].mean(axis=0) - line).sum() < 200
    # 240 x 320 on 320 x 240: three quarters of the size, 70 pixels to the right.
    for frame, (x, y) in ((frames[0], (60, 140)), (frames[7], (70 + 45, 105))):
        near = frame.bgr[y, x - 4 : x + 6].astype(int)
        assert np.abs(near - line).sum(axis=1).min() < 60

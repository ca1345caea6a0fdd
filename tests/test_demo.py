"""The demo's clips."""

import hashlib
from pathlib import Path

import pytest
from facetally import storyboard
from facetally.datasets import read_labels
from facetally.demo import FRAMES, HEIGHT, WIDTH, render_demo
from facetally.video import sample_frames


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256((folder / path).read_bytes()).hexdigest()
        for path in storyboard.demo_files()
    }


def test_rendering_twice_gives_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    render_demo(tmp_path)
    assert digests(tmp_path) == digests(demo)


@pytest.mark.parametrize("clip", storyboard.CLIPS, ids=lambda clip: clip.name)
def test_every_clip_has_its_frames(demo: Path, clip: storyboard.Clip) -> None:
    frames = list(sample_frames(demo / clip.path, 1))
    assert len(frames) == FRAMES
    assert frames[0].bgr.shape == (HEIGHT, WIDTH, 3)
    assert frames[-1].time == pytest.approx((FRAMES - 1) / 25)
    assert not (frames[0].bgr == frames[-1].bgr).all()


def test_the_labels_name_the_clips_and_all_three_occur(demo: Path) -> None:
    for dataset in ("large_faces", "small_faces"):
        labels = read_labels(demo / storyboard.label_file(dataset))
        clips = {clip.name for clip in storyboard.CLIPS if clip.dataset == dataset}
        assert labels.keys() == clips
        assert set(labels.values()) == {"Pos", "Neut", "Neg"}

"""The demo's clips."""

import hashlib
import shutil
from pathlib import Path

import pytest
from facetally.files import file_digest
from facetally.study import storyboard
from facetally.study.demo import FRAMES, HEIGHT, WIDTH, render_demo
from facetally.study.labels import read_labels
from facetally.video.frames import sample_frames
from support.repository import ROOT


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256((folder / path).read_bytes()).hexdigest()
        for path in [*storyboard.videos(), storyboard.RENDERED]
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


def test_the_labels_name_the_clips_and_all_three_occur() -> None:
    for dataset in ("large_faces", "small_faces"):
        labels = read_labels(ROOT / storyboard.FOLDER / f"{dataset}.csv")
        clips = {clip.name for clip in storyboard.CLIPS if clip.dataset == dataset}
        assert labels.keys() == clips
        assert set(labels.values()) == {"Pos", "Neut", "Neg"}


def test_a_video_put_in_the_place_of_a_rendered_one_is_known(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    one, other, *_ = storyboard.videos()
    assert storyboard.is_as_rendered(one, file_digest)
    one.write_bytes(other.read_bytes())
    assert not storyboard.is_as_rendered(one, file_digest)
    one.unlink()
    assert storyboard.is_as_rendered(one, file_digest)
    storyboard.RENDERED.unlink()
    assert not storyboard.is_as_rendered(other, file_digest)

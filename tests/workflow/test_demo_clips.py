"""The demo's clips, as the workflow renders them."""

import hashlib
import shutil
from pathlib import Path

import pytest
from facetally.files import file_digest
from facetally.study import storyboard
from facetally.study.demo import FRAMES, HEIGHT, WIDTH
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import sample_frames


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256((folder / path).read_bytes()).hexdigest()
        for path in [*storyboard.videos(), storyboard.RENDERED]
    }


def test_rendering_twice_gives_the_same_bytes(demo: Path, demo_study: tuple[Path, str]) -> None:
    assert digests(demo_study[0]) == digests(demo)


@pytest.mark.parametrize("clip", storyboard.CLIPS, ids=lambda clip: clip.name)
def test_every_clip_has_its_frames(demo: Path, clip: storyboard.Clip) -> None:
    frames = list(sample_frames(demo / clip.path, EveryNthFrame(1)))
    assert len(frames) == FRAMES
    assert frames[0].bgr.shape == (HEIGHT, WIDTH, 3)
    assert frames[-1].time == pytest.approx((FRAMES - 1) / 25)
    assert not (frames[0].bgr == frames[-1].bgr).all()


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

"""Every file of the corpus gets its reason, and keeps the frames it has."""

from pathlib import Path

import pytest
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import read_frames
from facetally.video.sampling import sample_video
from facetally.video.status import REASONS, VideoStatus
from support.hostile_videos import ALL, CASES, FRAMES, NONE, as_page
from support.repository import ROOT

LIMIT = 8192 * 4320
"""The default of max_frame_pixels."""


def sample(
    folder: Path, name: str, content: bytes, limit: int = LIMIT, threads: int = 2
) -> VideoStatus:
    video, frames, index = folder / name, folder / "frames.nut", folder / "frames.json"
    video.write_bytes(content)
    before = set(folder.iterdir())
    status = sample_video(video, frames, index, EveryNthFrame(1), limit, threads)
    assert set(folder.iterdir()) == before | {frames, index}
    assert len(list(read_frames(frames, index))) == status.frames
    return status


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_gets_its_reason(tmp_path: Path, name: str) -> None:
    wanted = CASES[name]
    # On two threads, FFmpeg may miss what it reports on one.
    threads = 1 if wanted.reason == "decode_errors" else 2
    status = sample(tmp_path, name, wanted.content(), threads=threads)
    assert (status.problem and status.problem.reason) == wanted.reason, status
    if wanted.kept == ALL:
        assert status.frames == FRAMES
    elif wanted.kept == NONE:
        assert status.frames == 0
    else:
        assert 0 < status.frames <= FRAMES
    if status.problem:
        assert status.problem.detail.startswith(f"{tmp_path / name}: ")
        assert "\n" not in status.problem.detail


def test_pictures_above_the_limit_are_refused(tmp_path: Path) -> None:
    content = CASES["good.mp4"].content()
    assert sample(tmp_path, "at_the_limit.mp4", content, 160 * 120).problem is None
    status = sample(tmp_path, "above.mp4", content, 160 * 120 - 1)
    assert (status.frames, status.problem and status.problem.reason) == (0, "too_large")


def test_every_reason_occurs() -> None:
    reasons = {wanted.reason for wanted in CASES.values()} - {None}
    # The last two are for files that no job opens.
    assert reasons | {"too_large", "not_analysed", "no_content"} == REASONS.keys()


def test_the_page_says_what_the_corpus_has() -> None:
    page = (ROOT / "docs" / "hostile_videos.md").read_text()
    assert page.startswith(as_page())


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 60

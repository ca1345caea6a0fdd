"""Whether a frame rate varies is decided by all frames, whichever are sampled."""

from fractions import Fraction
from pathlib import Path

import pytest
from facetally.study.steps import EveryNthFrame, EverySeconds, Step
from facetally.video.frame_rate import FrameTimes, frame_rate
from facetally.video.sampling import sample_video, uneven
from facetally.video.status import CONSTANT, VARIABLE, VideoStatus
from support.clips import noise, remuxed, write_clip

RATES = [
    Fraction(*rate)
    for rate in ((24000, 1001), (25, 1), (30000, 1001), (30, 1), (60000, 1001), (120, 1))
]
STEPS: list[Step] = [
    *(EverySeconds(Fraction(seconds)) for seconds in ("0.06", "0.3333", "0.5", "1")),
    *map(EveryNthFrame, (1, 7, 20)),
]
SECOND = 100
SPEAKER_AND_SLIDES = [*range(0, 2 * SECOND, 4), *range(2 * SECOND, 6 * SECOND, 50)]
"""Two seconds at 25 frames a second, then four at 2."""


def sampled(video: Path, step: Step) -> VideoStatus:
    frames = video.with_suffix(".nut")
    return sample_video(video, frames, frames.with_suffix(".json"), step, 10**6)


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.flv", "a.mov"])
def test_a_constant_rate_is_constant_whatever_is_sampled(
    tmp_path: Path, name: str, rate: Fraction
) -> None:
    codec = {"a.flv": "flv1", "a.avi": "mjpeg"}.get(name, "libx264")
    kind = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    clip = write_clip(
        tmp_path / name, noise(int(3 * rate), 32, 32), codec=codec, pix_fmt=kind, rate=rate
    )
    for step in STEPS:
        status = sampled(clip, step)
        assert (status.treatment.frame_rate, uneven(clip, status)) == (CONSTANT, ""), step


def test_rounded_times_that_another_container_took_over_are_constant(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mkv", noise(180, 32, 32), rate=Fraction(60000, 1001))
    for name in ("b.mp4", "b.ts"):
        again = remuxed(clip, "|", name=name)
        assert sampled(again, EveryNthFrame(20)).treatment.frame_rate == CONSTANT


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_a_rate_that_varies_is_variable_whatever_is_sampled(
    tmp_path: Path, name: str, codec: str
) -> None:
    frames = noise(len(SPEAKER_AND_SLIDES), 32, 32)
    clip = write_clip(tmp_path / name, frames, codec=codec, times=SPEAKER_AND_SLIDES)
    for step in STEPS:
        status = sampled(clip, step)
        assert status.treatment.frame_rate == VARIABLE, step
    assert "its frame rate varies" in uneven(clip, sampled(clip, EveryNthFrame(1)))


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([], CONSTANT),
        ([0, 40], CONSTANT),
        # Two frames of a hundred are missing, or five are.
        ([n * 40 for n in range(100) if n not in (30, 60)], CONSTANT),
        ([n * 40 for n in range(100) if n not in (15, 30, 45, 60, 75)], VARIABLE),
        # A pause that is one frame of a hundred and half of the time.
        ([*range(0, 4000, 40), 8000], VARIABLE),
        ([*range(0, 4000, 40), *range(4000, 8000, 33)], VARIABLE),
        # A constant rate, in whole milliseconds.
        ([round(n * 1000 / 144) for n in range(300)], CONSTANT),
    ],
)
def test_nearly_all_frames_last_equally_long(stamps: list[int], expected: str) -> None:
    assert frame_rate(FrameTimes(stamps, Fraction(1, 1000))) == expected

"""From a video to its sampled frames and its status, whatever state the video is in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Final

from facetally.errors import VideoError
from facetally.study.names import counted, is_or_are
from facetally.study.steps import Step
from facetally.video.ahead import ahead
from facetally.video.containers import missing_bytes
from facetally.video.cuts import Shots
from facetally.video.decode import Losses
from facetally.video.frame_rate import FrameTimes, frame_rate
from facetally.video.frames import Frame, sample_frames, write_frames
from facetally.video.kept import previews_to
from facetally.video.status import (
    CONSTANT,
    TIME_DECIMALS,
    Problem,
    Treatment,
    VideoStatus,
    without_content,
)

UNEVEN: Final = 2
"""A variable frame rate is reported if the longest time between sampled frames is at least this
many times the shortest."""


def sample_video(
    video: Path,
    frames: Path,
    index: Path,
    step: Step,
    max_frame_pixels: int,
    threads: int = 1,
    previews: Path | None = None,
) -> VideoStatus:
    """Write the sampled frames of a video and their previews, and return the video's status.

    Args:
        video: the file, which may be anything.
        frames: the file to write, see :func:`facetally.video.frames.write_frames`; it is empty
            if there is nothing to analyse.
        index: the file of the frames' indices, written too.
        step: which frames are sampled.
        max_frame_pixels: width times height of the largest pictures to decode.
        threads: threads of the decoder.
        previews: the file of previews to write, see :mod:`facetally.video.kept`; it has no rows if
            there is nothing to analyse. None to write none.
    """
    if absent := without_content(video):
        return _nothing(video, frames, index, previews, absent)
    losses = Losses()
    treatment = Treatment()
    sampled_at: list[float] = []
    times = FrameTimes()
    shots = Shots()

    def seen(frames: Iterable[Frame], keep: Callable[[Frame], None]) -> Iterator[Frame]:
        for frame in frames:
            sampled_at.append(frame.time)
            shots.see(frame)
            keep(frame)
            yield frame

    decoded = sample_frames(video, step, threads, losses, max_frame_pixels, treatment, times)
    try:
        with previews_to(previews) if previews else nullcontext(_no_preview) as keep:
            sampled = seen(decoded, keep)
            count = write_frames(frames, index, ahead(sampled) if threads > 1 else sampled)
    except VideoError as error:
        return _nothing(video, frames, index, previews, _why_nothing(video, error))
    treatment.apart = apart(sampled_at)
    treatment.frame_rate = frame_rate(times)
    return VideoStatus(video.name, count, damage(video, losses), treatment, shots.found())


def _no_preview(_: Frame) -> None:
    """Keep nothing of a frame."""


def _nothing(
    video: Path, frames: Path, index: Path, previews: Path | None, problem: Problem
) -> VideoStatus:
    for file in (frames, index):
        file.write_bytes(b"")
    if previews:
        with previews_to(previews):
            pass
    return VideoStatus(video.name, 0, problem)


def apart(times: Sequence[float]) -> list[float]:
    """Return the shortest and the longest time between frames, without a twentieth at each end.

    Args:
        times: the times of frames in order, in seconds.

    Returns:
        Two times in seconds; empty if there are fewer than three frames.
    """
    between = sorted(after - before for before, after in pairwise(times))
    if len(between) < 2:
        return []
    aside = len(between) // 20
    return [round(time, TIME_DECIMALS) for time in (between[aside], between[-1 - aside])]


def uneven(video: Path, status: VideoStatus) -> str:
    """Return one line if a video's frames represent very different times; empty otherwise."""
    apart = status.treatment.apart
    if status.treatment.frame_rate == CONSTANT or not apart or apart[1] < UNEVEN * apart[0]:
        return ""
    return (
        f"{video}: its frame rate varies: sampled frames are {apart[0]:.2g} to {apart[1]:.2g} s "
        "apart, but each counts as one; to give equal times equal weight, write sampling: "
        f"{{every_seconds: {apart[1]:.2g}}} in config.yaml"
    )


def _why_nothing(video: Path, error: VideoError) -> Problem:
    """Return why there is nothing to analyse; if the file is cut off, that is the reason."""
    problem = Problem(error.reason, str(error))
    if error.reason in ("too_large", "truncated"):
        return problem
    try:
        missing = missing_bytes(video)
    except OSError:
        return problem
    if not missing:
        return problem
    return Problem(
        "truncated",
        f"{error} (it is cut off: {counted(missing, 'byte')} {is_or_are(missing)} missing)",
    )


def damage(video: Path, losses: Losses) -> Problem | None:
    """Return what is wrong with a video from which frames could be decoded; None if nothing.

    Args:
        video: the file.
        losses: what was lost while it was decoded.
    """
    lost = str(losses)
    if missing := missing_bytes(video):
        what = f"it is cut off, {counted(missing, 'byte')} {is_or_are(missing)} missing" + (
            f", {lost}" if lost else ""
        )
        return Problem("truncated", f"{video}: {what}")
    return Problem("decode_errors", f"{video}: {lost}") if lost else None

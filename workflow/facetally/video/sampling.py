"""From a video to its sampled frames and its status, whatever the video is like."""

from pathlib import Path

from facetally.errors import VideoError
from facetally.video.ahead import ahead
from facetally.video.containers import missing_bytes
from facetally.video.decode import Losses
from facetally.video.frames import sample_frames, write_frames
from facetally.video.status import Problem, VideoStatus


def sample_video(
    video: Path, frames: Path, every_nth_frame: int, max_frame_pixels: int, threads: int = 1
) -> VideoStatus:
    """Keep every n-th frame of a video in one file, and say what is wrong with the video.

    Args:
        video: the file, which may be anything.
        frames: is written, see :func:`facetally.video.frames.write_frames`; an empty file if
            there is nothing to analyse.
        every_nth_frame: the distance between two sampled frames, 1 or more.
        max_frame_pixels: width times height of the largest pictures to decode.
        threads: threads of the decoder.
    """
    losses = Losses()
    sampled = sample_frames(video, every_nth_frame, threads, losses, max_frame_pixels)
    try:
        count = write_frames(frames, ahead(sampled) if threads > 1 else sampled, every_nth_frame)
    except VideoError as error:
        frames.write_bytes(b"")
        return VideoStatus(video.name, 0, _why_nothing(video, error))
    return VideoStatus(video.name, count, damage(video, losses))


def _why_nothing(video: Path, error: VideoError) -> Problem:
    """Say why there is nothing to analyse: of a file that is cut off, that is why."""
    problem = Problem(error.reason, str(error))
    if error.reason in ("too_large", "truncated"):
        return problem
    try:
        missing = missing_bytes(video)
    except OSError:
        return problem
    if not missing:
        return problem
    return Problem("truncated", f"{error} (it is cut off: {missing:,} bytes are missing)")


def damage(video: Path, losses: Losses) -> Problem | None:
    """Say what is wrong with a video of which frames could be decoded.

    Args:
        video: the file.
        losses: what was lost while it was decoded.
    """
    lost = str(losses)
    if missing := missing_bytes(video):
        told = f"it is cut off, {missing:,} bytes are missing" + (f", {lost}" if lost else "")
        return Problem("truncated", f"{video}: {told}")
    return Problem("decode_errors", f"{video}: {lost}") if lost else None

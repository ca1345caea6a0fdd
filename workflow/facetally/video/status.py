"""The status of videos: problems, treatments and shots, and the tables of these.

Imports only the standard library, so that detection jobs can use this.
"""

import csv
import errno
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Final

from facetally.errors import BadVideosError
from facetally.files import atomic_path
from facetally.study.names import counted

REASONS: Final = {
    "no_content": "a link, as of git-annex or DVC, or a pointer whose file is not on this machine",
    "unreadable": "the file cannot be read, or its structure is damaged",
    "not_a_video": "the file is not a video",
    "no_video_stream": "the file has no moving pictures, perhaps only sound",
    "unsupported_codec": "FFmpeg has no decoder for this video",
    "too_large": "the pictures are larger than max_frame_pixels allows",
    "no_frames": "not one frame can be decoded",
    "not_analysed": "it has a label, but is in a sub-folder or lacks a video's extension",
    "truncated": "the file is cut off; what comes before the cut is analysed",
    "decode_errors": "parts cannot be decoded; the rest is analysed",
}
"""What each reason means. With the last two, the frames that exist are analysed: these are not
failures."""

CONSTANT: Final = "constant"
VARIABLE: Final = "variable"
"""Whether a video's frames are as far apart in time as in number, all of them."""

TIME_DECIMALS: Final = 6
"""Decimals of times in seconds, wherever they are written."""

POINTERS: Final = (b"/annex/objects/", b"version https://git-lfs.github.com/spec/")
"""The beginnings of the texts that git-annex and Git LFS put in place of files."""

LARGEST_POINTER: Final = 32 * 1024
"""In bytes: git-annex does not take anything larger for a pointer."""

COLUMNS: Final = ("dataset", "filename", "reason", "frames", "detail")
SHOT_COLUMNS: Final = ("dataset", "video", "shot", "start", "end", "frames")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a video.

    Attributes:
        reason: one of REASONS.
        detail: what is wrong with this particular file, in words.
    """

    reason: str
    detail: str


@dataclass
class Treatment:
    """What a video is like, and what was done to its pictures to show them as a player does.

    Attributes:
        stream: which of the file's video streams was taken, from 0.
        streams: how many it has, not counting cover pictures.
        rotated: degrees clockwise, 0, 90, 180 or 270.
        mirrored: whether left and right were swapped, before rotation.
        deinterlaced: how many sampled frames were deinterlaced.
        tone_mapped: the colours that were converted to BT.709: PQ, HLG, BT.2020, ...; or empty.
        pixel_aspect: the ratio of a pixel's width to its height in the file, such as 16:9.
        sizes: width and height of the frames, in square pixels, each once, in order.
        start_time: time stamp of the first frame in the file, in seconds; it is shown at 0.
        frame_rate: ``constant`` or ``variable``, by the times of all frames, sampled or not.
        apart: the shortest and the longest time between sampled frames, in seconds, without
            outliers.
    """

    stream: int = 0
    streams: int = 1
    rotated: int = 0
    mirrored: bool = False
    deinterlaced: int = 0
    tone_mapped: str = ""
    pixel_aspect: str = "1:1"
    sizes: list[list[int]] = field(default_factory=list)
    start_time: float = 0.0
    frame_rate: str = CONSTANT
    apart: list[float] = field(default_factory=list)


TREATMENTS: Final[Mapping[str, Callable[[Treatment], bool]]] = {
    "another stream than the first taken": lambda done: done.stream > 0,
    "rotated": lambda done: done.rotated > 0,
    "mirrored": lambda done: done.mirrored,
    "deinterlaced": lambda done: done.deinterlaced > 0,
    "tone mapped": lambda done: bool(done.tone_mapped),
    "made of square pixels": lambda done: done.pixel_aspect != "1:1",
    "of several sizes": lambda done: len(done.sizes) > 1,
    "time counted from the first frame": lambda done: done.start_time != 0,
    "of variable frame rate": lambda done: done.frame_rate == VARIABLE,
}
"""What is reported about videos, in words, and the condition for each."""


@dataclass(frozen=True)
class Shot:
    """A part of a video between two cuts, as far as its sampled frames show them.

    Attributes:
        frame: index in the decoded video of its first sampled frame.
        start: time of that frame, in seconds from the first picture.
        end: time of the first sampled frame after the shot; for the last shot, the time until
            which its last frame is taken to last.
        frames: how many sampled frames it has.
    """

    frame: int
    start: float
    end: float
    frames: int


@dataclass(frozen=True)
class VideoStatus:
    """The result of sampling a video's frames.

    Attributes:
        file: the video's file name.
        frames: how many frames were sampled.
        problem: what is wrong with the video, or None.
        treatment: what was done to its pictures.
        shots: its shots, in order; a single one if no cut was found.
    """

    file: str
    frames: int
    problem: Problem | None = None
    treatment: Treatment = field(default_factory=Treatment)
    shots: Sequence[Shot] = ()

    @property
    def is_bad(self) -> bool:
        """Whether there is nothing to analyse."""
        return not self.frames

    @property
    def reason(self) -> str:
        """The reason in words; "no frames" without a problem."""
        return (self.problem.reason if self.problem else "no_frames").replace("_", " ")


def without_content(video: Path) -> Problem | None:
    """Return the problem of a broken link, or of a pointer in a video's place; None if neither."""
    try:
        start = video.read_bytes() if video.stat().st_size <= LARGEST_POINTER else b""
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ELOOP) or not video.is_symlink():
            return None
        what, how = "a link to a file that is not here", "git annex get, dvc pull"
    else:
        if not start.startswith(POINTERS):
            return None
        what, how = "a pointer to a file that is not here", "git annex get, git lfs pull"
    return Problem("no_content", f"{video}: is {what}; fetch it ({how}) or remove it")


def write_status(path: Path, status: VideoStatus) -> None:
    """Write the status of a video as JSON."""
    with atomic_path(path) as partial:
        kept = asdict(status)
        kept |= kept.pop("treatment")
        partial.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def read_status(path: Path) -> VideoStatus:
    """Read what :func:`write_status` has written."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    problem, shots = kept.pop("problem"), kept.pop("shots")
    treatment = {one.name: kept.pop(one.name) for one in fields(Treatment)}
    return VideoStatus(
        **kept,
        problem=problem and Problem(**problem),
        treatment=Treatment(**treatment),
        shots=[Shot(**shot) for shot in shots],
    )


def write_problems(path: Path, statuses: Mapping[tuple[str, str], VideoStatus]) -> None:
    """Write the table of problems: CSV, a row for each video that has one.

    Args:
        path: the file; its columns are COLUMNS, where ``frames`` counts sampled frames.
        statuses: the statuses by dataset and video.
    """
    with atomic_path(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for (dataset, video), status in sorted(statuses.items()):
            if status.problem:
                problem = status.problem
                table.writerow([dataset, video, problem.reason, status.frames, problem.detail])


def write_treatments(path: Path, statuses: Mapping[tuple[str, str], VideoStatus]) -> None:
    """Write how many videos got which treatment: CSV, ``dataset, treatment, videos``.

    Args:
        path: the file.
        statuses: the statuses by dataset and video.
    """
    videos = Counter(
        (dataset, name)
        for (dataset, _), status in statuses.items()
        for name, treated in TREATMENTS.items()
        if treated(status.treatment)
    )
    with atomic_path(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("dataset", "treatment", "videos"))
        for dataset in sorted({dataset for dataset, _ in statuses}):
            table.writerows(
                (dataset, name, videos[dataset, name])
                for name in TREATMENTS
                if videos[dataset, name]
            )


def write_shots(path: Path, statuses: Mapping[tuple[str, str], VideoStatus]) -> None:
    """Write the shots of all videos: CSV, a row for each, numbered from 0 in its video.

    Args:
        path: the file; its columns are SHOT_COLUMNS, where ``start`` and ``end`` are in seconds
            from the first picture, and ``frames`` counts sampled frames.
        statuses: the statuses by dataset and video.
    """
    with atomic_path(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(SHOT_COLUMNS)
        for (dataset, video), status in sorted(statuses.items()):
            table.writerows(
                (dataset, video, number, shot.start, shot.end, shot.frames)
                for number, shot in enumerate(status.shots)
            )


def read_starts(path: Path, dataset: str) -> dict[str, list[float]]:
    """Read, from the table of shots, when each video's shots begin in a dataset, in seconds."""
    starts: dict[str, list[float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["dataset"] == dataset:
                starts.setdefault(row["video"], []).append(float(row["start"]))
    return starts


def write_accepted(path: Path, statuses: Mapping[tuple[str, str], VideoStatus]) -> None:
    """Write how many videos a study has, and how many of them cannot be analysed, as JSON."""
    bad = sum(status.is_bad for status in statuses.values())
    with atomic_path(path) as partial:
        partial.write_text(json.dumps({"videos": len(statuses), "bad": bad}) + "\n", "utf-8")


def read_reasons(path: Path, dataset: str) -> dict[str, str]:
    """Read, from the table of problems, the reason for each video of a dataset that has one."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {row["filename"]: row["reason"] for row in rows if row["dataset"] == dataset}


def refuse_bad(
    statuses: Mapping[tuple[str, str], VideoStatus], folders: Mapping[str, str]
) -> None:
    """Refuse a study that has videos with nothing to analyse.

    Args:
        statuses: the statuses by dataset and video.
        folders: the folder of each dataset's videos.

    Raises:
        BadVideosError: with one line that names each of them.
    """
    bad = [
        f"{Path(folders[dataset], status.file)} ({status.reason})"
        for (dataset, _), status in sorted(statuses.items())
        if status.is_bad
    ]
    if bad:
        raise BadVideosError(
            f"{len(bad)} of {counted(len(statuses), 'video')} cannot be analysed: "
            f"{'; '.join(bad)}; remove or replace them, or "
            "leave them out with on_bad_video: skip in config.yaml"
        )


def not_analysed(
    passed_over: Iterable[tuple[str, str, str]],
) -> dict[tuple[str, str], VideoStatus]:
    """Return the statuses of files that have a label but are passed over.

    Args:
        passed_over: dataset, name and path of each file.

    Returns:
        The statuses by dataset and name.
    """
    statuses = {}
    for dataset, name, place in passed_over:
        path = Path(place)
        why = (
            f"{path}: is not analysed; move a video up into the dataset's folder, and convert it "
            "to .mp4 if it does not have a video's extension"
        )
        statuses[dataset, name] = VideoStatus(path.name, 0, Problem("not_analysed", why))
    return statuses


def statuses_of(paths: Iterable[Path]) -> dict[tuple[str, str], VideoStatus]:
    """Read statuses by dataset and video, which are the last two parts of their paths."""
    return {
        (path.parent.name, path.name.removesuffix(".json")): read_status(path) for path in paths
    }

"""Checks before the first job: where results go, and the times of what is read."""

import errno
import os
import shlex
import subprocess
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from facetally.errors import ClockError, ConfigError, PeopleError, VideoError
from facetally.files import cannot_write, writing
from facetally.study import storyboard
from facetally.study.config import Study
from facetally.study.datasets import VIDEO_SUFFIXES
from facetally.study.names import fault_on_a_cluster, first, shown
from facetally.study.outputs import (
    FRAMES,
    PREVIEWS,
    STATUS,
    found_in_videos,
    made_from_raw,
    paths,
    pictures_from_videos,
)
from facetally.study.references import OTHER_PICTURES, PICTURES
from facetally.video.status import read_status, without_content

NAMED_AT_MOST: Final = 5

A_FILE: Final = "100"
"""What git's mode of a file begins with; that of a link does not."""

GIT_SECONDS: Final = 10
"""How long git may take to list files, which it reads from one file."""


def check_writable(folders: Iterable[Path]) -> None:
    """Try to write into folders, or into the one in which a missing one would be made.

    Permissions are not enough: the disk may be full or read-only, a file in the way.

    Raises:
        WriteError: if one of them cannot be written to.
    """
    for folder in {_nearest(folder) for folder in folders}:
        with writing(folder), TemporaryFile(dir=folder, buffering=0) as file:
            file.write(b"?")


def check_is_folder(folder: Path) -> None:
    """Refuse anything else in the place of a folder, at which Snakemake ends with a traceback.

    Raises:
        WriteError: if there is something else.
    """
    if folder.exists() and not folder.is_dir():
        raise cannot_write(folder, OSError(errno.ENOTDIR, ""))


def _nearest(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def check_times(files: Iterable[Path]) -> None:
    """Refuse files from the future: Snakemake takes what is made from them for outdated.

    Raises:
        ClockError: if there are any.
    """
    if line := in_the_future(files):
        raise ClockError(f"{line}, and run again")


def in_the_future(files: Iterable[Path]) -> str:
    """Return one line about files from the future and the way out; empty if there are none."""
    now = time.time()
    late = [path for path in files if _time(path) > now]
    if not late:
        return ""
    when = datetime.fromtimestamp(_time(late[0]), UTC)
    others = f" and {len(late) - 1:,} more" if len(late) > 1 else ""
    # Of many, all files beside them: their times decide nothing.
    folders = dict.fromkeys(path.parent for path in late)
    named = [f"{shlex.quote(str(folder))}/*" for folder in folders]
    return (
        f"{shown(str(late[0]))}{others}: its time, {when:%Y-%m-%d %H:%M} UTC, lies in the future; "
        "correct this machine's clock, or type touch "
        f"{' '.join(named) if others else shlex.quote(str(late[0]))}"
    )


def _time(path: Path) -> float:
    """Return the time of a file; 0 if it is not there, or not yet."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def check_contents(study: Study) -> None:
    """Refuse to replace results of videos that can no longer be read, unless the study says so.

    Raises:
        VideoError: if there are any.
    """
    if study.on_bad_video != "fail":
        return
    lost = [
        path
        for dataset in study.datasets.values()
        for name, path in dataset.videos.items()
        if _is_lost(path) and _has_frames(STATUS.format(dataset=dataset.name, video=name))
    ]
    if lost:
        raise VideoError(
            f"{first(lost, NAMED_AT_MOST, lambda path: shown(str(path)))}: can no longer be read, "
            "though analysed before: a run would delete its results; fetch it (git annex "
            "get, dvc pull, git lfs pull), remove it, or set on_bad_video: skip in config.yaml"
        )


def _is_lost(video: Path) -> bool:
    """Return whether a video is one that no run can read, nor render."""
    if os.access(video, os.R_OK):
        return without_content(video) is not None
    return video not in storyboard.videos()


def _has_frames(status: str) -> bool:
    """Return whether a video has a status, and one that says that it was analysed."""
    try:
        return Path(status).exists() and not read_status(Path(status)).is_bad
    except (ValueError, TypeError, LookupError):
        return True  # It is damaged, and made again where the video can be read.


def tracked_by_git(study: Study) -> str | None:
    """Return one line about videos and pictures of people that git tracks; None if there are none.

    Links count for nothing, since git tracks only where they lead, as git-annex has it.
    """
    folders: dict[Path, tuple[str, ...]] = {
        path.parent: VIDEO_SUFFIXES
        for each in study.datasets.values()
        for path in each.videos.values()
    }
    if study.identities and study.identities.folder:
        folders[study.identities.folder] = (*PICTURES, *OTHER_PICTURES)
    tracked = sorted(
        {
            file
            for folder, suffixes in folders.items()
            for file in _tracked_in(folder)
            if file.suffix.lower() in suffixes
        }
    )
    if not tracked:
        return None
    named = first(tracked, NAMED_AT_MOST, lambda path: shown(str(path)))
    return (
        f"git tracks {named}, so git push sends what shows people; type git rm --cached and the "
        "name of each, which keeps the file, and commit (earlier commits still have it: "
        "docs/ethics.md)"
    )


def _tracked_in(folder: Path) -> list[Path]:
    """Return the files below a folder that git tracks; none without git or a repository."""
    command = ["git", "-C", str(folder), "ls-files", "--stage", "-z", "--", "."]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, timeout=GIT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return []
    entries = os.fsdecode(listed.stdout).split("\0")
    return [
        folder / name
        for about, _, name in (entry.partition("\t") for entry in entries if entry)
        if about.startswith(A_FILE)
    ]


def without_pictures(study: Study) -> str | None:
    """Return one line about videos whose kept pictures a run without detection may need.

    Args:
        study: the study, of which a run leaves out the rules that make them.
    """
    lacking = {
        Path(beside)
        for picture, beside in pictures_from_videos(study).items()
        if not Path(picture).exists() and Path(beside).exists()
    }
    if not lacking:
        return None
    named = first(sorted(lacking), 1, lambda path: shown(str(path)))
    return (
        f"results/pictures: has no pictures for {named}; if this run needs them, it stops here: "
        "run snakemake raw, which detects these videos again"
    )


def check_pictures(study: Study) -> None:
    """Refuse pictures of people that cannot be read, or whose content is elsewhere.

    Raises:
        PeopleError: with the first of them.
    """
    for picture in study.identities.pictures if study.identities else ():
        if problem := without_content(picture):
            raise PeopleError(problem.detail)
        try:
            with picture.open("rb") as file:
                is_empty = not file.read(1)
        except OSError as error:
            raise PeopleError(
                f"{shown(str(picture))}: cannot be read ({error.strerror}); make it readable or "
                "remove it"
            ) from None
        if is_empty:
            raise PeopleError(f"{shown(str(picture))}: is empty; copy it again or remove it")


def check_clean_names(study: Study) -> None:
    """Refuse videos whose names Snakemake cannot hand to a cluster's jobs.

    Raises:
        ConfigError: with the first of them.
    """
    for dataset in study.datasets.values():
        for path in dataset.videos.values():
            if fault := fault_on_a_cluster(path):
                raise ConfigError(f"{shown(str(path))} {fault}")


def check_files(study: Study) -> None:
    """Refuse to start jobs that could not write, or that Snakemake would not let succeed.

    Raises:
        ClockError: if a file that the study reads is from the future.
        VideoError: if a video that was analysed can no longer be read.
        WriteError: if a folder of results cannot be written to.
    """
    check_times(study.files)
    check_contents(study)
    outputs = [*found_in_videos(study), *made_from_raw(study), *paths(FRAMES, study)]
    # Not those of each video: they would be two for each.
    pictures = [
        Path(PREVIEWS.partition("{video}")[0].format(dataset=each)) for each in study.datasets
    ]
    logs = Path("results/logs")
    of_rules = [path for path in logs.iterdir() if path.suffix != ".log"] if logs.is_dir() else []
    folders = (Path(output).parent for output in outputs)
    check_writable([logs, *of_rules, *pictures, *folders])

"""What is looked at before any job runs: where results go, and the times of what is read."""

import errno
import shlex
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile

from facetally.errors import ClockError, ConfigError
from facetally.files import cannot_write
from facetally.study.config import Study
from facetally.study.names import fault_on_a_cluster, shown
from facetally.study.outputs import FRAMES, made_from_raw, made_from_videos, paths


def check_writable(folders: Iterable[Path]) -> None:
    """Try to write into folders, or into the one in which a missing one would be made.

    Permissions alone tell too little: the disk may be full or read-only, a file in the way.

    Raises:
        WriteError: if one of them cannot be written to.
    """
    for folder in {_nearest(folder) for folder in folders}:
        try:
            with TemporaryFile(dir=folder, buffering=0) as file:
                file.write(b"?")
        except OSError as error:
            raise cannot_write(folder, error) from error


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
    now = time.time()
    late = [path for path in files if path.exists() and path.stat().st_mtime > now]
    if late:
        first = late[0]
        when = datetime.fromtimestamp(first.stat().st_mtime, UTC)
        others = f" and {len(late) - 1} more" if len(late) > 1 else ""
        raise ClockError(
            f"{first}{others}: its time, {when:%Y-%m-%d %H:%M} UTC, lies in the future; "
            f"correct this machine's clock, or type touch {shlex.quote(str(first))}, and run again"
        )


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
        ClockError: if a video or label file is from the future.
        WriteError: if a folder of results cannot be written to.
    """
    check_times(
        file
        for dataset in study.datasets.values()
        for file in [*dataset.videos.values(), *dataset.label_files]
    )
    outputs = [*made_from_videos(study), *made_from_raw(study), *paths(FRAMES, study)]
    logs = Path("results/logs")
    of_rules = [path for path in logs.iterdir() if path.suffix != ".log"] if logs.is_dir() else []
    check_writable([logs, *of_rules, *(Path(output).parent for output in outputs)])

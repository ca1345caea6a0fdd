"""The videos of a dataset and their golden labels.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
"""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from facetally.emotions import LABELS
from facetally.errors import ConfigError, LabelError

VIDEO_SUFFIXES: Final = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")


def find_videos(dataset: str, folder: Path, promised: Collection[Path] = ()) -> dict[str, Path]:
    """Find the videos of a folder by their names without extension, sorted.

    Args:
        dataset: the dataset's name, for the error messages.
        folder: the folder; sub-folders are not searched.
        promised: files that need not exist yet, because the workflow renders them.

    Raises:
        ConfigError: if the folder is missing or holds no video, or if two videos share a name.
    """
    found = {path for path in promised if path.parent == folder}
    if folder.is_dir():
        found |= {
            path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
        }
    elif not found:
        raise ConfigError(
            f"dataset {dataset}: folder {folder} does not exist; "
            f"create it or correct datasets.{dataset}.videos"
        )
    videos: dict[str, Path] = {}
    for path in sorted(found):
        if path.suffix.lower() not in VIDEO_SUFFIXES:
            continue
        if path.stem in videos:
            raise ConfigError(
                f"dataset {dataset}: {videos[path.stem]} and {path} have the same name "
                f"without extension; rename one of them"
            )
        videos[path.stem] = path
    if not videos:
        raise ConfigError(
            f"dataset {dataset}: folder {folder} holds no video "
            f"({' '.join('*' + suffix for suffix in VIDEO_SUFFIXES)})"
        )
    return dict(sorted(videos.items()))


def read_labels(path: Path) -> dict[str, str]:
    """Read a label file: CSV with the columns ``filename`` and ``label``.

    Returns:
        The class (Pos, Neg or Neut) by video name, in the order of the file.

    Raises:
        LabelError: if the file is missing, is not such a CSV, names a video twice, or has a
            label other than Positive, Neutral, Negative or Pos, Neut, Neg (in any case).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LabelError(
            f"{path}: label file does not exist; create it or correct config.yaml"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(f"{path}: cannot be read ({error}); save it as UTF-8 text") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    header = rows.fieldnames or []
    if not {"filename", "label"} <= set(header):
        raise LabelError(
            f"{path}: the header is '{','.join(header)}'; it must name the columns filename,label"
        )
    labels: dict[str, str] = {}
    for row in rows:
        name = (row["filename"] or "").strip()
        label = (row["label"] or "").strip()
        if not name:
            raise LabelError(f"{path}, row {rows.line_num}: the filename is empty")
        if label.lower() not in LABELS:
            raise LabelError(
                f"{path}, row {rows.line_num}: label '{label}' of {name} is unknown; "
                f"write Positive, Neutral or Negative"
            )
        if name in labels:
            raise LabelError(f"{path}, row {rows.line_num}: {name} is labelled twice")
        labels[name] = LABELS[label.lower()]
    return labels


def golden_labels(paths: Iterable[Path | str]) -> dict[str, str]:
    """Read the golden labels of a dataset from its label files: none or one."""
    return {video: label for path in paths for video, label in read_labels(Path(path)).items()}


def check_labels(path: Path, labels: Mapping[str, str], videos: Collection[str]) -> None:
    """Refuse labels of videos that are not there.

    Raises:
        LabelError: with the names (the first ten of many).
    """
    absent = [name for name in labels if name not in videos]
    if not absent:
        return
    shown = ", ".join(absent[:10]) + (f" and {len(absent) - 10} more" if absent[10:] else "")
    hint = ""
    if any(Path(name).suffix.lower() in VIDEO_SUFFIXES for name in absent):
        hint = " (filenames are written without extension)"
    raise LabelError(
        f"{path}: label without a video: {shown}{hint}; add the videos or remove the rows"
    )

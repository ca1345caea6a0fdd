"""Results of videos, datasets and detectors that a study no longer has."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path


def prune(
    results: Path, datasets: Mapping[str, Collection[str]], detectors: Iterable[str]
) -> list[Path]:
    """Remove what there is of videos that are no longer in their dataset's folder.

    Args:
        results: the results folder.
        datasets: the names of the videos of each dataset.
        detectors: the detectors of the study.

    Returns:
        The files removed: statuses, raw files, thumbnails, pages, annotated clips and crops.
    """
    detectors = list(detectors)
    removed = []
    for dataset, videos in datasets.items():
        places = [
            (f"videos/{dataset}", ".json"),
            (f"pictures/thumbnails/{dataset}", ".json"),
            (f"report/videos/{dataset}", ".html"),
        ]
        for detector in detectors:
            places.append((f"raw/{dataset}/{detector}", ".json"))
            places.append((f"crops/{dataset}/{detector}", ".npz"))
            places += [(f"annotated/{dataset}/{detector}", suffix) for suffix in (".mp4", ".gif")]
        for place, suffix in places:
            for path in sorted((results / place).glob(f"*{suffix}")):
                if path.name.removesuffix(suffix) not in videos:
                    path.unlink()
                    removed.append(path)
    return removed

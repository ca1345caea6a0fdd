"""Which video a name means that a person has written.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
"""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from facetally.study.csv_file import LONGEST_VALUE
from facetally.study.datasets import VIDEO_SUFFIXES
from facetally.study.names import normal, shown, visible


def key(name: str) -> str:
    """Return what names have in common that a person would call the same."""
    return normal(name).strip()


def folded(name: str) -> str:
    """Return the same whatever the case."""
    return key(name).casefold()


def as_seen(name: str) -> str:
    """Return the same whatever else cannot be seen."""
    return folded(visible(name))


def without_suffix(name: str) -> str:
    """Return a name without the extension of a video."""
    suffix = Path(name).suffix
    return name[: -len(suffix)] if suffix.lower() in VIDEO_SUFFIXES else name


def could_mean(videos: Collection[str]) -> str:
    """Say that a name could mean several videos, and what to do."""
    could = " and ".join(f"'{shown(video, LONGEST_VALUE)}'" for video in sorted(videos)[:2])
    return f"could mean the videos {could}; rename one of them"


class VideoNames:
    """The names of videos, to be found by what people write.

    A name is a video's as it stands, or with an extension; if there is none, in another case; if
    there is none, with or without what is invisible. Of names that differ in their Unicode form
    alone, none is another.

    Args:
        videos: the names, without extension.
    """

    def __init__(self, videos: Iterable[str]) -> None:
        self._forms: tuple[Callable[[str], str], ...] = (key, folded, as_seen)
        self._by_form: list[dict[str, list[str]]] = [{}, {}, {}]
        for video in videos:
            for form, named in zip(self._forms, self._by_form, strict=True):
                named.setdefault(form(video), []).append(video)

    def meant(self, name: str) -> list[str]:
        """Return the videos that a name could mean: none, one or several."""
        for form, named in zip(self._forms, self._by_form, strict=True):
            whole = form(name)
            names = {whole, form(without_suffix(whole))}
            if meant := [video for name in names for video in named.get(name, [])]:
                return meant
        return []

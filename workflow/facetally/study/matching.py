"""Which video is meant by a name that a person has written.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from unicodedata import category

from facetally.study.csv_file import LONGEST_VALUE
from facetally.study.datasets import VIDEO_SUFFIXES
from facetally.study.names import normal, shown, visible


def key(name: str) -> str:
    """Return a form that is equal for names that a person would call the same."""
    return normal(name).strip()


def folded(name: str) -> str:
    """Return the form of :func:`key` that ignores case too."""
    return key(name).casefold()


def as_seen(name: str) -> str:
    """Return the form of :func:`folded` that ignores invisible characters too."""
    return folded(visible(name))


def tidy(name: str) -> str:
    """Return a name as it is shown: in one line, with single spaces, and all of it visible."""
    plain = visible(name)
    if not plain.isprintable():
        plain = "".join(" " if category(sign) == "Cc" else sign for sign in plain)
    return " ".join(normal(plain).split())


def alike(name: str) -> str:
    """Return a form that is equal for spellings of one name of a person, group or event.

    They may differ in case, spaces, invisible characters and their Unicode form.
    """
    return normal(tidy(name).casefold())


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Return the first spelling of each name that has several, by its form of :func:`alike`."""
    found: dict[str, str] = {}
    several: dict[str, str] = {}
    for name in filter(None, map(tidy, names)):
        form = alike(name)
        if found.setdefault(form, name) != name:
            several[form] = found[form]
    return several


def without_suffix(name: str) -> str:
    """Return a name without the extension of a video."""
    suffix = Path(name).suffix
    return name[: -len(suffix)] if suffix.lower() in VIDEO_SUFFIXES else name


def could_mean(videos: Collection[str]) -> str:
    """Return the end of a message about a name that could mean several videos."""
    could = " and ".join(f"'{shown(video, LONGEST_VALUE)}'" for video in sorted(videos)[:2])
    return f"could mean the videos {could}; rename one of them"


class VideoNames:
    """The names of videos, which can be looked up by what people write.

    A name matches a video's name exactly, or with an extension; if there is no such video, in
    another case; and if there is still none, ignoring invisible characters. Names that differ
    only in their Unicode form are the same.

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

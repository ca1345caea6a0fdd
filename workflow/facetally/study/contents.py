"""The content of a study's files, identified by checksums that are computed once.

Imports only the standard library, because the workflow uses this when it is parsed.
"""

import contextlib
import json
from pathlib import Path
from typing import Any, Final

from facetally.errors import WriteError
from facetally.files import file_digest, write_text, writing
from facetally.study import storyboard
from facetally.study.config import Study

DIGESTS: Final = Path(".snakemake/facetally_digests.json")
TIME: Final = 2
"""The place of the modification time in a file's state."""

REWRITTEN: Final = Path(".snakemake/facetally_rewritten")
"""A line for each result that something else than its own job has changed on purpose."""


def note_rewritten(path: Path) -> None:
    """Let a result that has just been changed on purpose keep its record, despite its content.

    Raises:
        WriteError: if that cannot be noted.
    """
    with writing(REWRITTEN), REWRITTEN.open("a", encoding="utf-8") as file:
        file.write(f"{path}\n")


def rewritten() -> set[str]:
    """Return the results that have been changed on purpose since their records were kept."""
    try:
        return set(REWRITTEN.read_text(encoding="utf-8").splitlines())
    except OSError:
        return set()


class Digests:
    """Checksums of files, kept so that only files that have changed are read again.

    A file counts as unchanged as long as its size, inode and times are the same. They include its
    change time, which no program can set back. Of results, the content that a run has left is
    remembered too, so that a later change shows even if the file's time is set back.
    """

    def __init__(self, kept: Path = DIGESTS) -> None:
        self._path = kept
        self._known = self._kept()
        self._news: dict[str, list[Any]] = {}

    def _kept(self) -> dict[str, list[Any]]:
        with contextlib.suppress(OSError, ValueError):
            known: dict[str, list[Any]] = json.loads(self._path.read_text(encoding="utf-8"))
            return known
        return {}

    def __call__(self, path: Path) -> str:
        """Return the SHA-256 of a file's content in hexadecimal."""
        return str(self._known_of(path)[1])

    def keep(self, path: Path) -> str:
        """Remember a file's content as the one that a run has left, and return its SHA-256."""
        known = self._known_of(path)
        left = [known[0][TIME], known[1]]
        if known[2:] != left:
            known[2:] = left
            self._news[str(path)] = known
        return str(known[1])

    def has_changed(self, path: Path) -> bool:
        """Return whether a file has the time with which a run has left it, but other content."""
        (*_, time, _), digest, *left = self._known_of(path)
        return bool(left) and left[0] == time and left[1] != digest

    def _known_of(self, path: Path) -> list[Any]:
        """Return a file's state, its checksum, and time and checksum as a run has left it."""
        status = path.stat()
        state = [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]
        known = self._known.setdefault(str(path), [])
        if not known or known[0] != state:
            known[:2] = [state, file_digest(path)]
            self._news[str(path)] = known
        return known

    def save(self) -> None:
        """Keep new checksums along with those that are kept by now, if there is disk space.

        What a job has removed meanwhile, because a person is to be forgotten, stays removed.
        """
        if self._news and self._path.parent.is_dir():
            with contextlib.suppress(WriteError):
                write_text(self._path, json.dumps(self._kept() | self._news))


class Contents:
    """Identifies the content of a study's files, for use as parameters of rules.

    Methods take a job's wildcards, as Snakemake passes them.

    Args:
        study: the study.
        digest: returns checksums.
        demo_code: the digest of the code that renders the demo. It is used in place of the demo
            videos' own, whose bytes depend on the machine that encodes them.
    """

    def __init__(self, study: Study, digest: Digests, demo_code: str) -> None:
        self._study = study
        self._digest = digest
        self._demo_code = demo_code
        self._demo = set(storyboard.videos())

    def video(self, wildcards: Any) -> str:
        """Return what identifies one video's content, or why it cannot be read."""
        return self._content(self._study.datasets[wildcards.dataset].videos[wildcards.video])

    def _content(self, path: Path) -> str:
        try:
            if path in self._demo and storyboard.is_as_rendered(path, self._digest):
                return f"demo {self._demo_code}"
            return self._digest(path)
        except OSError as error:
            return str(error.strerror)

    def labels(self, wildcards: Any) -> list[str]:
        """Return the same for a dataset's label files."""
        return list(map(self._digest, self._study.datasets[wildcards.dataset].label_files))

    def all_labels(self, _: Any) -> list[str]:
        """Return the same for the label files of all datasets."""
        return list(map(self._digest, self._study.label_files))

    def who(self, _: Any) -> list[str]:
        """Return the same for everything that says who is seen: label files, a file of people."""
        people = [self._study.people] if self._study.people else []
        digests = list(map(self._digest, [*self._study.label_files, *people]))
        known = self._study.identities
        # The name in a video's own name counts only if there are pictures of that person.
        return digests if known is None else [*digests, *sorted(known.references)]

    def pictures(self, _: Any) -> list[tuple[str, str]]:
        """Return the same for the pictures of people, each with the person's name."""
        known = self._study.identities
        return [
            (person, self._digest(path))
            for person, own in (known.references.items() if known else ())
            for path in own
        ]

    def events(self, _: Any) -> list[str]:
        """Return the same for the files of events."""
        return list(map(self._digest, self._study.events))

    def recognizer(self) -> list[Any]:
        """Return what identifies the content of the card's network; empty without a card."""
        card = self._study.recognizer
        return [self._content(card.network)] if card else []

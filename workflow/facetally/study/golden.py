"""Golden labels, derived from the label files of a dataset, by one rater or several.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from facetally.emotions import CANNOT_TELL
from facetally.errors import LabelError
from facetally.study.csv_file import LONGEST_VALUE, title
from facetally.study.labels import NO_NAMES, Row, rows_by_video
from facetally.study.matching import folded
from facetally.study.names import shown

MAJORITY: Final = "majority"
UNANIMOUS: Final = "unanimous"
"""The values of ``golden`` in config.yaml, besides the name of a rater."""

TIE: Final = "tie"
NOT_UNANIMOUS: Final = "not unanimous"
NOT_BY_RATER: Final = "not labelled by the rater"
"""Reasons why a labelled video has no golden label; CANNOT_TELL is the fourth."""


@dataclass(frozen=True)
class Labelled:
    """What the label files say about one video.

    Attributes:
        answers: by rater, in the order of the files: Pos, Neg, Neut or CANNOT_TELL.
        golden: the golden label, Pos, Neg or Neut; None if the answers give none.
        why: why the answers give none; empty if they give one.
        group: the entry in the column ``group``, or else in ``person``; or empty.
        person: the entry in the column ``person``, or else in ``group``; or empty.
    """

    answers: Mapping[str, str]
    golden: str | None
    why: str
    group: str
    person: str


@dataclass(frozen=True)
class LabelFiles:
    """The label files of a dataset, and how golden labels follow from them.

    Attributes:
        paths: their paths, in order; empty for a dataset without labels.
        golden: MAJORITY, UNANIMOUS or the name of a rater.
        names: the class, or CANNOT_TELL, by other words for labels, in lower case.
    """

    paths: Sequence[Path] = ()
    golden: str = MAJORITY
    names: Mapping[str, str] = field(default_factory=lambda: NO_NAMES)

    def __bool__(self) -> bool:
        """Return whether there are any label files."""
        return bool(self.paths)

    def golden_labels(self, videos: Collection[str]) -> dict[str, str]:
        """Return the golden labels of those of some videos that have one.

        Raises:
            LabelError: as in :meth:`labelled`.
        """
        labelled = self.labelled(videos)
        return {video: each.golden for video, each in labelled.items() if each.golden}

    def labelled(self, videos: Collection[str]) -> dict[str, Labelled]:
        """Return what the files say about those of some videos that have a label.

        Rows for other videos are passed over.

        Raises:
            LabelError: as in :func:`facetally.study.labels.rows_by_video` and :meth:`together`.
        """
        return self.together(
            (path, rows_by_video(path, videos, self.names)[0]) for path in map(Path, self.paths)
        )

    def together(
        self, files: Iterable[tuple[Path, Mapping[str, Sequence[Row]]]]
    ) -> dict[str, Labelled]:
        """Combine label files, each given as its path and its rows by video, one row per rater.

        Raises:
            LabelError: if a rater labels a video in two files, or if files give a video different
                groups or people.
        """
        spelt: dict[str, str] = {}
        found: dict[str, dict[str, tuple[Path, Row]]] = {}
        for path, by_video in files:
            for video, rows in by_video.items():
                for row in rows:
                    rater = spelt.setdefault(folded(row.rater), row.rater)
                    before = found.setdefault(video, {}).setdefault(rater, (path, row))
                    if before[1] is not row:
                        raise _labelled_twice((path, row), before)
        return {video: self._put_together(each) for video, each in found.items()}

    def _put_together(self, rows: Mapping[str, tuple[Path, Row]]) -> Labelled:
        answers = {rater: row.label for rater, (_, row) in rows.items()}
        golden, why = golden_of(answers, self.golden)
        group, person = (_common(rows.values(), column) for column in ("group", "person"))
        return Labelled(answers, golden, why, group, person)


def golden_of(answers: Mapping[str, str], golden: str = MAJORITY) -> tuple[str | None, str]:
    """Return the golden label that follows from raters' answers, or why none does.

    Args:
        answers: by rater, at least one.
        golden: MAJORITY takes the answer that most raters give, and none if two answers are
            given equally often; UNANIMOUS takes the one that all give; a rater's name takes that
            rater's. If that is CANNOT_TELL, there is no golden label.

    Returns:
        The golden label and an empty text, or None and the reason.
    """
    if golden == MAJORITY:
        (answer, times), *others = Counter(answers.values()).most_common()
        why = TIE if others and others[0][1] == times else ""
    elif golden == UNANIMOUS:
        answer, *differing = dict.fromkeys(answers.values())
        why = NOT_UNANIMOUS if differing else ""
    else:
        own = {folded(rater): given for rater, given in answers.items()}.get(folded(golden))
        answer, why = own or "", "" if own else NOT_BY_RATER
    if answer == CANNOT_TELL and not why:
        why = CANNOT_TELL
    return (None, why) if why else (answer, "")


def _common(rows: Collection[tuple[Path, Row]], column: str) -> str:
    """Return the entry of a column that the rows of a video share, ignoring empty ones.

    Raises:
        LabelError: if the entries differ.
    """
    given = [(value, path, row) for path, row in rows if (value := str(getattr(row, column)))]
    if not given:
        return ""
    value, path, row = given[0]
    for other, its_path, its_row in given:
        if other != value:
            raise LabelError(
                f"{title(its_path)}, row {its_row.number}: {shown(row.name, LONGEST_VALUE)} has "
                f"the {column} {shown(other, LONGEST_VALUE)} here and "
                f"{shown(value, LONGEST_VALUE)} in {title(path)}, row {row.number}; correct one"
            )
    return value


def _labelled_twice(again: tuple[Path, Row], before: tuple[Path, Row]) -> LabelError:
    """Return the error for a rater who has labelled a video in two files."""
    (path, row), (first, earlier) = again, before
    what = "as" if row.label == earlier.label else f"{row.label} here and {earlier.label}"
    return LabelError(
        f"{title(path)}, row {row.number}: {shown(row.name, LONGEST_VALUE)} is labelled twice by "
        f"{shown(row.rater, LONGEST_VALUE)}, {what} in {title(first)}, row {earlier.number}; "
        "remove one of the rows or files, or say who gave the labels in a column rater"
    )

"""Golden labels: what follows from the label files of a dataset, of one rater or of several.

Only the standard library is imported, so that the workflow can be parsed (and linted) where
nothing but Snakemake is installed.
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
"""What ``golden`` may be in config.yaml, beside the name of a rater."""

TIE: Final = "tie"
NOT_UNANIMOUS: Final = "not unanimous"
NOT_BY_RATER: Final = "not labelled by the rater"
"""Why a labelled video has no golden label; CANNOT_TELL is the fourth reason."""


@dataclass(frozen=True)
class Labelled:
    """What the label files say of one video.

    Attributes:
        answers: by rater, in the order of the files: Pos, Neg, Neut or CANNOT_TELL.
        golden: the golden label, Pos, Neg or Neut; None if the answers give none.
        why: why they give none; empty if they give one.
        group: what stands in the column ``group``, else in ``person``; or empty.
        person: what stands in the column ``person``, else in ``group``; or empty.
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
        paths: in their order; a dataset without labels has none.
        golden: MAJORITY, UNANIMOUS or the name of a rater.
        names: the class, or CANNOT_TELL, by other words for labels, in lower case.
    """

    paths: Sequence[Path] = ()
    golden: str = MAJORITY
    names: Mapping[str, str] = field(default_factory=lambda: NO_NAMES)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.paths)

    def golden_labels(self, videos: Collection[str]) -> dict[str, str]:
        """Return the golden label of each of some videos that has one.

        Raises:
            LabelError: as :meth:`labelled`.
        """
        labelled = self.labelled(videos)
        return {video: each.golden for video, each in labelled.items() if each.golden}

    def labelled(self, videos: Collection[str]) -> dict[str, Labelled]:
        """Return what is said of each of some videos that has a label.

        Rows without a video are passed over.

        Raises:
            LabelError: as :func:`facetally.study.labels.rows_by_video`, or as :meth:`together`.
        """
        return self.together(
            (path, rows_by_video(path, videos, self.names)[0]) for path in map(Path, self.paths)
        )

    def together(
        self, files: Iterable[tuple[Path, Mapping[str, Sequence[Row]]]]
    ) -> dict[str, Labelled]:
        """Put together what the files say, each a path and its rows by video, one a rater.

        Raises:
            LabelError: if two files have a rater label one video, or give it two groups or people.
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
        golden: MAJORITY takes the answer that most raters give, and none where two answers are
            given equally often; UNANIMOUS the one that all give; a rater's name that rater's.
            Where that is CANNOT_TELL, there is no golden label.
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
    """Return what the rows of a video have in a column: the same, where they have anything.

    Raises:
        LabelError: if they differ.
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
    """Say that a rater has labelled a video in two files, and what to do."""
    (path, row), (first, earlier) = again, before
    what = "as" if row.label == earlier.label else f"{row.label} here and {earlier.label}"
    return LabelError(
        f"{title(path)}, row {row.number}: {shown(row.name, LONGEST_VALUE)} is labelled twice by "
        f"{shown(row.rater, LONGEST_VALUE)}, {what} in {title(first)}, row {earlier.number}; "
        "remove one of the rows or files, or say who gave the labels in a column rater"
    )

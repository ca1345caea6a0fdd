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
from facetally.study.matching import alike, tidy
from facetally.study.names import first, shown

MAJORITY: Final = "majority"
UNANIMOUS: Final = "unanimous"
"""The values of ``golden`` in config.yaml, besides the name of a rater."""

TIE: Final = "tie"
NOT_UNANIMOUS: Final = "not unanimous"
NOT_BY_RATER: Final = "not labelled by the rater"
"""Reasons why a labelled video has no golden label; CANNOT_TELL is the fourth."""

NAMED_AT_MOST: Final = 5


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
        spellings: the spelling to show of each name of a person or group that the study spells in
            several ways, by its form of :func:`facetally.study.matching.alike`.
    """

    paths: Sequence[Path] = ()
    golden: str = MAJORITY
    names: Mapping[str, str] = field(default_factory=lambda: NO_NAMES)
    spellings: Mapping[str, str] = field(default_factory=lambda: NO_NAMES)

    def __bool__(self) -> bool:
        """Return whether there are any label files."""
        return bool(self.paths)

    def spelt(self, name: str) -> str:
        """Return the name of a person or group as the study shows it."""
        return self.spellings.get(alike(name), tidy(name))

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

        If a rater labels a video in two files, the newer label counts.

        Raises:
            LabelError: if a rater labels a video in two files and nothing says which label is
                newer, or if files give a video different groups or people.
        """
        spelt: dict[str, str] = {}
        found: dict[str, dict[str, tuple[Path, Row]]] = {}
        for path, by_video in files:
            for video, rows in by_video.items():
                for row in rows:
                    rater = spelt.setdefault(alike(row.rater), row.rater)
                    before = found.setdefault(video, {}).setdefault(rater, (path, row))
                    if before[1] is not row:
                        found[video][rater] = _newer((path, row), before)
        return {video: self._put_together(each) for video, each in found.items()}

    def _put_together(self, rows: Mapping[str, tuple[Path, Row]]) -> Labelled:
        answers = {rater: row.label for rater, (_, row) in rows.items()}
        golden, why = golden_of(answers, self.golden)
        group, person = (
            self.spelt(_common(rows.values(), column)) for column in ("group", "person")
        )
        return Labelled(answers, golden, why, group, person)


def check_raters(files: Sequence[tuple[Path, Mapping[str, Sequence[Row]]]]) -> list[str]:
    """Refuse label files of two people under one name, and report labels that are replaced.

    Of files that one rater has saved one after the other, each has labels of the earlier one,
    with their times. Those of two people have none in common.

    Args:
        files: the label files of a dataset, as in :meth:`LabelFiles.together`.

    Returns:
        A line for each rater who labels videos differently in another file.

    Raises:
        LabelError: if two files label the same videos under one name and have no label in common.
    """
    by_rater: dict[str, dict[Path, dict[str, Row]]] = {}
    for path, by_video in files:
        for video, rows in by_video.items():
            for row in rows:
                if row.time is not None:
                    by_rater.setdefault(alike(row.rater), {}).setdefault(path, {})[video] = row
    return [line for own in by_rater.values() if (line := _changes(own))]


def _changes(files: Mapping[Path, Mapping[str, Row]]) -> str:
    """Return the line of :func:`check_raters` for one rater: their rows by file and video."""
    known: dict[str, list[tuple[Path, Row]]] = {}
    for path, rows in files.items():
        again = [(row, known[video]) for video, row in rows.items() if video in known]
        if again and not any(_is_same(row, other) for row, given in again for _, other in given):
            raise _two_people((path, again[0][0]), again[0][1][0])
        for video, row in rows.items():
            known.setdefault(video, []).append((path, row))
    changed = [video for video, given in known.items() if len({row.label for _, row in given}) > 1]
    if not changed:
        return ""
    rater = next(row.rater for rows in files.values() for row in rows.values())
    which = first(changed, NAMED_AT_MOST, lambda video: shown(video, LONGEST_VALUE))
    videos = "a video" if len(changed) == 1 else f"{len(changed):,} videos"
    return (
        f"{shown(rater, LONGEST_VALUE)} labels {videos} differently in another file ({which}); "
        "the label with the latest time counts"
    )


def _is_same(row: Row, other: Row) -> bool:
    """Return whether two rows for a video are the same label, given at the same moment."""
    return (row.label, row.time) == (other.label, other.time)


def _newer(again: tuple[Path, Row], before: tuple[Path, Row]) -> tuple[Path, Row]:
    """Return which of a rater's rows for a video in two files is newer.

    Raises:
        LabelError: if their times do not say.
    """
    time, earlier = again[1].time, before[1].time
    if time is None or earlier is None:
        raise _labelled_twice(again, before)
    if time == earlier and again[1].label != before[1].label:
        raise _labelled_twice(again, before)
    return again if time > earlier else before


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
        own = {alike(rater): given for rater, given in answers.items()}.get(alike(golden))
        answer, why = own or "", "" if own else NOT_BY_RATER
    if answer == CANNOT_TELL and not why:
        why = CANNOT_TELL
    return (None, why) if why else (answer, "")


def _common(rows: Collection[tuple[Path, Row]], column: str) -> str:
    """Return the entry of a column that the rows of a video share, ignoring empty ones.

    Of several spellings of one name, the first is returned.

    Raises:
        LabelError: if the entries differ.
    """
    given = [(value, path, row) for path, row in rows if (value := str(getattr(row, column)))]
    if not given:
        return ""
    value, path, row = given[0]
    for other, its_path, its_row in given:
        if alike(other) != alike(value):
            raise LabelError(
                f"{title(its_path)}, row {its_row.number}: {shown(row.name, LONGEST_VALUE)} "
                f"belongs to {shown(other, LONGEST_VALUE)} here and to "
                f"{shown(value, LONGEST_VALUE)} in {title(path)}, row {row.number}; correct one"
            )
    return value


def _two_people(again: tuple[Path, Row], before: tuple[Path, Row]) -> LabelError:
    """Return the error for two files that seem to be by two people who use one name."""
    (path, row), (other, earlier) = again, before
    return LabelError(
        f"{title(path)}, row {row.number}: {shown(row.name, LONGEST_VALUE)} is labelled "
        f"{row.label} by {shown(row.rater, LONGEST_VALUE)}, and {earlier.label} in "
        f"{title(other)}, row {earlier.number}, and the files have no label in common; if these "
        "are two people, give each a name in the column rater, or else remove one of the rows"
    )


def _labelled_twice(again: tuple[Path, Row], before: tuple[Path, Row]) -> LabelError:
    """Return the error for a rater who has labelled a video in two files."""
    (path, row), (other, earlier) = again, before
    what = "as" if row.label == earlier.label else f"{row.label} here and {earlier.label}"
    return LabelError(
        f"{title(path)}, row {row.number}: {shown(row.name, LONGEST_VALUE)} is labelled twice by "
        f"{shown(row.rater, LONGEST_VALUE)}, {what} in {title(other)}, row {earlier.number}; "
        "remove one of the rows or files, or say who gave the labels in a column rater"
    )

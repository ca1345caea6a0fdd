"""What a person reads at the end of a run: the tables, what to check, and where the report is.

Only the standard library is imported: the workflow itself prints this.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from facetally.study.csv_file import LONGEST_VALUE
from facetally.study.names import counted, first, shown

STOPPED: Final = (
    "facetally: stopped on request; what is done stays, and the same command resumes the study"
)
FAILED: Final = (
    "The run has ended early, and what is done stays. Deal with what the errors above name, then "
    "type the same command again. More: docs/troubleshooting.md"
)
MOST_ERRORS: Final = 10
"""Errors that are shown once more at the end of a run."""

MOST_NAMED: Final = 5
"""Rows of a file that are named in a line."""

MOST_ROWS: Final = 24
"""Lines of a table that are shown."""


def results_overview(results: Path, asked_for: bool, corrected: bool = False) -> str:
    """Return what people show, the accuracies if there are any, what to check, and the report.

    Args:
        results: the results folder.
        asked_for: whether the run was to make the tables. Otherwise they may be out of date and
            are not shown.
        corrected: whether the study has corrections of whose faces are seen.
    """
    if not asked_for or not (results / "summary.md").exists():
        return f"\nResults are below {results}/\n"
    people, several = _people(results)
    lost = _corrections_without_face(results) if corrected else []
    checks = [*lost, *several, *_unresolved(results), *_problems(results)]
    to_check = "".join(f"facetally: {line}\n" for line in checks)
    report = results / "report" / "index.html"
    opened = f"Open {report} in a browser. " if report.exists() else ""
    places = f"{opened}All results are below {results}/ (docs/outputs.md)\n"
    blocks = [_tables(results, people), *filter(None, [to_check]), places]
    return "\n" + "\n".join(blocks)


def _people(results: Path) -> tuple[list[str], list[str]]:
    """Return the lines of the table of what people show, and the words below it."""
    people = results / "people.md"
    if not people.exists():
        return [], []
    lines = people.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")]
    return table, [line for line in lines[len(table) :] if line]


def _unresolved(results: Path) -> list[str]:
    """Return the line about labelled videos without a golden label, if there are any."""
    path = results / "unresolved_labels.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        number = sum(1 for _ in csv.DictReader(file))
    if not number:
        return []
    videos = "1 labelled video has" if number == 1 else f"{number} labelled videos have"
    return [
        f"{videos} no golden label (raters tie, or cannot tell) and no part in the accuracy: "
        f"see {path}"
    ]


def _corrections_without_face(results: Path) -> list[str]:
    """Return the line about corrections that are about no face, if there are any."""
    path = results / "identities" / "corrections_without_face.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return []
    places = first(
        rows,
        MOST_NAMED,
        lambda row: (
            f"row {row['row']} ({shown(row['video'], LONGEST_VALUE)} at {float(row['start']):g} s)"
        ),
    )
    return [
        f"{shown(rows[0]['file'])}: no face is at the place and time of {places}; copy each of "
        "them again from results/identities/tracks.csv, or remove it"
    ]


def _problems(results: Path) -> list[str]:
    """Return the line about videos that could not be analysed, if there are any."""
    path = results / "problems.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        frames = [int(row["frames"]) for row in csv.DictReader(file)]
    if not frames:
        return []
    bad = frames.count(0)
    return [
        f"{counted(bad, 'video')} cannot be analysed, {len(frames) - bad:,} only in part: see "
        f"{path} and, for what to do, docs/troubleshooting.md"
    ]


def _tables(results: Path, lines: list[str]) -> str:
    """Return the first lines of what people show, and the accuracies, if any video has a label."""
    shown = ""
    if lines:
        shown = "Share of each person's frames with a face:\n\n" + "\n".join(lines[:MOST_ROWS])
        more = len(lines) - MOST_ROWS
        shown += (
            f"\n... and {counted(more, 'more row')}: see {results / 'people.md'}\n"
            if more > 0
            else "\n"
        )
    accuracies = (results / "summary.md").read_text(encoding="utf-8")
    if any("no labels" not in row for row in accuracies.splitlines()[2:]):
        shown += f"\n{accuracies}"
    return shown


def stopped(results: Path) -> str:
    """Return what is said of a run that was stopped by Ctrl-C or a signal.

    Args:
        results: the results folder.
    """
    if not (results / "summary.md").exists():
        return f"{STOPPED}\n"
    there = results_overview(results, asked_for=True)
    return f"{STOPPED}\n\nResults so far, from this run or an earlier one:\n{there}"


def run_failed(lines: Iterable[str]) -> str:
    """Return what is said of a run that has failed: what ended it, and what to do.

    Args:
        lines: the errors of its jobs, perhaps repeated.
    """
    unique = list(dict.fromkeys(lines))
    shown = "".join(f"{line}\n" for line in unique[:MOST_ERRORS])
    more = len(unique) - MOST_ERRORS
    shown += f"... and {more} more: see results/logs\n" if more > 0 else ""
    return f"\n{shown}{FAILED}\n"

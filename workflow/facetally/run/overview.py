"""What a person reads when a run is over: the accuracy table and where the results are.

Only the standard library is imported: the workflow itself prints this.
"""

import csv
import sys
from pathlib import Path
from types import TracebackType
from typing import Final

STOPPED: Final = (
    "facetally: stopped on request; what is done stays, and the same command resumes the study"
)
MOST_LINES: Final = 24
"""Lines of a table that are shown."""

PLACES: Final = (
    ("the report, for a browser", "report/index.html"),
    ("what each person showed, this table", "people.md"),
    ("the same with intervals", "people/{dataset}.csv"),
    ("people against each other, over time", "people/{dataset}_pairs.csv, {dataset}_time.csv"),
    ("one table for R and pandas", "expressions.parquet, expressions.csv"),
    ("accuracy, all measures", "summary.csv"),
    ("accuracy, this table", "summary.md"),
    ("methods against each other", "comparisons.csv"),
    ("how far to trust confidence", "reliability.csv, least_certain.csv"),
    ("label of each video by each method", "predictions/{dataset}.csv"),
    ("accuracy, other mappings", "bias.csv"),
    ("label counts per video", "counts/{dataset}/{detector}.csv"),
    ("label counts per segment", "segments/{dataset}/{detector}.csv"),
    ("every face of every frame", "faces/{dataset}/{detector}.parquet"),
    ("shots of each video", "shots.csv"),
    ("what is wrong with videos", "problems.csv"),
    ("raw FER JSON", "raw/{dataset}/{detector}/{video}.json"),
)

RATERS: Final = ("how far raters agree", "agreement.csv, rater_pairs.csv, ratings.csv")
"""The same of a study in which several people have labelled a video."""


def results_overview(results: Path, asked_for: bool) -> str:
    """Write what people show, the accuracies if there are any, and the places of all results.

    Args:
        results: the results folder.
        asked_for: whether the tables are; or else it may be out of date, and is not shown.
    """
    table = results / "summary.md"
    if not asked_for or not table.exists():
        return f"\nResults are below {results}/\n"
    width = max(len(what) for what, _ in PLACES)
    found = [*PLACES, *([RATERS] if (results / "agreement.csv").exists() else [])]
    places = "".join(f"{what:<{width}}  {results}/{place}\n" for what, place in found)
    notes = f"{_several(results)}{_unresolved(results)}{_problems(results)}"
    return f"\n{_tables(results)}\n{places}{notes}"


def _people(results: Path) -> tuple[list[str], list[str]]:
    """Return the lines of the table of what people show, and the words below it."""
    people = results / "people.md"
    if not people.exists():
        return [], []
    lines = people.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")]
    return table, [line for line in lines[len(table) :] if line]


def _several(results: Path) -> str:
    """Say which videos may show several people, though nobody has said who is seen when."""
    return "".join(f"\nfacetally: {line}\n" for line in _people(results)[1])


def _unresolved(results: Path) -> str:
    """Say how many labelled videos have no golden label, or nothing."""
    path = results / "unresolved_labels.csv"
    if not path.exists():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        number = sum(1 for _ in csv.DictReader(file))
    if not number:
        return ""
    videos = "1 labelled video has" if number == 1 else f"{number} labelled videos have"
    return (
        f"\nfacetally: {videos} no golden label (raters tie, or cannot tell) and no part in the "
        f"accuracy: see {path}\n"
    )


def _tables(results: Path) -> str:
    """Return the first lines of what people show, and the accuracies, if any video has a label."""
    shown = ""
    lines, _ = _people(results)
    if lines:
        shown = "Share of each person's frames with a face:\n\n" + "\n".join(lines[:MOST_LINES])
        more = len(lines) - MOST_LINES
        shown += f"\n... and {more} more rows: see {results / 'people.md'}\n" if more > 0 else "\n"
    accuracies = (results / "summary.md").read_text(encoding="utf-8")
    if any("no labels" not in row for row in accuracies.splitlines()[2:]):
        shown += f"\n{accuracies}"
    return shown


def stopped(results: Path) -> str:
    """Write what there is to say of a run that was stopped by Ctrl-C or a signal.

    Args:
        results: the results folder.
    """
    if not (results / "summary.md").exists():
        return f"{STOPPED}\n"
    there = results_overview(results, asked_for=True)
    return f"{STOPPED}\n\nThe results that are there, of this run or an earlier one:\n{there}"


def report_interrupts() -> None:
    """Let this process say in one line that Ctrl-C has ended it, in place of a traceback."""
    otherwise = sys.excepthook

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print(stopped(Path("results")), end="", file=sys.stderr)
        else:
            otherwise(kind, error, trace)

    sys.excepthook = report


def _problems(results: Path) -> str:
    """Say that there are problems with videos, or nothing."""
    path = results / "problems.csv"
    if not path.exists():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        frames = [int(row["frames"]) for row in csv.DictReader(file)]
    bad = frames.count(0)
    if not frames:
        return ""
    return (
        f"\nfacetally: {bad} videos cannot be analysed, {len(frames) - bad} only in part: "
        f"see {path}\n"
    )

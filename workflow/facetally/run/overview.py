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
PLACES: Final = (
    ("the report, for a browser", "report/index.html"),
    ("accuracy, all measures", "summary.csv"),
    ("accuracy, this table", "summary.md"),
    ("methods against each other", "comparisons.csv"),
    ("label of each video by each method", "predictions/{dataset}.csv"),
    ("accuracy, other mappings", "bias.csv"),
    ("label counts per video", "counts/{dataset}/{detector}.csv"),
    ("label counts per segment", "segments/{dataset}/{detector}.csv"),
    ("every face of every frame", "faces/{dataset}/{detector}.parquet"),
    ("what is wrong with videos", "problems.csv"),
    ("raw FER JSON", "raw/{dataset}/{detector}/{video}.json"),
)


def results_overview(results: Path, asked_for: bool) -> str:
    """Write the summary table and the places of all results.

    Args:
        results: the results folder.
        asked_for: whether the table is; or else it may be out of date, and is not shown.
    """
    table = results / "summary.md"
    if not asked_for or not table.exists():
        return f"\nResults are below {results}/\n"
    width = max(len(what) for what, _ in PLACES)
    places = "".join(f"{what:<{width}}  {results}/{place}\n" for what, place in PLACES)
    return f"\n{table.read_text(encoding='utf-8')}\n{places}{_problems(results)}"


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

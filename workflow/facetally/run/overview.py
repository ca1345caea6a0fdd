"""What a person reads when a run is over: the accuracy table and where the results are.

Only the standard library is imported: the workflow itself prints this.
"""

import csv
from pathlib import Path

PLACES = (
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


def results_overview(results: Path, since: float) -> str:
    """Write the summary table and the places of all results.

    Args:
        results: the results folder.
        since: when the run started, in seconds since the epoch; an older table is not shown,
            because this run did not make it.
    """
    table = results / "summary.md"
    if not table.exists() or table.stat().st_mtime < since:
        return f"\nResults are below {results}/\n"
    width = max(len(what) for what, _ in PLACES)
    places = "".join(f"{what:<{width}}  {results}/{place}\n" for what, place in PLACES)
    return f"\n{table.read_text(encoding='utf-8')}\n{places}{_problems(results)}"


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

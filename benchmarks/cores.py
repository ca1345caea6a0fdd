"""How long a study would take on more cores than this machine has, from job times measured here.

    .venv/bin/python benchmarks/cores.py STUDY [--cores 8 64] [--videos 2826]

STUDY is a finished study whose jobs had one thread each (`--cores 1` ensures that). Its videos,
repeated up to a given number, and one film as long as all of them are planned in the order in
which Snakemake starts jobs; ideally, no core is ever idle. The time that Snakemake's own process
takes per job is a lower bound, whatever the cores do.
"""

import argparse
import json
import sys
from collections import defaultdict
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from facetally.study.schedule import (
    SERIAL_DETECTION,
    SERIAL_SAMPLING,
    Work,
    end_of,
    shortened,
    threads_of,
)

MS_A_JOB = 13
"""The time of Snakemake's own process per job, over 8,481 jobs: benchmarks/scheduler.py."""


def measured(study: Path) -> tuple[list[str], list[Work]]:
    """Read the detectors and the job times of each video from Snakemake's records."""
    sampling: dict[str, float] = {}
    detections: dict[str, dict[str, float]] = defaultdict(dict)
    for path in (study / ".snakemake" / "metadata").rglob("*"):
        record = json.loads(path.read_text()) if path.is_file() else {}
        if record.get("rule") not in ("sample_frames", "detect_emotions"):
            continue
        (log,) = record["log"]
        seconds = record["endtime"] - record["starttime"]
        if record["rule"] == "sample_frames":
            sampling["/".join(Path(log).with_suffix("").parts[-2:])] = seconds
        else:
            dataset, detector, video = Path(log).with_suffix("").parts[-3:]
            detections[f"{dataset}/{video}"][detector] = seconds
    detectors = sorted(set().union(*detections.values()))
    return detectors, [
        Work(1, sampling[video], [each[detector] for detector in detectors])
        for video, each in detections.items()
    ]


def on(threads: int, alone: Work) -> Work:
    """Return the job times of a video on more than one thread."""
    return Work(
        threads,
        shortened(threads, alone.sampling, SERIAL_SAMPLING),
        [shortened(threads, seconds, SERIAL_DETECTION) for seconds in alone.detections],
    )


def row(name: str, videos: list[Work], detectors: list[str], cores: int) -> str:
    """Plan videos on some cores; return a row of a Markdown table."""
    sizes = {number: each.core_time for number, each in enumerate(videos)}
    threads = threads_of(sizes, cores, detectors)
    plan = [on(threads[number], each) for number, each in enumerate(videos)]
    plan.sort(key=lambda each: -each.core_time)
    ideal, planned = sum(sizes.values()) / cores, end_of(plan, cores)
    jobs = sum(1 + len(each.detections) for each in videos)
    return (
        f"| {name} | {cores} | {max(threads.values())} | {ideal:.0f} | {planned:.0f} "
        f"| {ideal / planned:.0%} | {jobs * MS_A_JOB / 1e3:.0f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 8, 64])
    parser.add_argument("--videos", type=int, default=2826)
    options = parser.parse_args()
    detectors, few = measured(options.study)
    many = list(islice(cycle(few), options.videos))
    film = Work(
        1,
        sum(each.sampling for each in few),
        [sum(each) for each in zip(*(each.detections for each in few), strict=True)],
    )
    lengths = [
        Work(1, film.sampling * part, [seconds * part for seconds in film.detections])
        for part in (1, 5 / 20, 1 / 20)
    ]
    print("| | cores | threads, at most | ideal, s | planned, s | use | Snakemake's own, s |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, videos in (
        (f"{options.videos} clips", many),
        (f"the {len(few)} measured", few),
        ("one film as long as those", [film]),
        ("that film, and one a quarter and one a twentieth as long", lengths),
    ):
        for cores in options.cores:
            print(row(name, videos, detectors, cores))


if __name__ == "__main__":
    main()

"""The whole study against fer and mtcnn, side by side in one run: time, memory, stages.

    make bench
    .venv/bin/python benchmarks/engines.py [--frames N] [--clips N] [--engines onnx fer]

The study's own command is measured with gpu=1 on all available cores.

Writes results/benchmark/engines.md and engines.svg. Clips are rendered on the first run and
kept in results/benchmark/clips. Quote the ratios: seconds depend on the machine.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import yaml

ROOT = Path(__file__).parents[1]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PYTHON = [sys.executable, str(ROOT / "benchmarks" / "contestants.py")]


@dataclass
class Run:
    """A measured command.

    Attributes:
        name: what ran.
        wall: seconds from start to end.
        cpu: CPU seconds of all its processes.
        memory: peak resident memory of its largest process, in MB.
        stages: seconds from start to end of the jobs of each rule, summed.
        printed: what it printed on standard output.
    """

    name: str
    wall: float
    cpu: float
    memory: float
    stages: dict[str, float] = field(default_factory=dict)
    printed: str = ""


def measure(name: str, command: list[str], folder: Path) -> Run:
    """Run a command to its end; stop everything if it fails."""
    print(f"{time.strftime('%H:%M:%S')} {name} ...", file=sys.stderr, flush=True)
    log = folder / "benchmark.log"
    with log.open("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env=os.environ
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        sys.exit(f"{name} failed:\n{printed[-3000:]}")
    memory = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    cpu = usage.ru_utime + usage.ru_stime
    print(f"         {wall:.1f} s, {cpu:.1f} s of CPU", file=sys.stderr, flush=True)
    return Run(name, wall, cpu, memory, printed=printed)


def study(
    name: str, videos: Path, detectors: list[str], engine: str, work: Path, people: bool = False
) -> Run:
    """Run this project's study on a folder of videos, starting from only the exported networks."""
    folder = work / "study"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    config = {"datasets": {"d": {"videos": str(videos)}}, "detectors": detectors, "engine": engine}
    if people:
        config["people"] = {"identify": True}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    snakemake += ["--cores", str(CORES)]
    if engine == "onnx":
        measure("export of the networks", [*snakemake, "results/models/versions.json"], folder)
    # Stop at the tables, since the others write no report.
    tables = [f"results/{kind}" for kind in ("summary.csv", "plots/accuracy.csv")]
    for detector in detectors:
        tables += [f"results/{kind}/d/{detector}.csv" for kind in ("segments", "plots/emotions")]
    if people:
        tables.append("results/identities/tracks.csv")
    # --notemp keeps the sampled frames, which the measurements of single stages need.
    run = measure(name, [*snakemake, *tables, "--notemp", "--resources", "gpu=1"], folder)
    run.stages = stages(folder)
    return run


def stages(folder: Path) -> dict[str, float]:
    """Sum up the seconds of the jobs of each rule from Snakemake's records."""
    seconds: dict[str, float] = defaultdict(float)
    jobs = set()
    for record in (folder / ".snakemake" / "metadata").rglob("*"):
        if record.is_file():
            job = json.loads(record.read_text())
            # Each output of a job has a record; a job has one log.
            if job.get("starttime") and tuple(job["log"]) not in jobs:
                jobs.add(tuple(job["log"]))
                seconds[job["rule"]] += job["endtime"] - job["starttime"]
    seconds.pop("export_models", None)
    return dict(seconds)


def result(run: Run) -> dict[str, float]:
    """Parse the last line that a contestant printed."""
    return json.loads(run.printed.strip().splitlines()[-1])


def table(baseline: Run, runs: list[Run]) -> list[str]:
    """Format runs as rows of a Markdown table."""
    lines = [
        "| | s | times as fast | CPU, s | of all cores | peak memory, MB | jobs, s |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for run in runs:
        jobs = ", ".join(f"{rule} {seconds:.1f}" for rule, seconds in run.stages.items())
        lines.append(
            f"| {run.name} | {run.wall:.1f} | {baseline.wall / run.wall:.1f} | {run.cpu:.1f} "
            f"| {run.cpu / (CORES * run.wall):.0%} | {run.memory:.0f} | {jobs} |"
        )
    return lines


def plot(groups: dict[str, list[Run]], path: Path) -> None:
    """Draw the seconds of all runs as bars, one panel per group."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        len(groups),
        height_ratios=[len(runs) for runs in groups.values()],
        figsize=(8, 0.45 * sum(map(len, groups.values())) + len(groups)),
        layout="constrained",
    )
    for axis, (title, runs) in zip(axes, groups.items(), strict=True):
        names = [run.name for run in runs]
        colours = ["#1b6ca8" if run.stages else "#9aa5b1" for run in runs]
        bars = axis.barh(names, [run.wall for run in runs], color=colours)
        axis.bar_label(bars, fmt="%.0f s", padding=3)
        axis.invert_yaxis()
        axis.set_title(title, loc="left", fontsize="medium")
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(x=0.12)
    axes[-1].set_xlabel("seconds")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure, and write the table and the plot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", type=int, default=5000, help="of the long 720p clip")
    parser.add_argument("--clips", type=int, default=50, help="short clips of 10 s, 640 x 360")
    parser.add_argument("--engines", nargs="+", default=["onnx", "fer"], choices=["onnx", "fer"])
    parser.add_argument("--out", type=Path, default=Path("results/benchmark"))
    options = parser.parse_args()
    data = options.out.absolute() / "clips"
    work = options.out.absolute() / "work"
    work.mkdir(parents=True, exist_ok=True)
    long = data / f"long_{options.frames}" / "clip.mp4"
    short = data / f"short_{options.clips}"
    # In another process: a process's peak memory counts towards those that it starts.
    clips = [str(ROOT / "benchmarks" / "clips.py"), str(long), str(options.frames)]
    measure(
        "rendering of the clips",
        [sys.executable, *clips, str(short), str(options.clips), str(data / "lengths")],
        work,
    )

    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(long), "-f", "null", "-"]
    floor = measure("FFmpeg decodes to nowhere", ffmpeg, work)
    fer_video = measure("fer.Video.analyze, Haar", [*PYTHON, "video", str(long)], work)
    mtcnn = measure("mtcnn + FER, one process", [*PYTHON, "loop", "mtcnn", str(long)], work)
    ours: dict[tuple[str, str], Run] = {}
    lines = []
    for detector, baseline in (("haar", fer_video), ("mtcnn", mtcnn)):
        for engine in reversed(options.engines):
            ours[detector, engine] = study(
                f"facetally, {detector}, engine {engine}", long.parent, [detector], engine, work
            )
        fast = ours[detector, "onnx"]
        kept = str(work / "study" / "results" / "frames" / "d" / "clip.nut")
        models = str(work / "study" / "results" / "models")
        bare = measure(
            f"{detector} alone on prepared frames", [*PYTHON, "bare", kept, models, detector], work
        )
        bare_cpu = floor.cpu + result(bare)["cpu"]
        lines.append(
            f"- {detector}: {fast.wall:.1f} s, {baseline.wall / fast.wall:.1f} times as fast as "
            f"{baseline.name}. Use of the machine: {bare_cpu:.1f} s of CPU for decoding and "
            f"{'Haar' if detector == 'haar' else 'the networks'} alone, over {CORES} cores for "
            f"{fast.wall:.1f} s: {bare_cpu / (CORES * fast.wall):.2f}."
        )
    networks = result(measure("networks alone", [*PYTHON, "networks", kept, models, "96"], work))
    sampling = ours["mtcnn", "onnx"].stages["sample_frames"]
    lines += [
        f"- Sampling, as a job: {sampling:.1f} s, {sampling / floor.wall:.2f} times FFmpeg's own "
        f"decoding of the file.",
        f"- Detection and classification alone, MTCNN, ms a 720p frame: {networks['ours']:.0f}; "
        f"mtcnn + FER in batches of 16 {networks['mtcnn 16']:.0f}, frame by frame "
        f"{networks['mtcnn 1']:.0f}: {networks['mtcnn 16'] / networks['ours']:.1f} and "
        f"{networks['mtcnn 1'] / networks['ours']:.1f} times as fast.",
    ]
    ours["centerface", "onnx"] = study(
        "facetally, centerface", long.parent, ["centerface"], "onnx", work
    )
    videos = sorted(map(str, short.iterdir()))
    loop = measure("loop over fer, both detectors", [*PYTHON, "loop", "haar,mtcnn", *videos], work)
    many = [
        study(f"facetally, engine {engine}", short, ["haar", "mtcnn"], engine, work)
        for engine in options.engines
    ]
    people = study(
        "facetally, and who is who", short, ["haar", "mtcnn"], "onnx", work, people=True
    )
    lengths = study("facetally", data / "lengths", ["haar", "mtcnn"], "onnx", work)
    fast = many[options.engines.index("onnx")]
    an_hour = options.clips * 3600 / fast.wall / CORES
    lines += [
        f"- Clips of 10 s, 640 x 360, both detectors: {an_hour:.0f} an hour and core.",
        f"- Clips of 1, 5 and 20 minutes, both detectors: {lengths.wall:.1f} s, "
        f"{lengths.cpu / (CORES * lengths.wall):.0%} of all cores.",
    ]
    long_runs = [floor, fer_video, ours["haar", "onnx"]]
    long_runs += [ours["haar", "fer"]] if "fer" in options.engines else []
    mtcnn_runs = [floor, mtcnn, ours["mtcnn", "onnx"]]
    mtcnn_runs += [ours["mtcnn", "fer"]] if "fer" in options.engines else []
    groups = {
        f"{options.frames} frames of 720p, 1 in 20, Haar": long_runs,
        f"{options.frames} frames of 720p, 1 in 20, MTCNN": mtcnn_runs,
        f"{options.frames} frames of 720p, 1 in 20, CenterFace": [
            floor,
            ours["centerface", "onnx"],
        ],
        f"{options.clips} clips of 10 s, 640 x 360, 1 in 20, both detectors": [
            loop,
            *many,
            people,
        ],
    }
    text = [
        f"{CORES} cores, {platform.machine()}, Python {platform.python_version()}; whole commands "
        f"from start to end, one after the other; times as fast as the second row of a table "
        f"(the first of the last).",
        "",
    ]
    for title, runs in groups.items():
        baseline = runs[0] if runs[0] is loop else runs[1]  # Not FFmpeg's decoding.
        text += [f"### {title}", "", *table(baseline, runs), ""]
    text += [*lines, ""]
    report = "\n".join(text)
    (options.out / "engines.md").write_text(report)
    plot(groups, options.out / "engines.svg")
    shutil.rmtree(work)
    print(f"\n{report}\n{options.out}/engines.md\n{options.out}/engines.svg")


if __name__ == "__main__":
    main()

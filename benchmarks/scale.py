"""How the study scales: time and memory of each step for 1,000 to 100,000 videos.

    .venv/bin/python benchmarks/scale.py [--numbers N ...] [--datasets N] [--steps STEP ...]
    .venv/bin/python benchmarks/scale.py --parts 10 --numbers 100000
    .venv/bin/python benchmarks/scale.py --draw [--figures docs/scale.csv]

Videos are clips of five tiny frames, each with different content. The files and records that real
jobs make for one of them are written for all. Each step is a whole command on two cores, in its
own process; memory is that of its largest process. Figures are appended to a CSV file; --draw
turns it into docs/scale.svg and prints a table.
"""

import argparse
import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Final

import av
import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from facetally.detect.face import Face  # noqa: E402
from facetally.faces.raw import frame_record, write_raw  # noqa: E402

COLUMNS: Final = ("videos", "datasets", "parts", "step", "seconds", "cpu", "megabytes", "jobs")
CURVE: Final = ROOT / "docs" / "scale.svg"
DETECTORS: Final = ("haar", "mtcnn")
FRAMES: Final = 5
ADDED: Final = 10
VARIANTS: Final = 500
"""The number of different raw files, each of which a study has many times."""

DATASET: Final = "template-dataset"
VIDEO: Final = "template-video"
SETTINGS: Final = {"detectors": list(DETECTORS), "sampling": {"every_nth_frame": 1}}
TABLES: Final = ["results/summary.csv", "results/plots/accuracy.csv"]
STEPS: Final = {
    "fresh": "dry run, nothing made yet",
    "slurm": "the same, for a SLURM cluster",
    "pulled": "dry run, raw files come from elsewhere",
    "tables": "tables from raw files",
    "report": "figures and report",
    "nothing": "run with nothing to do",
    "added": f"dry run, {ADDED} videos added",
}
PART_STEPS: Final = {
    "part fresh": "dry run of the first part, nothing made yet",
    "part slurm": "the same, for a SLURM cluster",
    "part nothing": "run of a middle part with nothing to do",
    "part tables": "tables, figures and report, without looking at videos",
    "part again": "the same with nothing to do",
}
SLURM: Final = ["--profile", str(ROOT / "workflow" / "profiles" / "slurm")]
FROM_RAW: Final = ["--profile", str(ROOT / "workflow" / "profiles" / "tables")]


@dataclass
class Measured:
    """The time and memory of a command.

    Attributes:
        seconds: from start to end; None if it was stopped at the limit.
        cpu: CPU seconds of all its processes, which a busy machine affects less.
        megabytes: peak resident memory of its largest process.
        printed: its output.
    """

    seconds: float | None
    cpu: float
    megabytes: float
    printed: str


def measure(arguments: list[str], folder: Path, limit: float) -> Measured:
    """Run Snakemake in a folder for at most ``limit`` seconds; stop everything if it fails."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", "2", *arguments]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    log = folder / "benchmark.log"
    with log.open("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": path},
            start_new_session=True,
        )
        timer = Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(max(0, log.stat().st_size - 20_000))
        printed = output.read()
    cpu = usage.ru_utime + usage.ru_stime
    megabytes = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    if process.returncode == -signal.SIGKILL:
        shutil.rmtree(folder / ".snakemake" / "locks", ignore_errors=True)
        return Measured(None, cpu, megabytes, printed)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{printed[-3000:]}")
    return Measured(seconds, cpu, megabytes, printed)


def render() -> bytes:
    """Render the clip that all videos are made from."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            for number in range(FRAMES):
                picture = np.full((96, 160, 3), 40 * number, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
            container.mux(stream.encode(None))
        return path.read_bytes()


def with_content(clip: bytes, number: int) -> bytes:
    """Make a different file of a clip that plays the same, by adding a box that players ignore."""
    text = f"{number:08}".encode()
    return clip + (len(text) + 8).to_bytes(4, "big") + b"free" + text


def names(videos: int, datasets: int) -> Iterator[tuple[int, str, str]]:
    """Return number, dataset and name of each video."""
    for number in range(videos):
        yield number, f"part{number * datasets // videos:02}", f"video_{number:06}"


def write_videos(folder: Path, clip: bytes, videos: int, datasets: int) -> None:
    """Write a study's videos, labels and config.yaml."""
    rows: dict[str, list[str]] = {}
    for number, dataset, name in names(videos, datasets):
        if dataset not in rows:
            (folder / "videos" / dataset).mkdir(parents=True)
            rows[dataset] = ["filename,label"]
        (folder / "videos" / dataset / f"{name}.mp4").write_bytes(with_content(clip, number))
        rows[dataset].append(f"{name},{('Positive', 'Neutral', 'Negative')[number % 3]}")
    for dataset, lines in rows.items():
        (folder / f"{dataset}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_config(folder, {name: f"{name}.csv" for name in rows})


def write_config(folder: Path, labels: dict[str, str | None]) -> None:
    """Write config.yaml for datasets, each with its label file."""
    datasets = {}
    for name, path in labels.items():
        datasets[name] = {"videos": f"videos/{name}"} | ({"labels": path} if path else {})
    config = {"datasets": datasets, **SETTINGS}
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def make_template(folder: Path, clip: bytes) -> None:
    """Have the real workflow make the raw files of one video, and the networks."""
    place = folder / "videos" / DATASET
    place.mkdir(parents=True)
    (place / f"{VIDEO}.mp4").write_bytes(with_content(clip, 0))
    write_config(folder, {DATASET: None})
    measure(["raw", "--resources", "gpu=2"], folder, 600)


def variants(folder: Path) -> list[bytes]:
    """Make up raw files: faces in most frames, with any scores."""
    rng = np.random.default_rng(1)
    made = []
    for _ in range(VARIANTS):
        records = [
            frame_record(
                frame,
                frame / 25,
                [Face((2, 2, 60, 60), rng.dirichlet(np.full(7, 0.3)), 0.9)]
                if rng.random() < 0.8
                else [],
            )
            for frame in range(FRAMES)
        ]
        write_raw(folder / "variant.json", iter(records))
        made.append((folder / "variant.json").read_bytes())
    return made


def write_raw_files(folder: Path, template: Path, clip: bytes, videos: int, datasets: int) -> None:
    """Write raw files and statuses for all videos, with the template's records."""
    results = folder / "results"
    shutil.copytree(template / "results" / "models", results / "models")
    made = variants(template)
    digests = [hashlib.sha256(content).hexdigest() for content in made]
    source = hashlib.sha256(with_content(clip, 0)).hexdigest()
    records = {}
    store = (template / "results" / "raw" / "provenance.jsonl").read_text(encoding="utf-8")
    for line in store.splitlines():
        entry = json.loads(line)
        if VIDEO in entry["output"]:
            records[entry["output"]] = (line, entry["sha256"])
    status = (template / "results" / "videos" / DATASET / f"{VIDEO}.json").read_text()
    places = {f"results/raw/{DATASET}/{detector}/{VIDEO}.json": detector for detector in DETECTORS}
    for dataset in {dataset for _, dataset, _ in names(videos, datasets)}:
        for kind in ("videos/" + dataset, *(f"raw/{dataset}/{name}" for name in DETECTORS)):
            (results / kind).mkdir(parents=True)
    with (results / "raw" / "provenance.jsonl").open("w", encoding="utf-8") as kept:
        for output in sorted(records):  # For many videos, this is nearly the order of all.
            line, digest = records[output]
            for number, dataset, name in names(videos, datasets):
                place = folder / output.replace(DATASET, dataset).replace(VIDEO, name)
                if output in places:
                    which = (7 * number + len(places[output])) % VARIANTS
                    content, made_of = made[which], digests[which]
                else:
                    content = status.replace(VIDEO, name).encode()
                    made_of = hashlib.sha256(content).hexdigest()
                place.write_bytes(content)
                video = hashlib.sha256(with_content(clip, number)).hexdigest()
                line_of_it = line.replace(digest, made_of).replace(source, video)
                kept.write(line_of_it.replace(DATASET, dataset).replace(VIDEO, name) + "\n")


def add_videos(folder: Path, clip: bytes, videos: int) -> None:
    """Add videos to the first dataset."""
    for number in range(videos, videos + ADDED):
        path = folder / "videos" / "part00" / f"video_{number:06}.mp4"
        path.write_bytes(with_content(clip, number))


def run(steps: list[str], videos: int, options: argparse.Namespace) -> Iterator[list[str]]:
    """Measure the steps of one study; yield the rows for the table."""
    datasets = options.datasets
    dry = ["--dry-run", "--resources", "gpu=2"]
    with TemporaryDirectory() as name:
        template, folder = Path(name, "template"), Path(name, "study")
        clip = render()
        make_template(template, clip)
        write_videos(folder, clip, videos, datasets)
        tables = [*TABLES]
        for dataset in sorted({dataset for _, dataset, _ in names(videos, datasets)}):
            for detector in DETECTORS:
                tables.append(f"results/segments/{dataset}/{detector}.csv")
                tables.append(f"results/metrics/{dataset}/{detector}.json")
        parts = max(options.parts, 1)
        first = ["raw", "--config", f"part=1/{parts}"]
        middle = ["raw", "--config", f"part={(parts + 1) // 2}/{parts}"]
        commands = {
            "fresh": dry,
            "slurm": [*dry, *SLURM],
            "part fresh": [*first, *dry],
            "part slurm": [*first, *dry, *SLURM],
            "pulled": dry,
            "part nothing": [*middle, "--resources", "gpu=2"],
            "tables": [*tables, "--resources", "gpu=2"],
            "report": ["--resources", "gpu=2"],
            "part tables": FROM_RAW,
            "part again": FROM_RAW,
            "nothing": ["--resources", "gpu=2"],
            "added": dry,
        }
        written = False
        for step, command in commands.items():
            if step not in steps:
                continue
            if "fresh" not in step and "slurm" not in step and not written:
                write_raw_files(folder, template, clip, videos, datasets)
                written = True
            if step == "added":
                add_videos(folder, clip, videos)
            measured = measure(command, folder, options.limit)
            if step in ("nothing", "part again") and "Nothing to be done" not in measured.printed:
                sys.exit(f"something was done:\n{measured.printed[-3000:]}")
            jobs = [line for line in measured.printed.splitlines() if line.startswith("total ")]
            yield [
                str(videos),
                str(datasets),
                str(parts),
                step,
                f"{measured.seconds:.1f}" if measured.seconds else "",
                f"{measured.cpu:.1f}",
                f"{measured.megabytes:.0f}",
                jobs[0].split()[1] if jobs else "0",
            ]


def add_row(figures: Path, row: list[str]) -> None:
    """Add a row to the file of figures."""
    figures.parent.mkdir(parents=True, exist_ok=True)
    new = not figures.exists()
    with figures.open("a", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerows([COLUMNS, row] if new else [row])


def draw(figures: Path, curve: Path) -> None:
    """Draw CPU time and memory of the steps of whole studies, and print all figures."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "scale"
    from matplotlib import pyplot

    with figures.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    print("| videos | parts | step | seconds | CPU s | MB | jobs |")
    print("|---:|---:|---|---:|---:|---:|---:|")
    for row in rows:
        step = STEPS.get(row["step"]) or PART_STEPS[row["step"]]
        seconds = row["seconds"] or "over the limit"
        print(
            f"| {int(row['videos']):,} | {row['parts']} | {step} | {seconds} | {row['cpu']} "
            f"| {row['megabytes']} | {int(row['jobs']):,} |"
        )
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
    for step, name in STEPS.items():
        points = sorted(
            (int(row["videos"]), float(row["cpu"]), float(row["megabytes"]))
            for row in rows
            if row["step"] == step and row["seconds"] and row["datasets"] == "1"
        )
        if points:
            videos, cpu, megabytes = zip(*points, strict=True)
            axes[0].loglog(videos, cpu, marker="o", label=name)
            axes[1].loglog(videos, megabytes, marker="o")
    for axis, title in zip(axes, ("seconds of CPU", "MB, largest process"), strict=True):
        axis.set_title(title, loc="left", fontsize="medium")
        axis.set_xlabel("videos")
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(visible=True, which="major", alpha=0.3)
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.yaxis.set_major_formatter("{x:,.0f}")
    axes[0].legend(frameon=False, fontsize="small")
    figure.savefig(curve, metadata={"Date": None})


def main() -> None:
    """Print the figures as they come in and add them to the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--numbers", type=int, nargs="+", default=[1000, 3000, 10000, 30000])
    parser.add_argument("--datasets", type=int, default=1, help="to split each study into")
    parser.add_argument("--parts", type=int, default=0, help="measure a study in parts instead")
    parser.add_argument("--steps", nargs="+", choices=[*STEPS, *PART_STEPS], metavar="STEP")
    parser.add_argument("--limit", type=float, default=900, help="seconds a step may take")
    parser.add_argument("--figures", type=Path, default=Path("results/benchmark/scale.csv"))
    parser.add_argument("--draw", action="store_true", help="only draw what was measured")
    options = parser.parse_args()
    if options.draw:
        draw(options.figures, CURVE)
        return
    for videos in options.numbers:
        steps = options.steps or list(PART_STEPS if options.parts else STEPS)
        for row in run(steps, videos, options):
            print(*row, flush=True)
            add_row(options.figures, row)


if __name__ == "__main__":
    main()

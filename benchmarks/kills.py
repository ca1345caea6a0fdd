"""Kill a study again and again, and check that it ends with the results of an undisturbed one.

    .venv/bin/python benchmarks/kills.py [--kills N] [--clips N] [--seed N]

A study of small clips with faces runs once undisturbed. In a second folder the same study is
killed with all its processes (SIGKILL) at a random moment, unlocked, started again and killed
again; finally, it is left to finish. Then all results of the two are compared byte for byte,
except for what depends on the time of the run: logs, provenance and the report's date.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import av
import cv2
import numpy as np
import yaml
from facetally.study.demo import HEIGHT, WIDTH, draw
from facetally.study.storyboard import Move

ROOT = Path(__file__).parents[1]
SIZE = (320, 180)
RATE = 25
SECONDS = 3
DATE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d")
"""The date in the report."""

BETWEEN: Final = (0.05, 0.35)
"""When a run is killed, as fractions of the time that an undisturbed one takes."""

UNDER_WAY = ("*.nut", ".partial*")
"""Files that exist only while a job works."""


def render(path: Path, seed: int) -> None:
    """Render a clip of two portraits, one of which is sometimes too small or outside the frame."""
    rng = np.random.default_rng(seed)
    starts, ends = rng.uniform(0.3, 0.7, (2, 2, 2))
    moves = [
        Move(
            "astronaut",
            (rng.uniform(0.6, 1), rng.uniform(1, 1.8)),
            tuple(starts[0]),
            tuple(ends[0]),
        ),
        Move(
            f"lfw{seed}", (rng.uniform(3, 8), rng.uniform(3, 8)), tuple(starts[1]), tuple(ends[1])
        ),
    ]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(RATE * SECONDS):
            frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
            for move in moves:
                draw(frame, move, number / (RATE * SECONDS - 1))
            small = cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA)
            picture = av.VideoFrame.from_ndarray(small, format="bgr24")
            # See facetally.study.demo.encode.
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode(None))


def write_study(folder: Path, clips: int) -> None:
    """Write a study of small clips, half of them labelled."""
    (folder / "clips").mkdir(parents=True)
    for number in range(clips):
        render(folder / "clips" / f"clip_{number:02}.mp4", number)
    rows = (
        f"clip_{number:02},{('Positive', 'Neutral', 'Negative')[number % 3]}\n"
        for number in range(0, clips, 2)
    )
    (folder / "labels.csv").write_text(f"filename,label\n{''.join(rows)}")
    config = {
        "datasets": {"clips": {"videos": "clips", "labels": "labels.csv"}},
        "sampling": {"every_nth_frame": 10},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


COMMAND: Final = (
    *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
    *("--cores", "2", "--resources", "gpu=2"),
)


def environment() -> dict[str, str]:
    """Return this process's variables, as in the activated environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the workflow on the study in a folder, in its own process group.

    Args:
        folder: the study's folder.
        arguments: Snakemake's arguments, instead of running two jobs at a time.
    """
    return subprocess.Popen(
        [*COMMAND[:-2], *arguments] if arguments else COMMAND,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(folder: Path, *arguments: str) -> str:
    """Run the workflow to its end; return its output.

    Raises:
        SystemExit: if it fails.
    """
    process = start(folder, *arguments)
    printed, _ = process.communicate()
    if process.returncode:
        sys.exit(f"the run in {folder} failed:\n{printed[-3000:]}")
    return printed


def kill(folder: Path, after: float) -> bool:
    """Start the workflow, kill all its processes after some seconds, and unlock the folder.

    Returns:
        Whether it was killed; False if it had already finished.

    Raises:
        SystemExit: if it failed.
    """
    process = start(folder)
    try:
        printed, _ = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()  # Until the last process that could write has closed its output.
        finish(folder, "--unlock")
        return True
    if process.returncode:
        sys.exit(f"the run in {folder} failed:\n{printed[-3000:]}")
    return False


def results(folder: Path) -> dict[str, bytes]:
    """Read the results that do not depend on when they were made, by path."""
    found = {}
    for path in sorted((folder / "results").rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and path.name != "provenance.jsonl" and "/logs/" not in name:
            found[name] = DATE.sub(b"", path.read_bytes())
    return found


def left_over(folder: Path) -> list[str]:
    """List files that should exist only while a job works."""
    return [str(path) for kind in UNDER_WAY for path in (folder / "results").rglob(kind)]


def differences(folder: Path, reference: Path) -> list[str]:
    """Return the names of results that differ between two studies."""
    ours, theirs = results(folder), results(reference)
    return [name for name in sorted(ours | theirs) if ours.get(name) != theirs.get(name)]


def torture(folder: Path, kills: int, seed: int, undisturbed: float) -> None:
    """Kill the study in a folder at random moments, then let it finish.

    A study that finishes between two kills is started again from scratch.

    Args:
        folder: the study's folder.
        kills: the number of kills.
        seed: the seed for the moments.
        undisturbed: seconds that the study takes undisturbed.
    """
    rng = random.Random(seed)  # noqa: S311
    killed = 0
    while killed < kills:
        if not kill(folder, undisturbed * rng.uniform(*BETWEEN)):
            for path in (folder / "results").iterdir():
                if path.name != "models":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            continue
        killed += 1
        raw = len(list((folder / "results" / "raw").rglob("clip_*.json")))
        report = (folder / "results" / "summary.csv").exists()
        print(f"kill {killed}: {raw} raw files{', a summary' if report else ''}", flush=True)
    finish(folder)


def main() -> None:
    """Run the study undisturbed and killed; print the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--clips", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        reference, folder = Path(temporary, "reference"), Path(temporary, "killed")
        write_study(reference, options.clips)
        # Its ten seconds would catch most of the kills and keep the study from getting further.
        finish(reference, "export_models")
        shutil.copytree(reference, folder)
        started = time.monotonic()
        finish(reference)
        undisturbed = time.monotonic() - started
        print(f"undisturbed: {undisturbed:.0f} s, {options.clips} clips", flush=True)
        torture(folder, options.kills, options.seed, undisturbed)
        unlike = differences(folder, reference)
        for name in unlike:
            print(f"differs: {name}")
        for name in left_over(folder):
            print(f"left over: {name}")
        done = "Nothing to be done" in finish(folder, "--resources", "gpu=2", "--dry-run")
        print(
            f"{options.kills} kills: {len(results(reference)) - len(unlike)} of "
            f"{len(results(reference))} files are byte for byte those of the undisturbed run, "
            f"{len(left_over(folder))} left over, {'nothing' if done else 'something'} to be done"
        )
        sys.exit(bool(unlike or left_over(folder) or not done))


if __name__ == "__main__":
    main()

"""How long it takes to write and to open a report on thousands of videos.

    .venv/bin/python benchmarks/report.py [--videos N] [--frames N]

Raw FER JSON is made up for videos that link to one small clip, so that frames on which detectors
disagree can be read. The real workflow then makes the tables and the report. Opening it needs
Chromium and is skipped without it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from facetally.detect.face import Face  # noqa: E402
from facetally.faces.raw import frame_record, write_raw  # noqa: E402
from facetally.study.demo import FRAME_RATE, HEIGHT, WIDTH, encode  # noqa: E402
from facetally.video.status import write_problems, write_shots, write_treatments  # noqa: E402

STEP = 20
PEOPLE = 30
DETECTORS = ("haar", "mtcnn")
RULES = (
    "collect_faces",
    "count_labels",
    "segments",
    "expressions",
    "people",
    "portraits",
    "predict",
    "summarize",
    "compare",
    "bias",
    "disagreements",
    "report",
)


def main() -> None:
    """Print seconds and sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--videos", type=int, default=3000)
    parser.add_argument("--frames", type=int, default=100, help="sampled frames a video")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_study(folder, options.videos, options.frames)
        print(
            f"{options.videos} videos of {PEOPLE} people, {options.frames} sampled frames, "
            f"{len(DETECTORS)} detectors"
        )
        print(f"raw FER JSON to report     {run(folder):6.1f} s")
        page = folder / "results" / "report" / "index.html"
        page.unlink()
        print(f"the report alone           {run(folder):6.1f} s")
        print(f"size of the page           {page.stat().st_size / 1e6:6.1f} MB")
        chromium = shutil.which("chromium")
        if chromium:
            loaded, drawn = open_page(page, chromium)
            print(f"opened, with its table     {loaded:6.1f} s")
            print(f"all charts drawn           {drawn:6.1f} s")


def make_study(folder: Path, videos: int, frames: int) -> None:
    """Write videos, labels, raw files and config.yaml."""
    rng = np.random.default_rng(1)
    clip = folder / "clip.mp4"
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    encode(clip, (picture for _ in range(frames * STEP)))
    (folder / "videos").mkdir()
    names = [f"person{number % PEOPLE:02}_{number:04}" for number in range(videos)]
    for name in names:
        os.link(clip, folder / "videos" / f"{name}.mp4")
    labels = rng.choice(["Positive", "Negative", "Neutral"], videos)
    rows = [f"{name},{label}" for name, label in zip(names, labels, strict=True)]
    (folder / "labels.csv").write_text("\n".join(["filename,label", *rows]), encoding="utf-8")
    datasets = {"synthetic": {"videos": "videos", "labels": "labels.csv"}}
    (folder / "config.yaml").write_text(yaml.safe_dump({"datasets": datasets}), encoding="utf-8")
    (folder / "results").mkdir()
    (folder / "results" / "videos").mkdir()
    (folder / "results" / "videos" / "accepted.json").write_text("{}", encoding="utf-8")
    write_problems(folder / "results" / "problems.csv", {})
    write_treatments(folder / "results" / "treatments.csv", {})
    write_shots(folder / "results" / "shots.csv", {})
    for detector in DETECTORS:
        raw = folder / "results" / "raw" / "synthetic" / detector
        raw.mkdir(parents=True)
        for name in names:
            scores = rng.dirichlet(np.full(7, 0.3), frames)
            found = rng.random(frames) < rng.uniform(0.3, 1)
            sides = rng.integers(8, 40, frames)
            write_raw(
                raw / f"{name}.json",
                (
                    frame_record(
                        number * STEP,
                        number * STEP / FRAME_RATE,
                        [Face((2, 2, int(side), int(side)), score, 0.9)] if face else [],
                    )
                    for number, (side, score, face) in enumerate(
                        zip(sides, scores, found, strict=True)
                    )
                ),
            )


def run(folder: Path) -> float:
    """Make the report; return the seconds it took."""
    start = time.monotonic()
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    process = subprocess.run(
        [
            *snakemake,
            "--cores",
            "all",
            "--allowed-rules",
            *RULES,
            "--",
            "results/report/index.html",
        ],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    if process.returncode:
        sys.exit(process.stderr)
    return time.monotonic() - start


def open_page(page: Path, chromium: str) -> tuple[float, float]:
    """Open a report; return the seconds until its table and until all charts are there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        start = time.monotonic()
        tab.goto(page.as_uri())
        tab.wait_for_function("() => facetally.table")
        loaded = time.monotonic() - start
        tab.wait_for_function(
            "() => [...document.querySelectorAll('[data-chart]')]"
            ".every((chart) => 'drawn' in chart.dataset)"
        )
        drawn = time.monotonic() - start
        rows = tab.evaluate("facetally.table.rows().count()")
        names = len(json.loads(tab.locator("#video-rows").text_content() or "{}")["data"])
        assert rows == names, (rows, names)  # noqa: S101
        browser.close()
    return loaded, drawn


if __name__ == "__main__":
    main()

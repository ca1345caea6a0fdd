"""docs/adding_a_detector.md works: following it puts the detector into the results."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import polars as pl
from facetally.faces.raw import read_raw
from skimage.data import astronaut
from support.clips import write_clip
from support.networks import Networks
from support.repository import ROOT
from support.snakemake_runs import GPU, environment
from support.studies import write_config

PAGE = ROOT / "docs" / "adding_a_detector.md"


def test_the_page_adds_a_detector(clone: Path, tmp_path: Path, networks: Networks) -> None:
    page = PAGE.read_text("utf-8")
    assert len(page.splitlines()) <= 60
    source, line = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    package = clone / "workflow" / "facetally"
    added, registry = package / "detect" / "profile.py", package / "study" / "detectors.py"
    before = registry.read_text("utf-8")
    networks(tmp_path)
    portrait = np.ascontiguousarray(astronaut()[:256, 96:352, ::-1])
    write_clip(tmp_path / "clips" / "one.mp4", [portrait] * 6)
    write_config(
        tmp_path,
        datasets={"d": {"videos": "clips"}},
        detectors=["haar", "profile"],
        sampling={"every_nth_frame": 5},
    )
    try:
        added.write_text(source, "utf-8")
        registry.write_text(
            before.replace('    "haar": (),\n', f'    "haar": (),\n{line}'), "utf-8"
        )
        # In its own process: the tests' server has the unchanged package.
        process = subprocess.run(
            [
                *(sys.executable, "-m", "snakemake", "--snakefile", clone / "Snakefile"),
                *("--cores", "2", *GPU),
            ],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
    finally:
        added.unlink()
        registry.write_text(before, "utf-8")
    assert process.returncode == 0, process.stdout
    results = tmp_path / "results"
    cascade = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_profileface.xml")
    for frame in read_raw(results / "raw" / "d" / "profile" / "one.json"):
        assert [face.box for face in frame.faces] == [
            tuple(box) for box in cascade.detectMultiScale(portrait)
        ]
    summary = pl.read_csv(results / "summary.csv")
    assert {"haar", "profile", "haar+profile"} == set(summary["detector"])

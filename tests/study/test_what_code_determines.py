"""A change of code rebuilds what it determines, and no more."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from facetally.study import code
from facetally.study.detectors import NETWORKS_OF
from support.clips import noise, write_clip
from support.repository import ROOT

WORKFLOW = ROOT / "workflow"

DETECTORS = ("haar", "mtcnn", "centerface")
BY_FER = tuple(f"{detector} by fer" for detector in DETECTORS)
DETECTION = (*DETECTORS, *BY_FER)

SAMPLED = ("sample_frames", *DETECTION)
"""A module that determines the frames, or the times that are written with them."""

FROM_VIDEOS = {
    "__init__.py": ("sample_frames", "export_models", *DETECTION),
    "emotions.py": ("export_models", *DETECTION),
    "study/__init__.py": ("sample_frames", "export_models", *DETECTION),
    "study/steps.py": SAMPLED,
    "study/recognizer.py": DETECTION,
    "video/__init__.py": SAMPLED,
    "video/ahead.py": SAMPLED,
    "video/containers.py": SAMPLED,
    "video/cuts.py": ("sample_frames",),
    "video/decode.py": SAMPLED,
    "video/display.py": SAMPLED,
    "video/frame_rate.py": SAMPLED,
    "video/frames.py": SAMPLED,
    "video/kept.py": SAMPLED,
    "video/sampling.py": SAMPLED,
    "video/status.py": SAMPLED,
    "detect/__init__.py": ("export_models", *DETECTION),
    "detect/centerface.py": ("centerface", "centerface by fer"),
    "detect/crops.py": DETECTION,
    "detect/detector.py": DETECTION,
    "detect/engine.py": DETECTION,
    "detect/export.py": ("export_models", *DETECTION),
    "detect/face.py": DETECTION,
    "detect/haar.py": ("haar",),
    "detect/mtcnn.py": ("mtcnn",),
    "detect/networks.py": DETECTION,
    "detect/onnx_runtime.py": DETECTION,
    "detect/recognizer.py": DETECTION,
    "detect/reference.py": BY_FER,
    "faces/__init__.py": DETECTION,
    "faces/detection.py": DETECTION,
    "faces/pictures.py": DETECTION,
    "faces/raw.py": DETECTION,
}
"""The modules on which what is made from videos depends, and what that is."""

SOME_TABLES = {
    "measure/bias.py": {"bias", "report"},
    "measure/comparisons.py": {"compare", "report"},
    "measure/paper.py": {"paper", "report", "video_page"},
    "learn/head.py": {"finetune"},
    "report/gallery.py": {"disagreements"},
    "report/preview.py": {"label_clip"},
    "report/thumbnails.py": {"thumbnails", "portraits", "report", "video_page"},
}
"""Modules of tables, pages and pictures, and the rules that use them."""

RULES = tuple(path.stem for path in sorted((WORKFLOW / "scripts").glob("*.py")))


def digests(root: Path) -> dict[str, str]:
    """The digest of each rule's code and, for raw FER JSON, of each detector's."""
    found = {
        f"{detector}{suffix}": code.digest_of(
            root,
            *code.detection_sources(detector, engine),
            without=code.unused(detector, engine),
        )
        for engine, suffix in (("onnx", ""), ("fer", " by fer"))
        for detector in DETECTORS
    }
    return found | {
        rule: code.code_digest.__wrapped__(rule) for rule in RULES if rule != "detect_emotions"
    }


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """What each file changes if a statement is added to it, by its path below ``workflow``."""
    root = tmp_path / "workflow"
    for name in ("facetally", "scripts"):
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(WORKFLOW / name, root / name, ignore=ignored)
    read, known = code._read.__wrapped__, {}

    def read_once(root: Path, name: str) -> object:
        if name not in known:
            known[name] = read(root, name)
        return known[name]

    monkeypatch.setattr(code, "WORKFLOW", root)
    monkeypatch.setattr(code, "_read", read_once)
    before = digests(root)
    found = {}
    for path in sorted(root.rglob("*.py")):
        name, source = str(path.relative_to(root)), path.read_bytes()
        unchanged = known.get(name)
        path.write_bytes(source + b"\nADDED = 1\n")
        known.pop(name, None)
        found[name] = {job for job, digest in digests(root).items() if digest != before[job]}
        path.write_bytes(source)
        if unchanged:
            known[name] = unchanged
    return found


def test_a_statement_added_to_a_file_runs_what_it_determines(changed: dict[str, set[str]]) -> None:
    from_videos = {"sample_frames", "export_models", *DETECTION}
    expected = {f"facetally/{name}": set(jobs) for name, jobs in FROM_VIDEOS.items()}
    for name, jobs in changed.items():
        assert jobs & from_videos == expected.pop(name, set()), name
    assert not expected
    for name in code.WITHOUT_EFFECT:
        assert changed[name] == set(), name
    for name, rules in SOME_TABLES.items():
        assert changed[f"facetally/{name}"] == rules, name
    for rule in RULES:
        only_arguments = rule == "detect_emotions" or rule in code.STEPS
        assert changed[f"scripts/{rule}.py"] == (set() if only_arguments else {rule})


TRACED = """
import runpy, sys
script, *sys.argv[1:] = sys.argv[1:]
runpy.run_path(script, run_name="__main__")
for module in list(sys.modules.values()):
    if (getattr(module, "__file__", None) or "").startswith(sys.path[0]):
        print(module.__file__[len(sys.path[0]) + 1:])
"""


def imported_by(script: str, *arguments: object) -> set[str]:
    """Run a job's script; return the files of the package that its process has imported."""
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            TRACED,
            WORKFLOW / "scripts" / f"{script}.py",
            *map(str, arguments),
        ],
        env={**os.environ, "PYTHONPATH": str(WORKFLOW), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(process.stdout.split())


def test_what_a_detection_job_imports_counts_or_is_listed(tmp_path: Path, models: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", noise(3))
    frames, index = tmp_path / "clip.nut", tmp_path / "clip.json"
    sampled = imported_by(
        "sample_frames", "--video", video, "--every-nth-frame", 2, "--max-frame-pixels", 10**6,
        "--frames", frames, "--index", index, "--status", tmp_path / "status",
        "--previews", tmp_path / "frames.parquet", "--log", tmp_path / "log",
    )  # fmt: skip
    assert "facetally/video/sampling.py" in sampled
    for detector in DETECTORS:
        networks = [models / f"{name}.onnx" for name in (*NETWORKS_OF[detector], "emotion")]
        detected = imported_by(
            "detect_emotions", "--frames", frames, "--index", index, "--models", *networks,
            "--engine", "onnx", "--detector", detector, "--device", "cpu",
            "--raw", tmp_path / f"{detector}.json", "--title", "d", "--log", tmp_path / "log",
            "--pictures", tmp_path / f"{detector}.parquet",
        )  # fmt: skip
        assert f"facetally/detect/{detector}.py" in detected
        counted = code.what_counts(
            code.WORKFLOW,
            code.detection_sources(detector, "onnx"),
            code.unused(detector, "onnx"),
        )
        without = {*code.WITHOUT_EFFECT_ON_FACES, *code.WITHOUT_EFFECT_ON_FRAMES}
        assert detected | sampled <= counted.keys() | without

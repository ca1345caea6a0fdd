"""What the tests share: clips to analyse, studies to run."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import yaml
from av.video.reformatter import Colorspace
from facetally.detect.face import Face
from facetally.faces.raw import frame_record, write_raw
from facetally.study.demo import render_demo
from hypothesis import HealthCheck, settings

settings.register_profile(
    "short",
    max_examples=300,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "long", settings.get_profile("short"), max_examples=40_000, derandomize=False
)
settings.load_profile("short")

ROOT = Path(__file__).parents[1]
REAL_VIDEOS = ROOT.parent / "shared" / "videos"

GPU = ("--resources", "gpu=2")
NOTHING = "Nothing to be done"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def real_videos() -> Path:
    """The folder of real clips, which are not part of the repository."""
    if not REAL_VIDEOS.is_dir():
        pytest.skip(f"no real clips at {REAL_VIDEOS}")
    return REAL_VIDEOS


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder below which the demo's clips have been rendered."""
    folder = tmp_path_factory.mktemp("demo")
    render_demo(folder)
    return folder


def export_networks(folder: Path) -> Path:
    """Export the networks to ONNX in a process of its own; give the folder."""
    code = (
        "import sys; from pathlib import Path; from facetally.detect.export import export_models; "
        "export_models(Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow")},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the exported networks."""
    return export_networks(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the repository as it stands, uncommitted changes included."""
    folder = tmp_path_factory.mktemp("clone") / "facetally"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, folder / name
        if not source.is_symlink() and not source.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
    return folder


def wait_for(condition: Callable[[], object], within: float = 120, every: float = 0.002) -> None:
    """Wait until something is so, looking again and again, with times in seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(every)


def environment() -> dict[str, str]:
    """The variables of this process, as inside the activated environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


def snakemake(
    folder: Path, *arguments: str, workflow: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run the workflow on the study in a folder; stdout and stderr come as one text."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            str(workflow / "Snakefile"),
            "--cores",
            "2",
            *arguments,
        ],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )


@pytest.fixture(scope="session")
def demo_study(clone: Path) -> tuple[Path, str]:
    """A fresh clone after its first run, and what that run said."""
    process = snakemake(clone, "--resources", "gpu=2", workflow=clone)
    assert process.returncode == 0, process.stdout
    return clone, process.stdout


def jobs(told: str) -> dict[str, int]:
    """The jobs of each rule that Snakemake says it runs."""
    if NOTHING in told:
        return {}
    stats = told.split("Job stats:")[1].split("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", stats, re.M)}


def refusal(folder: Path) -> str:
    """The line by which the workflow refuses a study, before any job."""
    process = snakemake(folder, *GPU)
    assert process.returncode == 1, process.stdout
    told = [line for line in process.stdout.splitlines() if not line.startswith("Using workflow")]
    assert len(told) == 1, process.stdout
    assert not (folder / "results").exists()
    return told[0]


def write_config(folder: Path, **config: object) -> None:
    """Write a study's config.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def write_clip(
    path: Path,
    frames: Iterable[np.ndarray],
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    colorspace: Colorspace | None = None,
    times: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
) -> Path:
    """Encode BGR frames at 25 frames/s, or at ``times`` in hundredths of a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_base = Fraction(1, 100) if times else Fraction(1, 25)
    with av.open(str(path), "w", options=dict(container_options or {})) as container:
        stream = container.add_stream(codec, rate=25, options=dict(options or {}))
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = time_base
        if colorspace is not None:
            stream.codec_context.colorspace = colorspace.value
        for number, frame in enumerate(frames):
            if number == 0:
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = pix_fmt
            picture = av.VideoFrame.from_ndarray(frame, format="bgr24")
            picture.pts, picture.time_base = times[number] if times else number, time_base
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def noise(frames: int, height: int = 120, width: int = 160, seed: int = 1) -> list[np.ndarray]:
    """Moving coloured blocks: every frame differs, and chroma has edges."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    image = blocks.repeat(8, axis=0).repeat(8, axis=1)
    return [
        np.ascontiguousarray(np.roll(image, (3 * n, 5 * n), axis=(0, 1))[:height, :width])
        for n in range(frames)
    ]


def scores(**given: float) -> list[float]:
    """Seven scores in the order of the network, those not given 0."""
    order = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    return [given.get(emotion, 0.0) for emotion in order]


def raw_file(path: Path, frames: Iterable[list[list[float]]], step: int = 20) -> Path:
    """Write raw FER JSON from the scores of each face of each frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = (
        frame_record(
            number * step,
            number * step / 25,
            [Face((10 * face, 20, 30, 40), values, 0.9) for face, values in enumerate(faces)],
        )
        for number, faces in enumerate(frames)
    )
    write_raw(path, records)
    return path


def documented(heading: str) -> dict[str, str]:
    """The table below a heading of docs/hostile_input.md: what happens, by case."""
    text = (ROOT / "docs" / "hostile_input.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line[2:-2].split(" | ", 1) for line in section.splitlines() if line[:1] == "|"]
    return dict(rows[2:])

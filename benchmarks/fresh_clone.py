"""How long `dvc repro` takes to find that there is nothing to do in a fresh clone.

    .venv/bin/python benchmarks/fresh_clone.py [--videos N]

It uses the project itself with a study of one-frame clips: analysed, committed, pushed to a
folder, cloned and pulled.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
GIT = ["git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]


def run(what: str, command: list[str], folder: Path) -> str:
    """Run a command in a folder, print how long it took, and return its output."""
    start = time.perf_counter()
    process = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{process.stdout[-3000:]}")
    print(f"{what}: {time.perf_counter() - start:.1f} s", flush=True)
    return process.stdout


def write_study(folder: Path, videos: int) -> None:
    """Write a study of one-frame clips."""
    clips = folder / "data" / "clips"
    clips.mkdir()
    rng = np.random.default_rng(0)
    for number in range(videos):
        with av.open(str(clips / f"clip_{number:05}.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            picture = rng.integers(0, 256, (64, 64, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["datasets"] = {"clips": {"videos": "data/clips"}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


def main() -> None:
    """Print the seconds of each step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--videos", type=int, default=2826, help="two raw files each")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder, clone = Path(temporary, "project"), Path(temporary, "clone")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        write_study(folder, options.videos)
        run("dvc add", ["dvc", "add", "--quiet", "data/clips"], folder)
        run("first dvc repro", ["dvc", "repro"], folder)
        store = ["dvc", "remote", "add", "--default", "store", str(Path(temporary, "store"))]
        run("dvc remote add", store, folder)
        run("git add", [*GIT, "add", "--all"], folder)
        run("git commit", [*GIT, "commit", "--quiet", "--message", "The study"], folder)
        run("dvc push", ["dvc", "push", "--quiet"], folder)
        subprocess.run(["git", "clone", "--quiet", str(folder), str(clone)], check=True)
        shutil.rmtree(folder)
        run("dvc pull in a fresh clone", ["dvc", "pull", "--quiet"], clone)
        dry = ["snakemake", "--dry-run", "--cores", "2", "--resources", "gpu=2"]
        printed = run("snakemake --dry-run in it", dry, clone)
        if "Nothing to be done" not in printed:
            sys.exit(f"something is to be done:\n{printed[-3000:]}")
        for which in ("first", "second"):
            printed = run(f"{which} dvc repro in it", ["dvc", "repro"], clone)
            if "Job stats" in printed:
                sys.exit(f"something was done:\n{printed[-3000:]}")


if __name__ == "__main__":
    main()

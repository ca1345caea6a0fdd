"""Snakemake's own overhead per job of this study, with the profile that ships.

    .venv/bin/python benchmarks/scheduler.py [--videos N]

These are the rules of a study, with jobs that only create their files: what remains is Snakemake
and one shell per job.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

PROFILE = Path(__file__).parents[1] / "workflow" / "profiles" / "default"
SNAKEFILE = """
VIDEOS = [f"video_{{number}}" for number in range({videos})]
DETECTORS = ["haar", "mtcnn"]

rule all:
    input: expand("counts/{{detector}}.csv", detector=DETECTORS)

rule sample_frames:
    output: temp("frames/{{video}}.nut")
    log: "logs/sample_frames/{{video}}.log"
    resources: mem_mb=500
    message: "Sampling frames of {{wildcards.video}}"
    shell: "touch {{output:q}}"

rule detect_emotions:
    input: "frames/{{video}}.nut"
    output: "raw/{{detector}}/{{video}}.json"
    log: "logs/detect_emotions/{{detector}}/{{video}}.log"
    priority: 1
    resources: gpu=1, mem_mb=2000
    message: "Detecting emotions in {{wildcards.video}} ({{wildcards.detector}})"
    shell: "touch {{output:q}}"

rule count_labels:
    input: lambda wildcards: [f"raw/{{wildcards.detector}}/{{video}}.json" for video in VIDEOS]
    output: "counts/{{detector}}.csv"
    message: "Counting"
    shell: "touch {{output:q}}"
"""


def main() -> None:
    """Print the seconds of a dry run, of the run and of a run with nothing to do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--videos", type=int, default=2826, help="three jobs each")
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    with TemporaryDirectory() as folder:
        Path(folder, "Snakefile").write_text(SNAKEFILE.format(videos=options.videos))
        snakemake = [sys.executable, "-m", "snakemake", "--workflow-profile", str(PROFILE)]
        snakemake += ["--cores", str(cores), "--resources", f"gpu={cores}"]
        jobs = 3 * options.videos + 3
        for what, extra in (("dry run", ["--dry-run"]), ("run", []), ("nothing to do", [])):
            start = time.perf_counter()
            subprocess.run(
                [*snakemake, *extra],
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            seconds = time.perf_counter() - start
            print(f"{what}: {seconds:.1f} s for {jobs} jobs, {seconds / jobs * 1e3:.1f} ms a job")


if __name__ == "__main__":
    main()

"""Runs of the real workflow, and what Snakemake and facetally say."""

import atexit
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from facetally.run.overview import FAILED
from support.repository import ROOT

GPU = ("--resources", "gpu=2")
NOTHING = "Nothing to be done"
LAST_LINES = re.compile(r"(facetally: .*\n|\.\.\. and \d+ more: .*\n)*\Z")


def environment() -> dict[str, str]:
    """The variables of this process, as inside the activated environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


@cache
def server() -> subprocess.Popen[str]:
    """The process that Snakemake is forked from; it ends with this one."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("snakemake_server.py")],
        cwd="/",
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


def snakemake(
    folder: Path, *arguments: str, workflow: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run the workflow on the study in a folder; stdout and stderr come as one text."""
    command = ["--snakefile", str(workflow / "Snakefile"), "--cores", "2", *arguments]
    running = server()
    assert running.stdin is not None and running.stdout is not None
    with NamedTemporaryFile("r", prefix="snakemake-", suffix=".log") as output:
        run = {
            "folder": str(folder.resolve()),
            "arguments": command,
            "variables": environment(),
            "output": output.name,
        }
        print(json.dumps(run), file=running.stdin, flush=True)
        status = int(running.stdout.readline())
        return subprocess.CompletedProcess(command, status, output.read())


def jobs(said: str) -> dict[str, int]:
    """The jobs of each rule that Snakemake says it runs."""
    if NOTHING in said:
        return {}
    stats = said.split("Job stats:")[1].split("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", stats, re.M)}


def refusal(folder: Path) -> str:
    """The line by which the workflow refuses a study, before any job."""
    process = snakemake(folder, *GPU)
    assert process.returncode == 1, process.stdout
    said = [line for line in process.stdout.splitlines() if not line.startswith("Using workflow")]
    assert said[:-1] == ["WorkflowError:"], process.stdout
    assert not (folder / "results").exists()
    return said[-1]


def lines(said: str) -> list[str]:
    """What facetally says in one line; Snakemake may have left its own line open.

    A run that fails ends with its errors once more: those are left out.
    """
    before, failed, _ = said.partition(FAILED)
    above = LAST_LINES.sub("", before) if failed else before
    first = re.findall(r"facetally: .*", above)
    again = re.findall(r"facetally: .*", before[len(above) :])
    return first + [line for line in again if line not in first]


TABLES = {
    "problems": 1,
    "accept_videos": 1,
    "collect_faces": 2,
    "count_labels": 2,
    "segments": 2,
    "expressions": 1,
    "people": 1,
    "people_overview": 1,
    "predict": 1,
    "summarize": 1,
    "compare": 1,
    "bias": 1,
    "metrics": 2,
    "disagreements": 1,
    "portraits": 1,
    "figures": 1,
    "report": 1,
    "all": 1,
}


VIDEO = {"sample_frames": 1, "detect_emotions": 2, "thumbnails": 1}
"""What a video added runs, besides."""


LABEL_CORRECTED = {
    rule: jobs
    for rule, jobs in TABLES.items()
    if rule not in ("problems", "accept_videos", "collect_faces", "disagreements")
}
"""What a corrected label runs."""


SEGMENTS_CHANGED = {
    "segments": 2,
    "people": 1,
    "people_overview": 1,
    "metrics": 2,
    "figures": 1,
    "report": 1,
    "all": 1,
}
"""What another length of segments runs."""

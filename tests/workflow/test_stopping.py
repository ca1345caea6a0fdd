"""Ctrl-C at any moment ends a run in one line, and the same command resumes it."""

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest
from facetally.run.overview import STOPPED
from support.environments import linked_environment
from support.repository import ROOT
from support.snakemake_runs import GPU, environment
from support.terminals import CTRL_C, press, watch

PRESSES = 50
AT_A_TIME = 4
"""More than there are cores, so that the machine is busy."""

READY = "Python has started"
"""What the environment's Python says once it has read the last of the files at its start."""

RUNS = (
    ["--dry-run"],
    ["raw", "--forcerun", "sample_frames"],
    ["--forcerun", "people_overview"],
    [],
)
KEYS = (CTRL_C, CTRL_C, CTRL_C + CTRL_C)
NOT_WANTED = ("Traceback", "Exception ignored", "KeyboardInterrupt", "Error", "facetally: results")


@pytest.fixture(scope="module")
def snakemake(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """How Snakemake is started, as a user does, in an environment that make has left."""
    places = linked_environment(tmp_path_factory.mktemp("environment") / ".venv")
    (packages,) = places.parent.glob("lib/python*/site-packages")
    (packages / "last.pth").write_text(f"import os; os.write(2, b'{READY}')\n")
    return [
        str(places / "snakemake"),
        "--snakefile",
        str(ROOT / "Snakefile"),
        "--cores",
        "2",
        *GPU,
    ]


def pressed_again_and_again(
    snakemake: list[str], folder: Path, numbers: range, seed: int
) -> list[str]:
    """Stop a study at random moments, finish it, and return what was wrong."""
    moments = random.Random(seed)  # noqa: S311
    variables = environment() | {"TMPDIR": str(folder / "tmp")}
    (folder / "tmp").mkdir()
    wrong = []
    for number in numbers:
        command = [snakemake[0], *RUNS[number % len(RUNS)], *snakemake[1:]]
        began = monotonic()
        if number == numbers[0]:
            watch(command, folder, **variables)
            lasts = 3 * (monotonic() - began)  # The other runs have jobs.
            continue
        pause, key = moments.uniform(0, lasts), moments.choice(KEYS)
        said, status = press(key, command, folder, READY, pause, **variables)
        ended_well = said.count(STOPPED) == (0 if status == 0 else 1)
        if not ended_well or any(word in said for word in NOT_WANTED):
            wrong.append(f"{command} after {pause} s, {status}:\n{said}")
        if locks := list((folder / ".snakemake" / "locks").glob("*")):
            wrong.append(f"{command} after {pause} s leaves {locks}")
    watch(snakemake, folder, **variables)
    said, status = press(b"", [*snakemake, "--dry-run"], folder, READY, **variables)
    if "Nothing to be done" not in said:
        wrong.append(f"not finished: {said}")
    return wrong


def test_ctrl_c_at_any_moment_is_one_line(snakemake: list[str], study: Path) -> None:
    lanes = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for lane in range(AT_A_TIME):
            folder = study.with_name(f"study_{lane}")
            shutil.copytree(study, folder, symlinks=True)
            numbers = range(1 + PRESSES // AT_A_TIME + 1)
            lanes.append(pool.submit(pressed_again_and_again, snakemake, folder, numbers, lane))
    assert [line for lane in lanes for line in lane.result()] == []

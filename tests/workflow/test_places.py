"""A checkout, an environment, a study and temporary files below folders of any name."""

import os
import shutil
import subprocess
from pathlib import Path

from support.environments import linked_environment
from support.snakemake_runs import GPU, environment

FOLDER = "My Ümlaut's $HOME & Co; #1 (100%)"
TABLES = ("results/summary.csv", "results/people.md")


def test_all_works_below_a_folder_of_any_name(clone: Path, study: Path, tmp_path: Path) -> None:
    checkout, elsewhere = tmp_path / FOLDER / "facetally", tmp_path / f"other {FOLDER}"
    shutil.copytree(clone, checkout, symlinks=True)
    places = linked_environment(checkout / ".venv")
    for kept in ("uv", "study"):  # As if make had installed what is linked.
        (checkout / ".venv" / kept).touch()
    shutil.copytree(study, elsewhere, symlinks=True)
    shutil.rmtree(elsewhere / "clips")
    shutil.copytree(study / "clips", elsewhere / FOLDER)
    (elsewhere / "config.yaml").write_text(
        (study / "config.yaml").read_text().replace("clips", f'"{FOLDER}"')
    )
    temporary = tmp_path / f"'temporary' {FOLDER}"
    temporary.mkdir()
    variables = environment() | {"TMPDIR": str(temporary)}
    variables["PATH"] = f"{places}{os.pathsep}{variables['PATH']}"
    command = ["snakemake", "--cores", "2", *GPU, "--directory", str(elsewhere)]
    ended = subprocess.run(
        [*command, "--forceall"], cwd=checkout, env=variables, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    # Python compiles what TensorFlow writes there to export the networks.
    assert {path.name for path in temporary.iterdir()} <= {"__pycache__"}
    for table in TABLES:
        assert (elsewhere / table).read_bytes() == (study / table).read_bytes()
    # make itself takes the path, and starts what is in the environment.
    ended = subprocess.run(
        ["make", "--no-print-directory", "study"],  # Which a make that runs this would bring.
        cwd=checkout, env=variables | {"MAKEFLAGS": "--dry-run"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    line = ended.stdout.splitlines()[-1]
    said = subprocess.run(
        ["sh", "-c", line.replace("snakemake --cores", "command -v snakemake #")],
        cwd=checkout, env=environment(), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said == f"{places / 'snakemake'}\n"

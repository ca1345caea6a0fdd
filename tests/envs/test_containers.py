"""The container recipes take the same steps, which are those of the README."""

import re
import shutil
import subprocess
from pathlib import Path

from support.repository import ROOT

DOCKERFILE = (ROOT / "envs" / "Dockerfile").read_text()
APPTAINER = (ROOT / "envs" / "apptainer.def").read_text()
STEPS = re.findall(r"^RUN (.+)$", DOCKERFILE, re.M)


def section(name: str) -> list[str]:
    """The lines of a section of the recipe for Apptainer, without comments."""
    text = APPTAINER.split(f"\n%{name}\n")[1].split("\n%")[0]
    lines = map(str.strip, text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def test_both_recipes_take_the_same_steps() -> None:
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.M) == re.findall(
        r"^From: (\S+)", APPTAINER, re.M
    )
    assert re.findall(r"^ARG (\S+)", DOCKERFILE, re.M) == section("arguments")
    assert [line.split()[0] for line in section("files")] == copied()
    steps = [line.replace("{{ ENVIRONMENT }}", "$ENVIRONMENT") for line in section("post")]
    assert steps == ["set -e", *STEPS[:-1], "cd /opt/facetally", STEPS[-1]]
    assert re.findall(r"^ENV (PATH=\S+)", DOCKERFILE, re.M) == [section("environment")[0][7:]]


def test_the_steps_are_those_of_the_readme(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    (needed,) = re.findall(r"^You need (git), (make), (Python).* with (venv)", readme, re.M)
    (packages,) = [step for step in STEPS if step.startswith("apt-get install")]
    assert packages.split()[-3:] == [needed[0], needed[1], f"{needed[2].lower()}3-{needed[3]}"]
    assert (
        "make .venv/study && source .venv/bin/activate" in (ROOT / "docs" / "dvc.md").read_text()
    )
    assert "make gpu" in readme

    for name in copied():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tmp_path / name)
    for environment in (".venv/study", "gpu"):
        make = STEPS[-1].replace("$ENVIRONMENT", environment) + " --dry-run"
        said = subprocess.run(
            ["sh", "-c", make], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout
        assert "--requirement envs/study.lock.txt" in said
        assert ("--requirement envs/gpu.lock.txt" in said) == (environment == "gpu")


def test_an_image_is_made_of_nothing_else() -> None:
    kept = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M)
    assert kept == copied()


def copied() -> list[str]:
    """What the Dockerfile copies into the image."""
    return " ".join(
        line.rsplit(" ", 1)[0] for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M)
    ).split()

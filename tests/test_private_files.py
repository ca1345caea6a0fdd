"""What git takes of a study: its data and words, but no videos and pictures of people."""

import shutil
from pathlib import Path

import pytest
from support.commands import run
from support.repository import ROOT

PRIVATE = (
    "data/2019/one.MP4",
    "data/people/Ms Ahlers/1.jpg",
    "data/people/Ms Ahlers/2.PNG",
    "data/people/Ms Ahlers/3.Tiff",
    "data/people/Ms Ahlers/4.heic",
    "data/people/Ms Ahlers/Thumbs.db",
    "data/people/Ms Ahlers/.DS_Store",
    "data/people/__MACOSX/._1.jpg",
    "data/people/Mr Brandt/docs/1.png",
    "elsewhere/pictures/Ms Ahlers/1.webp",
    "faces.bmp",
)
PUBLIC = (
    "data/2019.csv",
    "data/people.csv",
    "data/corrections.csv",
    "data/codes/a.csv",
    "docs/report-new.png",
    "docs/_static/logo.png",
)
"""Label and code files are data, and the documentation has pictures of its own."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone with files of a study."""
    shutil.copy(ROOT / ".gitignore", tmp_path)
    for name in (*PRIVATE, *PUBLIC):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    run(tmp_path, "git", "init", "--quiet")
    return tmp_path


def documented() -> list[str]:
    """Return the commands of docs/dvc.md up to the first commit."""
    text = (ROOT / "docs" / "dvc.md").read_text(encoding="utf-8")
    block = text.split("```sh\n")[1].split("```")[0]
    return [line.split("#")[0].split("&&")[0].strip() for line in block.splitlines()]


def tracked(repository: Path) -> set[str]:
    return set(run(repository, "git", "ls-files", "-z").split("\0")) - {""}


def test_git_takes_no_videos_and_pictures_of_people(repository: Path) -> None:
    run(repository, "git", "add", ".")
    assert tracked(repository) == {".gitignore", *PUBLIC}


def test_the_commands_of_the_documentation_take_them_to_dvc_alone(repository: Path) -> None:
    run(repository, "dvc", "init", "--quiet")
    commands = [line for line in documented() if line.startswith(("dvc add", "git add"))]
    assert commands == ["dvc add data/2019", "dvc add data/people", "git add ."]
    for command in commands:
        run(repository, *command.split())
    pointers = {"data/2019.dvc", "data/people.dvc"}
    assert {*PUBLIC, *pointers, "data/.gitignore"} <= tracked(repository)
    assert not {*PRIVATE} & tracked(repository)
    assert "Ahlers" not in (repository / "data" / "people.dvc").read_text()
    # A single picture, too.
    run(repository, "dvc", "add", "faces.bmp")
    run(repository, "git", "add", ".")
    assert "faces.bmp.dvc" in tracked(repository)
    assert "faces.bmp" not in tracked(repository)


def test_all_that_the_project_tracks_is_meant_to_be() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    assert run(ROOT, "git", "ls-files", "--cached", "--ignored", "--exclude-standard") == ""

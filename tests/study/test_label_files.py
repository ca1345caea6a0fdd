"""Label files and config.yaml as people write them: each is read, or refused in one line."""

import os
from pathlib import Path

import pytest
from facetally.errors import ConfigError, FacetallyError, LabelError
from facetally.study.config import load_study
from facetally.study.config_file import read_config
from facetally.study.golden import LabelFiles
from facetally.study.labels import check_labels
from support.input_files import CLIP, CONFIGS, LABEL_FILES, VIDEOS, WORKS
from support.repository import ROOT, documented


def refused_or_read(path: Path) -> dict[str, str] | str:
    """Return the labels of a file, or the message that refuses it."""
    try:
        check_labels(path, VIDEOS)
    except LabelError as error:
        said = str(error)
        assert "\n" not in said
        assert said.startswith(str(path))
        return said.removeprefix(str(path)).lstrip(":, ")
    return LabelFiles([path]).golden_labels(VIDEOS)


@pytest.mark.parametrize("case", LABEL_FILES)
def test_a_label_file_is_read_or_refused(tmp_path: Path, case: str) -> None:
    content, expected = LABEL_FILES[case]
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    assert refused_or_read(path) == expected


def test_a_label_file_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("filename,label\nclip,Pos\n")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "link.csv").symlink_to("../real.csv")
    assert refused_or_read(tmp_path / "study" / "link.csv") == CLIP
    assert refused_or_read(tmp_path / "study" / ".." / "real.csv") == CLIP


def test_what_is_no_label_file_is_refused(tmp_path: Path) -> None:
    loop, pipe = tmp_path / "loop.csv", tmp_path / "pipe.csv"
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    long = tmp_path / ("x" * 300)
    assert refused_or_read(tmp_path) == "is a folder; name a label file in config.yaml, or none"
    assert refused_or_read(pipe) == "is not a file; correct config.yaml"
    assert refused_or_read(tmp_path / "absent.csv") == (
        "label file does not exist; create it or correct config.yaml"
    )
    for path, why in ((loop, "Too many levels of symbolic links"), (long, "File name too long")):
        assert refused_or_read(path) == f"cannot be read ({why}); correct it or config.yaml"


def test_a_label_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The superuser may read everything, so rights alone do not show it.
    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    (tmp_path / "labels.csv").touch()
    assert refused_or_read(tmp_path / "labels.csv") == (
        "cannot be read (Permission denied); correct it or config.yaml"
    )


@pytest.mark.parametrize("case", CONFIGS)
def test_a_config_file_works_or_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    content, expected = CONFIGS[case]
    monkeypatch.chdir(tmp_path)
    Path("clips").mkdir()
    Path("clips", "one.mp4").touch()
    Path("f.txt").touch()
    Path("loop").symlink_to("loop")
    data = content if isinstance(content, bytes) else content.encode()
    Path("config.yaml").write_bytes(data)
    before = sorted(tmp_path.rglob("*"))
    said = WORKS
    try:
        study = load_study(read_config(Path("config.yaml")))
    except FacetallyError as error:
        said = str(error)
        assert "\n" not in said
    else:
        assert isinstance(study.segment_frames, int)
    assert said.removeprefix("config.yaml").lstrip(":, ") == expected
    assert sorted(tmp_path.rglob("*")) == before


def test_a_config_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file or directory\)$"):
        read_config(tmp_path / "config.yaml")


def test_the_tables_of_the_documentation_say_what_happens() -> None:
    label_files = {
        case: f"refused: `{expected}`" if isinstance(expected, str) else "read"
        for case, (_, expected) in LABEL_FILES.items()
    }
    configs = {
        case: WORKS if expected == WORKS else f"refused: `{expected}`"
        for case, (_, expected) in CONFIGS.items()
    }
    assert documented("Label files") == label_files
    assert documented("config.yaml") == configs
    assert "docs/hostile_input.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_column_may_say_which_group_a_video_is_of(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("Group,filename,label\n biden ,one.mp4,Pos\n,two,Neg\n")
    rows = LabelFiles([path]).labelled(["one", "two", "three"])
    assert {video: row.group for video, row in rows.items() if row.group} == {"one": "biden"}
    assert LabelFiles([path]).golden_labels(["one", "two"]) == {"one": "Pos", "two": "Neg"}
    path.write_text("group,filename,label\njoe\xa0biden,one,Pos\njoe bi\u200bden,two,Neg\n")
    rows = LabelFiles([path]).labelled(["one", "two"])
    assert {row.group for row in rows.values()} == {"joe biden"}
    path.write_text("filename,label\none,Pos\n")
    assert LabelFiles([path]).labelled(["one"])["one"].group == ""

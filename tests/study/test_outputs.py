"""Paths of outputs, filled in from the study."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from facetally.errors import ConfigError
from facetally.study import outputs
from facetally.study.config import Study, load_study
from facetally.study.inputs import Inputs


class Wildcards(SimpleNamespace):
    """A job's wildcards, as Snakemake gives them."""

    def items(self) -> list[tuple[str, str]]:
        """Return names and values."""
        return list(vars(self).items())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a/one", "a/two", "b/one", "b/three", "b/z"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(f"{name}.mp4").touch()


def study(**more: object) -> Study:
    datasets = {"b": {"videos": "b"}, "a": {"videos": "a"}}
    return load_study(
        yaml.safe_load(yaml.safe_dump({"datasets": datasets, **more}, sort_keys=False))
    )


def test_paths_are_of_all_or_of_some() -> None:
    assert outputs.paths(outputs.PREDICTIONS, study()) == [
        "results/predictions/b.csv",
        "results/predictions/a.csv",
    ]
    assert outputs.paths(outputs.STATUS, study(), dataset="a") == [
        "results/videos/a/one.json",
        "results/videos/a/two.json",
    ]
    assert outputs.paths(outputs.RAW, study(), video="z", dataset="b") == [
        "results/raw/b/haar/z.json",
        "results/raw/b/mtcnn/z.json",
    ]
    assert len(outputs.paths(outputs.RAW, study())) == 10


def test_a_job_gets_what_its_wildcards_leave_open() -> None:
    inputs = Inputs(study())
    wildcards = Wildcards(dataset="a", detector="mtcnn")
    assert inputs.all_of(outputs.RAW)(wildcards) == [
        "results/raw/a/mtcnn/one.json",
        "results/raw/a/mtcnn/two.json",
    ]
    assert inputs.all_of(outputs.COUNTS)(Wildcards(dataset="a")) == [
        "results/counts/a/haar.csv",
        "results/counts/a/mtcnn.csv",
    ]


def test_what_cannot_be_read_is_no_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "link.mp4").symlink_to("content")
    inputs = Inputs(study())
    wildcards = Wildcards(dataset="a", video="link")
    assert inputs.source(wildcards) == "a/link.mp4"
    assert inputs.video(wildcards) == []
    (tmp_path / "a" / "content").touch()
    assert inputs.video(wildcards) == ["a/link.mp4"]
    # The superuser may read everything, so rights alone do not show it.
    monkeypatch.setattr(os, "access", lambda path, _: path != "a/link.mp4")
    assert inputs.video(wildcards) == []


@pytest.mark.parametrize("parts", [1, 2, 3, 5, 9])
def test_parts_are_of_whole_videos_and_make_up_the_study(parts: int) -> None:
    every = [outputs.raw_files(study(part=f"{number}/{parts}")) for number in range(1, parts + 1)]
    found = [path for part in every for path in part]
    assert sorted(found) == sorted(outputs.raw_files(study()))
    for part in every:
        videos = {path.replace("/haar/", "/mtcnn/") for path in part}
        assert 2 * len(videos) == len(part)
    sizes = {len(part) for part in every}
    assert max(sizes) - min(sizes) <= 2


def test_a_part_is_not_the_whole() -> None:
    outputs.check_whole(study())
    with pytest.raises(ConfigError, match=r"^part: 1/2 can only be used for the raw FER JSON; "):
        outputs.check_whole(study(part="1/2"))


def test_large_studies_show_videos_on_pages_of_their_own(tmp_path: Path) -> None:
    assert len(outputs.embedded_thumbnails(study())) == 5
    for number in range(outputs.EMBEDDED_VIDEOS):
        (tmp_path / "a" / f"{number}.mp4").touch()
    assert outputs.embedded_thumbnails(study()) == []

"""Leftovers of what is no longer in a study."""

from pathlib import Path

import pytest
import yaml
from facetally.study.config import Study, load_study
from facetally.study.prune import leftovers, outdated, remove
from support.repository import ROOT

CONFIG = """
datasets:
  "2019": {videos: clips}
  2020-b: {videos: more}
detectors: [haar, mtcnn]
"""

KEPT = [
    "raw/2019/haar/one.json",
    "raw/provenance.jsonl",
    "faces/2020-b/mtcnn.parquet",
    "figures/2019/haar/confusion.svg",
    "figures/2020-b/pairs/haar/mtcnn.svg",
    "figures/accuracy.svg",
    "pictures/2019/one/faces/haar.parquet",
    "pictures/2020-b/two/frames.parquet",
    "videos/accepted.json",
    "videos/2020-b/two.json",
    "raw/notes.txt",
    "raw/old/haar/.partial-1.json",
]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.chdir(tmp_path)
    for name in ("clips/one.mp4", "more/two.mp4"):
        Path(name).parent.mkdir()
        Path(name).touch()
    return load_study(yaml.safe_load(CONFIG))


def lay(*names: str) -> None:
    for name in names:
        path = Path("results", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_what_is_there_of_the_study_stays(study: Study) -> None:
    lay(*KEPT)
    assert outdated(study) == {}


def test_videos_datasets_and_detectors_that_are_gone(study: Study) -> None:
    lay(*KEPT)
    video = [
        "annotated/2019/haar/two.gif",
        "annotated/2019/haar/two.mp4",
        "crops/2019/haar/two.npz",
        "galleries/thumbnails/2019/two.json",
        "pictures/2019/two/faces/haar.parquet",
        "pictures/2019/two/frames.parquet",
        "raw/2019/mtcnn/two.json",
        "report/videos/2019/two.html",
        "videos/2019/two.json",
    ]
    dataset = [
        "counts/old/haar.csv",
        "faces/old/haar.parquet",
        "figures/old/pairs/haar/mtcnn.svg",
        "figures/old/haar/confusion.svg",
        "finetuned/old/haar/model.onnx",
        "galleries/disagreements/old.json",
        "pictures/old/one/faces/haar.parquet",
        "predictions/old.csv",
        "raw/old/haar/one.json",
    ]
    detector = [
        "faces/2019/dlib.parquet",
        "figures/2019/pairs/dlib/haar.svg",
        "pictures/2019/one/faces/dlib.parquet",
        "raw/2019/dlib/one.json",
    ]
    lay(*video, *dataset, *detector)
    found = outdated(study)
    assert found == {
        reason: sorted(Path("results", name) for name in names)
        for reason, names in {
            "config.yaml no longer names dataset old": dataset,
            "config.yaml no longer names detector dlib": detector,
            "dataset 2019 no longer has video two": video,
        }.items()
    }
    remove(path for paths in found.values() for path in paths)
    left = {path for path in Path("results").rglob("*") if path.is_file()}
    assert left == {Path("results", name) for name in KEPT}
    assert not Path("results/faces/old").exists()
    assert not Path("results/annotated").exists()


def test_leftovers_are_named_in_one_line(study: Study) -> None:
    lay(*KEPT)
    Path("results/raw/empty/haar").mkdir(parents=True)
    assert leftovers(study) is None
    # A video that is gone needs a look at every file.
    lay("raw/2019/haar/gone.json")
    assert leftovers(study) is None
    lay("raw/2019/mtcnn/one.json", "raw/2019/dlib/one.json", "raw/2020-b/dlib/two.json")
    lay("counts/2019/dlib.csv", "counts/old\n/haar.csv")
    said = leftovers(study)
    assert said is not None
    left, _, removed = said.partition("; python ")
    assert left == (
        "old results remain: results/counts/old\\n/haar.csv (config.yaml no longer names dataset "
        "old\\n), results/raw/2019/dlib (config.yaml no longer names detector dlib)"
    )
    assert Path(removed.removesuffix(" removes them")).samefile(
        ROOT / "workflow" / "scripts" / "prune.py"
    )
    remove(path for paths in outdated(study).values() for path in paths)
    assert leftovers(study) is None


def test_a_folder_that_is_a_link_stays(study: Study, tmp_path: Path) -> None:
    (tmp_path / "disk" / "old").mkdir(parents=True)
    (tmp_path / "disk" / "old" / "one.nut").touch()
    Path("results").mkdir()
    Path("results/frames").symlink_to(tmp_path / "disk")
    ((_, paths),) = outdated(study).items()
    assert paths == [Path("results/frames/old/one.nut")]
    remove(paths)
    assert Path("results/frames").is_symlink()
    assert not (tmp_path / "disk" / "old").exists()


def test_what_version_1_wrote_elsewhere_goes(study: Study) -> None:
    old = [
        "figures/2019/haar-mtcnn.svg",
        "people/2019.csv",
        "people/2019_pairs.csv",
        "people/2019_time.csv",
        "people/gone_events.csv",
        "people/videos/2019.csv",
        "pictures/disagreements/2019.json",
        "pictures/people/2019.json",
        "pictures/thumbnails/2019/one.json",
    ]
    lay(*KEPT, *old)
    found = outdated(study)
    assert found == {
        "version 1 had them there, and they have another place now": [
            Path("results", name) for name in old
        ]
    }
    assert "results/people/2019.csv (version 1 had them there" in (leftovers(study) or "")


def test_tables_of_raters_go_with_the_raters(study: Study) -> None:
    lay(*KEPT, "agreement.csv", "ratings.csv")
    reason = "no video has labels from several raters any more"
    assert outdated(study) == {
        reason: [Path("results/agreement.csv"), Path("results/ratings.csv")]
    }
    for rater in ("anna", "ben"):
        Path("labels", f"{rater}.csv").parent.mkdir(exist_ok=True)
        Path("labels", f"{rater}.csv").write_text("filename,label\none,Pos\n")
    config = yaml.safe_load(CONFIG)
    config["datasets"]["2019"]["labels"] = "labels"
    assert outdated(load_study(config)) == {}

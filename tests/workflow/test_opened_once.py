"""A video is opened while it is sampled, and by nothing that comes after."""

import shutil
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from facetally.errors import PicturesError
from facetally.files import file_digest
from facetally.video.kept import read_previews
from support.clips import noise, write_clip
from support.networks import Networks
from support.opened import watched
from support.real_clips import RENDERED, real_clips, render_clips
from support.repository import ROOT
from support.snakemake_runs import GPU, jobs, lines, snakemake
from support.studies import write_config

DETECTORS = ("haar", "mtcnn")
DETECTION = {"sample_frames", "resample_frames", "detect_emotions"}
LABELS = {"no_face": "Neut", "single_face": "Pos", "woman2": "Neg", "speaker_a": "Pos", "speaker_b": "Neg", "speaker_c": "Neut"}  # fmt: skip
PLAIN = {
    "datasets": {"d": {"videos": "clips", "labels": "labels.csv"}},
    "detectors": list(DETECTORS),
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


def run(study: Path, *targets: str) -> dict[str, int]:
    process = snakemake(study, *targets, *GPU)
    assert process.returncode == 0, process.stdout
    return jobs(process.stdout)


def raw(study: Path) -> dict[str, str]:
    """The checksum of each raw file."""
    return {str(path): file_digest(path) for path in (study / "results/raw").rglob("*.json")}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A finished study of six clips."""
    folder = tmp_path_factory.mktemp("opened") / "study"
    source = real_clips()
    if source is None:
        source = tmp_path_factory.mktemp("rendered")
        render_clips(source)
    networks(folder)
    (folder / "clips").mkdir()
    for name in RENDERED:
        shutil.copyfile(source / f"{name}.mp4", folder / "clips" / f"{Path(name).name}.mp4")
    rows = "".join(f"{name},{label}\n" for name, label in LABELS.items())
    (folder / "labels.csv").write_text(f"filename,label\n{rows}")
    write_config(folder, **PLAIN)
    run(folder)
    return folder


@pytest.fixture
def study(once: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(once, tmp_path / "study", symlinks=True))


def test_what_is_asked_for_later_opens_no_video(study: Path) -> None:
    run(study)  # Here the files are others than where the study was finished: read once.
    before = raw(study)
    with watched(study / "clips") as opened:
        shutil.rmtree(study / "results" / "galleries")
        assert {"thumbnails", "portraits", "disagreements"} <= run(study).keys()
        assert opened() == Counter()
        write_config(study, **PLAIN, people={"identify": True})
        ran = run(study)
        assert ran["identify"] == len(LABELS) and not DETECTION & ran.keys()
        assert opened() == Counter()
        ran = run(study, "finetuned")
        assert ran["face_crops"] == 2 * len(LABELS) and not DETECTION & ran.keys()
        assert opened() == Counter()
        ran = run(study, "video_pages")
        assert ran["video_page"] == len(LABELS)
        assert opened() == Counter()
        # A picture moves, so its video is opened.
        run(study, "results/annotated/d/haar/woman2.gif")
        assert opened().keys() == {"woman2.mp4"}
    assert raw(study) == before
    tracks = pl.read_csv(study / "results" / "identities" / "tracks.csv")
    assert tracks["person"].drop_nulls().n_unique() >= 3


def test_a_plan_opens_no_picture(study: Path) -> None:
    run(study)
    folders = [study / "results/pictures/d/woman2", study / "results/pictures/d/woman2/faces"]
    for forgotten in (False, True):
        if forgotten:
            shutil.rmtree(study / ".snakemake")
        with watched(folders[0]) as previews, watched(folders[1]) as faces:
            assert run(study, "--dry-run") == {}
            assert (previews(), faces()) == (Counter(), Counter())


def test_pictures_that_are_gone_cost_something_when_they_are_needed(study: Path) -> None:
    before = raw(study)
    summary = file_digest(study / "results" / "summary.csv")
    shutil.rmtree(study / "results" / "pictures")
    assert run(study, "--dry-run") == {}
    rows = "".join(f"{name},Pos\n" for name in LABELS)
    (study / "labels.csv").write_text(f"filename,label\n{rows}")
    assert not DETECTION & run(study, "results/summary.csv").keys()
    assert file_digest(study / "results" / "summary.csv") != summary
    process = snakemake(study, *GPU)
    assert process.returncode == 0, process.stdout
    assert lines(process.stdout)[0] == (
        "facetally: 6 videos have no kept pictures, which were deleted, or a version was used that "
        "kept none: made again, in a run of "
        f"{sum(jobs(process.stdout).values()) - 1} jobs, 6 videos detected again (docs/dvc.md)"
    )
    ran = jobs(process.stdout)
    assert (ran["sample_frames"], ran["detect_emotions"]) == (6, 12)
    assert raw(study) == before
    assert run(study, "--dry-run") == {}
    shutil.rmtree(study / "results" / "pictures")
    assert run(study, "raw", "--dry-run")["detect_emotions"] == 12
    # The profile for tables has no rule that makes them.
    shutil.rmtree(study / "results" / "galleries")
    process = snakemake(study, *GPU, "--profile", str(ROOT / "workflow/profiles/tables"))
    assert process.returncode == 1
    assert lines(process.stdout) == [
        "facetally: results/pictures: has no pictures for results/raw/d/haar/no_face.json and 17 "
        "more; if this run needs them, it stops here: run snakemake raw, which detects these "
        "videos again"
    ]
    assert raw(study) == before


def test_a_picture_that_was_edited_is_refused_where_it_is_read(study: Path) -> None:
    previews = study / "results" / "pictures" / "d" / "woman2" / "frames.parquet"
    content = previews.read_bytes()
    at = content.index(b"\xff\xd8") + 200
    previews.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    with pytest.raises(PicturesError, match="is cut off, or no file of pictures"):
        read_previews(previews, [0])


def test_a_video_that_cannot_be_read_has_empty_files_of_pictures(
    tmp_path: Path, networks: Networks
) -> None:
    study = networks(tmp_path)
    write_clip(study / "clips" / "good.mp4", noise(30))
    (study / "clips" / "bad.mp4").write_bytes(b"no video")
    write_config(
        study,
        datasets={"d": {"videos": "clips"}},
        on_bad_video="skip",
        people={"identify": True},
    )
    run(study)
    pictures = study / "results" / "pictures" / "d"
    assert {str(path.relative_to(pictures)) for path in pictures.rglob("*.parquet")} == {
        f"{name}/{file}.parquet"
        for name in ("bad", "good")
        for file in ("frames", "faces/haar", "faces/mtcnn")
    }
    assert pl.read_parquet(pictures / "bad" / "frames.parquet").is_empty()

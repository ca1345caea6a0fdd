"""DVC and Snakemake agree on what is up to date: by content, wherever the files come from."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from support import snakemake_runs
from support.clips import noise, write_clip
from support.commands import run
from support.networks import Networks
from support.repository import ROOT
from support.snakemake_runs import environment, jobs, lines, snakemake
from support.studies import write_config

AT_A_TIME = 2
"""Detection jobs."""

# With one dataset and one detector each rule has one job.
TABLES, VIDEO, LABEL_CORRECTED, SEGMENTS_CHANGED = (
    dict.fromkeys(rules, 1)
    for rules in (
        snakemake_runs.TABLES,
        snakemake_runs.VIDEO,
        snakemake_runs.LABEL_CORRECTED,
        snakemake_runs.SEGMENTS_CHANGED,
    )
)

LABELS = "filename,label\none,Positive\ntwo,Negative\n"


def repro(folder: Path, *stages: str) -> tuple[dict[str, int], str]:
    """Run ``dvc repro``; return the jobs that Snakemake ran in all stages, and the output."""
    said = run(folder, "dvc", "repro", *stages)
    ran: dict[str, int] = {}
    for part in said.split("Using workflow specific profile")[1:]:
        for rule, count in jobs(part).items():
            ran[rule] = ran.get(rule, 0) + count
    return ran, said


def to_do(folder: Path) -> dict[str, int]:
    """The jobs that Snakemake would run, asked directly."""
    process = snakemake(folder, "--dry-run", "--resources", "gpu=2", workflow=folder)
    assert process.returncode == 0, process.stdout
    return jobs(process.stdout)


def commit(folder: Path, message: str) -> None:
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--message", message)


def shuffle_times(folder: Path) -> None:
    """Set the time of every file below a folder to a random one in the last year."""
    rng = random.Random(1)  # noqa: S311
    for path in folder.rglob("*"):
        if ".git" not in path.parts and not path.is_symlink():
            moment = time.time() - rng.uniform(0, 3e7)
            os.utime(path, (moment, moment))


def clip(path: Path, seed: int, frames: int = 3) -> Path:
    return write_clip(path, noise(frames, seed=seed))


@pytest.fixture(scope="module")
def published(clone: Path, tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A project with a study of two videos, committed, and pushed to a folder beside it."""
    folder = tmp_path_factory.mktemp("published") / "project"
    shutil.copytree(
        clone, folder, symlinks=True, ignore=shutil.ignore_patterns(".snakemake", "demo", "raw")
    )
    for path in (folder / "results").iterdir():
        if path.name != "README.md":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    clip(folder / "data" / "2019" / "one.mp4", 1)
    clip(folder / "data" / "2019" / "two.mp4", 2)
    (folder / "data" / "2019.csv").write_text(LABELS)
    write_config(
        folder,
        datasets={"2019": {"videos": "data/2019", "labels": "data/2019.csv"}},
        sampling={"every_nth_frame": 2},
        detectors=["haar"],
    )
    run(folder, "git", "init", "--quiet", "--initial-branch", "main")
    run(folder, "dvc", "remote", "add", "--default", "store", str(folder.parent / "remote"))
    run(folder, "dvc", "add", "--quiet", "data/2019")
    ran, _ = repro(networks(folder))
    assert ran["detect_emotions"] == 2
    commit(folder, "The study")
    run(folder, "dvc", "push", "--quiet")
    return folder


@pytest.fixture(scope="module")
def pulled_once(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone after ``dvc pull``, all of whose file times are random."""
    return pull(published, tmp_path_factory.mktemp("pulled"))


@pytest.fixture
def pulled(pulled_once: Path, tmp_path: Path) -> Path:
    """A copy of that clone with the same times."""
    return Path(shutil.copytree(pulled_once, tmp_path / "colleague", symlinks=True))


def pull(published: Path, tmp_path: Path, *dvc_config: str) -> Path:
    folder = tmp_path / "colleague"
    run(tmp_path, "git", "clone", "--quiet", str(published), str(folder))
    if dvc_config:
        run(folder, "dvc", "config", "--local", *dvc_config)
    run(folder, "dvc", "pull", "--quiet")
    shuffle_times(folder)
    return folder


def test_repro_twice_skips_both_stages(published: Path) -> None:
    ran, said = repro(published)
    assert ran == {}
    assert "Stage 'raw' didn't change, skipping" in said
    assert "Stage 'results' didn't change, skipping" in said
    assert run(published, "git", "status", "--porcelain") == ""


def test_a_pulled_clone_has_nothing_to_do(pulled: Path) -> None:
    assert to_do(pulled) == {}
    ran, said = repro(pulled)
    assert ran == {}
    assert "Stage 'raw' didn't change, skipping" in said
    # Videos are read once, not in each run that has nothing to do.
    assert "data/2019/one.mp4" in (pulled / ".snakemake" / "facetally_digests.json").read_text()
    shutil.rmtree(pulled / ".snakemake")
    shuffle_times(pulled)
    assert to_do(pulled) == {}


def test_a_clone_makes_from_pulled_pictures_what_is_asked_for_later(pulled: Path) -> None:
    shutil.rmtree(pulled / "results" / "galleries")
    config = pulled / "config.yaml"
    config.write_text(f"{config.read_text()}people: {{identify: true}}\n")
    process = snakemake(pulled, *snakemake_runs.GPU, workflow=pulled)
    assert process.returncode == 0, process.stdout
    ran = jobs(process.stdout)
    assert (ran["identify"], ran["thumbnails"], ran["disagreements"]) == (2, 2, 1)
    assert not {"sample_frames", "resample_frames", "detect_emotions"} & ran.keys()
    assert to_do(pulled) == {}


@pytest.mark.parametrize("link", ["hardlink", "symlink"])
def test_links_into_the_cache(published: Path, tmp_path: Path, link: str) -> None:
    folder = pull(published, tmp_path, "cache.type", link)
    assert to_do(folder) == {}
    config = folder / "config.yaml"
    config.write_text(f"{config.read_text()}segment_frames: 2\n")
    assert repro(folder)[0] == SEGMENTS_CHANGED
    assert pl.read_csv(folder / "results/segments/2019/haar.csv")["segment"].max() > 0


def test_a_copy_to_another_disk(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published, folder, symlinks=True, copy_function=shutil.copy)
    shuffle_times(folder)
    assert to_do(folder) == {}


def test_a_video_added(pulled: Path) -> None:
    clip(pulled / "data" / "2019" / "three.mp4", 3)
    shuffle_times(pulled)
    assert to_do(pulled) == VIDEO | TABLES
    ran, _ = repro(pulled)
    assert {rule: ran[rule] for rule in VIDEO} == VIDEO
    assert "export_models" not in ran
    assert to_do(pulled) == {}
    _, said = repro(pulled)
    assert "Stage 'raw' didn't change, skipping" in said
    assert "Stage 'results' didn't change, skipping" in said


def test_a_videos_bytes_replaced(pulled: Path) -> None:
    clip(pulled / "data" / "2019" / "one.mp4", 9)
    # Older than the results.
    os.utime(pulled / "data" / "2019" / "one.mp4", (1, 1))
    assert to_do(pulled) == VIDEO | TABLES


def test_every_nth_frame_changed(pulled: Path) -> None:
    config = (pulled / "config.yaml").read_text()
    (pulled / "config.yaml").write_text(config.replace("every_nth_frame: 2", "every_nth_frame: 1"))
    everything = {"sample_frames": 2, "detect_emotions": 2, "thumbnails": 2} | TABLES
    assert to_do(pulled) == everything
    (pulled / "config.yaml").write_text(config)
    assert to_do(pulled) == {}


def test_a_label_corrected(pulled: Path) -> None:
    (pulled / "data" / "2019.csv").write_text(LABELS.replace("Negative", "Positive"))
    os.utime(pulled / "data" / "2019.csv", (1, 1))
    assert to_do(pulled) == LABEL_CORRECTED
    assert repro(pulled, "raw")[0] == {}
    assert to_do(pulled) == LABEL_CORRECTED


def test_videos_and_labels_elsewhere(pulled: Path, tmp_path: Path) -> None:
    clip(tmp_path / "elsewhere" / "one.mp4", 1)
    (tmp_path / "labels.csv").write_text("filename,label\none,Positive\n")
    config, pipeline = pulled / "config.yaml", pulled / "dvc.yaml"
    config.write_text(config.read_text().replace("data/2019", "../elsewhere"))
    config.write_text(config.read_text().replace("../elsewhere.csv", "../labels.csv"))
    process = subprocess.run(
        ["dvc", "repro"],
        cwd=pulled,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode != 0
    assert lines(process.stdout + process.stderr) == [
        "facetally: dvc.yaml: dvc repro would not notice a change in what config.yaml names "
        "outside the deps; add '- ../elsewhere' and '- ../labels.csv' to the deps of raw and results"
    ]
    assert (pulled / "results" / "raw" / "2019" / "haar" / "two.json").exists()
    added = "- data\n      - ../elsewhere\n      - ../labels.csv\n"
    pipeline.write_text(pipeline.read_text().replace("- data\n", added))
    assert repro(pulled)[0]["count_labels"] == 1
    _, said = repro(pulled)
    assert "Stage 'results' didn't change, skipping" in said
    (tmp_path / "labels.csv").write_text("filename,label\none,Negative\n")
    clip(tmp_path / "elsewhere" / "two.mp4", 2)
    ran, _ = repro(pulled)
    assert (ran["detect_emotions"], ran["count_labels"]) == (1, 1)
    counts = pl.read_csv(pulled / "results" / "counts" / "2019" / "haar.csv")
    assert counts["golden"].to_list() == ["Neg", None]


def test_an_earlier_commit_checked_out(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(published, folder, symlinks=True)
    before = (folder / "results" / "summary.csv").read_bytes()
    first = (folder / "results" / "raw" / "2019" / "haar" / "one.json").read_bytes()
    config = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(config.replace("every_nth_frame: 2", "every_nth_frame: 1"))
    (folder / "data" / "2019.csv").write_text("filename,label\none,Positive\n")
    ran, _ = repro(folder)
    assert ran["detect_emotions"] == 2
    after = (folder / "results" / "summary.csv").read_bytes()
    assert after != before
    commit(folder, "Every frame")
    assert "count_labels" not in repro(folder)[0]
    assert "labelled" in run(folder, "dvc", "metrics", "diff", "HEAD~1")

    run(folder, "git", "checkout", "--quiet", "HEAD~1")
    run(folder, "dvc", "checkout", "--quiet")
    assert (folder / "results" / "summary.csv").read_bytes() == before
    assert (folder / "results" / "raw" / "2019" / "haar" / "one.json").read_bytes() == first
    assert to_do(folder) == {}
    assert repro(folder)[0] == {}

    run(folder, "git", "checkout", "--quiet", "main")
    run(folder, "dvc", "checkout", "--quiet")
    assert (folder / "results" / "summary.csv").read_bytes() == after
    assert to_do(folder) == {}

    # Raw files alone make new tables, however old they look.
    run(folder, "git", "checkout", "--quiet", "HEAD~1")
    run(folder, "dvc", "checkout", "--quiet", "results/raw")
    for path in (folder / "results" / "raw").rglob("*.json"):
        os.utime(path, (1, 1))
    again = to_do(folder)
    assert again["collect_faces"] == 1
    assert "detect_emotions" not in again


def test_two_branches_that_each_added_a_video_are_merged(published: Path, tmp_path: Path) -> None:
    folder = pull(published, tmp_path)
    for branch, seed in (("other", 31), ("ours", 32)):
        run(folder, "git", "checkout", "--quiet", "-b", branch, "main")
        run(folder, "dvc", "checkout", "--quiet", "--force")
        clip(folder / "data" / "2019" / f"{branch}.mp4", seed)
        run(folder, "dvc", "add", "--quiet", "data/2019")
        assert repro(folder)[0]["detect_emotions"] == 1
        commit(folder, f"A video on {branch}")
    page = (ROOT / "docs" / "dvc.md").read_text("utf-8").split("## Merge two branches")[1]
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    merge, *rest, commit_it = [line.partition("  #")[0] for line in commands.splitlines()]
    run(folder, *merge.split(), status=1)
    said = run(folder, "sh", "-ec", "\n".join(rest))
    ran = jobs(said.split("Using workflow specific profile")[1])
    assert not {"sample_frames", "detect_emotions"} & ran.keys()
    run(folder, "sh", "-ec", f"{commit_it} --no-edit --quiet")
    counts = pl.read_csv(folder / "results" / "counts" / "2019" / "haar.csv")
    assert counts["filename"].to_list() == ["one", "other", "ours", "two"]
    assert to_do(folder) == {}
    assert run(folder, "git", "status", "--porcelain") == ""


def test_a_video_removed(pulled: Path) -> None:
    (pulled / "data" / "2019" / "two.mp4").unlink()
    (pulled / "data" / "2019.csv").write_text("filename,label\none,Positive\n")
    ran, said = repro(pulled)
    assert "detect_emotions" not in ran
    assert "sample_frames" not in ran
    assert "Removing 5 files, because dataset 2019 no longer has video two:" in said
    assert "\n  results/raw/2019/haar/two.json\n" in said
    assert not list((pulled / "results" / "raw").rglob("two.json"))
    counts = pl.read_csv(pulled / "results" / "counts" / "2019" / "haar.csv")
    assert counts["filename"].to_list() == ["one"]
    said = run(pulled, "dvc", "list", ".", "results/raw", "--dvc-only", "--recursive")
    run(pulled, "git", "add", "--all")
    commit(pulled, "One video less")
    said = run(pulled, "dvc", "list", ".", "results/raw", "--dvc-only", "--recursive")
    assert "one.json" in said
    assert "two.json" not in said
    _, said = repro(pulled)
    assert "Stage 'raw' didn't change, skipping" in said
    assert "Stage 'results' didn't change, skipping" in said


def test_raw_outputs_of_unknown_origin_are_not_used(pulled: Path) -> None:
    (pulled / "results" / "raw" / "provenance.jsonl").unlink()
    everything = {"sample_frames": 2, "detect_emotions": 2, "thumbnails": 2} | TABLES
    assert to_do(pulled) == everything


def test_raw_outputs_that_were_edited_are_not_used(pulled: Path) -> None:
    path = pulled / "results" / "raw" / "2019" / "haar" / "one.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("0.0", "0.5"))
    again = to_do(pulled)
    assert (again["resample_frames"], again["detect_emotions"]) == (1, 1)


def test_what_dvc_shows(published: Path) -> None:
    assert "results/metrics/2019/haar.json" in run(published, "dvc", "metrics", "show")
    dag = run(published, "dvc", "dag")
    for stage in ("data/2019.dvc", "raw", "results"):
        assert stage in dag
    run(published, "dvc", "plots", "show", "--out", "dvc_plots")
    page = (published / "dvc_plots" / "index.html").read_text()
    shutil.rmtree(published / "dvc_plots")
    for said in (
        "Accuracy, and the baseline",
        "confusion/2019/haar.csv",
        "results_plots_people_2019_haar_csv",
        "2019, haar",
        "surprise",
    ):
        assert said in page


@pytest.mark.parametrize("command", ["snakemake", "dvc"])
def test_killed_in_the_middle_of_detection(published: Path, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "project"
    shutil.copytree(published, folder, symlinks=True)
    for number in range(8):
        clip(folder / "data" / "2019" / f"more{number}.mp4", 20 + number, frames=200)
    # The tables of everything are made once, by DVC.
    commands = {
        "snakemake": ["snakemake", "raw", "--cores", "2", "--resources", "gpu=1"],
        "dvc": ["dvc", "repro"],
    }
    process = subprocess.Popen(
        commands[command],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    raw = folder / "results" / "raw" / "2019"
    deadline = time.monotonic() + 120
    while len(list(raw.rglob("more*.json"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = {path: path.stat().st_mtime_ns for path in raw.rglob("more*.json")}
    for path in done:
        assert json.loads(path.read_text())[-1]["frame"] == 198
    assert 4 <= len(done) < 8
    run(folder, "snakemake", "--unlock")
    said = run(folder, *commands[command])
    assert "LockException" not in said
    again = jobs(said.split("Using workflow specific profile")[1])["detect_emotions"]
    # Jobs that were killed between writing their file and being recorded run again.
    assert 8 - len(done) <= again <= 8 - len(done) + AT_A_TIME
    assert len(list(raw.rglob("more*.json"))) == 8
    kept = [path for path, written in done.items() if path.stat().st_mtime_ns == written]
    assert len(kept) >= len(done) - AT_A_TIME
    left = to_do(folder)
    assert (
        left == {} if command == "dvc" else not {"sample_frames", "detect_emotions"} & left.keys()
    )


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an S3 server on this machine, with a bucket named studies."""
    moto = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="studies")
    yield address
    server.stop()


def test_through_s3(published: Path, tmp_path: Path, s3: str) -> None:
    folder = tmp_path / "project"
    shutil.copytree(published, folder, symlinks=True)
    run(folder, "dvc", "remote", "add", "--default", "cloud", "s3://studies/debates")
    run(folder, "dvc", "remote", "modify", "cloud", "endpointurl", s3)
    commit(folder, "A remote")
    run(folder, "dvc", "push", "--quiet")
    assert to_do(pull(folder, tmp_path)) == {}

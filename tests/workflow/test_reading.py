"""Reading the Snakefile writes nothing, and nothing is lost before what replaces it is there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from facetally.files import file_digest
from support.clips import noise, write_clip
from support.repository import ROOT
from support.snakemake_runs import GPU, jobs, lines, snakemake

CACHES = ("log", "facetally_digests.json", "iocache", "source_cache", "locks", "shadow")
"""What Snakemake and facetally keep in .snakemake for speed, and Snakemake's logs."""


def tree(folder: Path) -> dict[str, str]:
    """The checksum of each file below a folder, caches aside."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if name.parts[:1] == (".snakemake",) and (len(name.parts) < 2 or name.parts[1] in CACHES):
            continue
        if path.is_file():
            found[str(name)] = file_digest(path)
    return found


@pytest.mark.parametrize("arguments", [["--dry-run", *GPU], ["--lint"], ["--summary"]])
@pytest.mark.parametrize("pulled", [False, True], ids=["here", "pulled"])
def test_looking_writes_nothing(study: Path, arguments: list[str], pulled: bool) -> None:
    if pulled:
        shutil.rmtree(study / ".snakemake" / "metadata")
        for path in (study / "results").rglob("*"):
            path.touch()
    write_clip(study / "clips" / "two.mp4", noise(3, seed=2))
    before = tree(study)
    process = snakemake(study, *arguments)
    assert process.returncode == 0, process.stdout
    assert tree(study) == before


@pytest.mark.parametrize("missing", [["HOME"], ["XDG_CACHE_HOME"], ["HOME", "XDG_CACHE_HOME"]])
def test_snakemake_needs_no_cache_of_the_user(
    study: Path, missing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in missing:
        monkeypatch.setenv(name, "/dev/null/none")
    process = snakemake(study, "--dry-run", *GPU)
    assert process.returncode == 0, process.stdout
    assert jobs(process.stdout) == {}


def test_another_place_for_records_is_refused(study: Path) -> None:
    process = snakemake(study, "--dry-run", *GPU, "--persistence-backend", "db")
    assert process.returncode == 1
    assert lines(process.stdout) == [
        "facetally: --persistence-backend db: records there do not travel with results; "
        "leave the option out"
    ]


def break_tables(study: Path) -> Path:
    """Add a video to a study and make a workflow whose tables fail; return the workflow."""
    write_clip(study / "clips" / "two.mp4", noise(3, seed=2))
    workflow = study.parent / "workflow"
    for name in ("Snakefile", "workflow", "envs", "data"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, workflow / name, symlinks=True)
        else:
            workflow.mkdir(exist_ok=True)
            shutil.copy(source, workflow / name)
    (workflow / "profiles").symlink_to("workflow/profiles")
    script = workflow / "workflow" / "scripts" / "collect_faces.py"
    script.write_text("raise SystemExit('broken')\n" + script.read_text())
    return workflow


def kept(study: Path) -> dict[str, str]:
    """What a person opens, and its checksums."""
    results = study / "results"
    names = ("summary.csv", "report/index.html", "faces/d/haar.parquet", "figures/accuracy.svg")
    return {name: file_digest(results / name) for name in names}


def test_a_failing_job_loses_no_earlier_result(study: Path) -> None:
    before = kept(study)
    broken = break_tables(study)
    process = snakemake(study, *GPU, workflow=broken)
    assert process.returncode == 1
    assert kept(study) == before
    # They are still known to be outdated, by the workflow that works and by the other.
    again = jobs(snakemake(study, *GPU, "--dry-run").stdout)
    assert {"count_labels", "summarize", "report", "figures"} <= again.keys()
    assert "detect_emotions" not in again
    process = snakemake(study, *GPU)
    assert process.returncode == 0, process.stdout
    assert kept(study).keys() == before.keys() and kept(study) != before
    assert jobs(snakemake(study, *GPU, "--dry-run").stdout) == {}


def test_a_failing_submission_loses_no_earlier_result(study: Path) -> None:
    before = kept(study)
    write_clip(study / "clips" / "two.mp4", noise(3, seed=2))
    process = snakemake(
        study, "--profile", str(ROOT / "workflow" / "profiles" / "sge"),
        "--cluster-generic-submit-cmd", "false", "--retries", "0",
    )  # fmt: skip
    assert process.returncode == 1
    assert kept(study) == before
    again = jobs(snakemake(study, *GPU, "--dry-run").stdout)
    assert {"count_labels", "summarize", "report", "figures"} <= again.keys()


def test_the_table_of_problems_stays_where_a_study_is_refused(study: Path) -> None:
    (study / "clips" / "bad.mp4").write_bytes(b"no video")
    process = snakemake(study, *GPU)
    assert process.returncode == 1
    (said,) = lines(process.stdout)[-1:]
    assert said.startswith("facetally: 1 of 2 videos cannot be analysed: clips/bad.mp4")
    assert "bad,not_a_video" in (study / "results" / "problems.csv").read_text()


def test_a_command_of_a_rule_works_in_another_terminal(study: Path) -> None:
    write_clip(study / "clips" / "two words's.mp4", noise(3, seed=2))
    said = snakemake(study, "--dry-run", "--printshellcmds", *GPU).stdout
    (command,) = [
        line.partition("Shell command: ")[2]
        for line in said.splitlines()
        if "start.py sample_frames" in line
    ]
    for folder in ("frames/d", "pictures/d/two words's"):
        (study / "results" / folder).mkdir(parents=True)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(study)}
    subprocess.run(["sh", "-c", command], cwd=study, env=environment, check=True)
    assert (study / "results" / "videos" / "d" / "two words's.json").exists()


@pytest.fixture
def workflow(study: Path) -> Path:
    """A copy of the workflow that tests may change."""
    folder = study.parent / "workflow"
    shutil.copytree(ROOT / "workflow", folder / "workflow", symlinks=True)
    shutil.copy(ROOT / "Snakefile", folder)
    (folder / "envs").symlink_to(ROOT / "envs")
    (folder / "profiles").symlink_to("workflow/profiles")
    return folder


def test_new_code_says_what_it_costs_and_can_be_refused(study: Path, workflow: Path) -> None:
    with (workflow / "workflow" / "facetally" / "detect" / "haar.py").open("a") as file:
        file.write("\nUNUSED = 1\n")
    process = snakemake(study, *GPU, "--dry-run", workflow=workflow)
    (said,) = lines(process.stdout)
    assert said.startswith(
        "facetally: the code that detects faces has changed since 1 video had its turn; to keep"
    )
    assert said.endswith("1 video detected again (docs/dvc.md)")
    (key,) = re.findall(r"set (accept_code: .*?) in config.yaml", said)
    with (study / "config.yaml").open("a") as file:
        file.write(f"{key}\n")
    process = snakemake(study, *GPU, "--dry-run", workflow=workflow)
    assert lines(process.stdout) == []
    assert jobs(process.stdout) == {"report": 1, "all": 1}
    process = snakemake(study, *GPU, workflow=workflow)
    assert process.returncode == 0, process.stdout
    assert "accept_code" in (study / "results" / "report" / "index.html").read_text()
    # The record still names the code that made it.
    assert key.split('"')[1] in (study / "results" / "raw" / "provenance.jsonl").read_text()


def test_records_that_are_gone_are_named(study: Path) -> None:
    (study / "results" / "raw" / "provenance.jsonl").unlink()
    # Snakemake's own are enough.
    assert jobs(snakemake(study, *GPU, "--dry-run").stdout) == {}
    shutil.rmtree(study / ".snakemake")
    (said,) = lines(snakemake(study, *GPU, "--dry-run").stdout)
    files = "results/raw/d/haar/one.json, results/videos/d/one.json"
    assert f"nothing says what made {files} " in said
    assert "(results/raw/provenance.jsonl does not exist)" in said
    assert "1 video detected again" in said


def test_networks_that_are_made_again_change_no_detection(study: Path) -> None:
    (study / "results" / "models" / "emotion.onnx").unlink()
    process = snakemake(study, *GPU, "--dry-run")
    assert jobs(process.stdout) == {"export_models": 1, "all": 1}
    (said,) = lines(process.stdout)
    assert (
        "results/models/emotion.onnx is missing: made again, in a run of 1 job, no detec" in said
    )


def test_a_comment_runs_nothing_and_a_function_its_users(study: Path, workflow: Path) -> None:
    assert jobs(snakemake(study, *GPU, "--dry-run", workflow=workflow).stdout) == {}
    package = workflow / "workflow" / "facetally"

    def append(name: str, text: str) -> dict[str, int]:
        with (package / name).open("a") as file:
            file.write(text)
        return jobs(snakemake(study, *GPU, "--dry-run", workflow=workflow).stdout)

    assert append("measure/intervals.py", "\n# A comment.\n") == {}
    assert append("measure/intervals.py", '\n"""Words."""\n') == {}
    again = append("measure/intervals.py", "\nUNUSED = 1\n")
    assert {"summarize", "compare", "bias", "report"} <= again.keys()
    assert not {"sample_frames", "detect_emotions", "collect_faces"} & again.keys()

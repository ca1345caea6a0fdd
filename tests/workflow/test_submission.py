"""Jobs that Grid Engine rejects, with a script in place of qsub."""

import os
import subprocess
from pathlib import Path

import pytest
from support.repository import ROOT
from support.snakemake_runs import lines, snakemake
from support.studies import write_config

QSUB = """#!/bin/sh
echo "$@" >>asked
case " $* " in
*" -l gpus="*) echo 'Unable to run job: unknown resource "gpus"' >&2; echo Exiting. >&2; exit 1 ;;
*" -w v "*) echo 'Unable to run job: it would wait' >&2; echo 'verification: no suitable queues' >&2; exit 1 ;;
*" -l mem_free=7M "*) echo 'Unable to run job: too late' >&2; exit 1 ;;
esac
echo a warning >&2
echo 42
"""


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of one video, with a cluster that has no GPUs."""
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "one.mp4").touch()
    write_config(tmp_path, datasets={"d": {"videos": "clips"}})
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "qsub").write_text(QSUB)
    (tmp_path / "bin" / "qsub").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def submit(study: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = study / "workflow" / "profiles" / "sge" / "submit"
    return subprocess.run(
        [script, *arguments], cwd=study, capture_output=True, text=True, check=False
    )


def test_a_job_is_submitted_with_what_it_needs(study: Path) -> None:
    done = submit(study, "4", "0", "10", "2000", "job.sh")
    assert (done.returncode, done.stdout) == (0, "42\n")
    assert (
        (study / "asked").read_text().endswith("-pe smp 4 -l h_rt=600 -l mem_free=2000M job.sh\n")
    )
    done = submit(study, "4", "1", "10", "2000", "job.sh")
    assert (done.returncode, done.stdout) == (1, 'qsub: unknown resource "gpus"\n')
    # A job that would wait is not refused; one that is rejected is.
    assert submit(study, "1", "0", "10", "7", "--test").returncode == 0
    assert submit(study, "1", "0", "10", "7", "job.sh").stdout == "qsub: too late\n"
    assert not list((study / ".snakemake" / "sge_logs").iterdir())


def test_a_study_that_the_cluster_would_refuse_ends_in_one_line(study: Path) -> None:
    profile = ("--profile", "workflow/profiles/sge", "--config", f"scratch={study / 'scratch'}")
    process = snakemake(study, "raw", *profile)
    assert process.returncode == 1
    assert lines(process.stdout) == [
        'facetally: qsub refuses the study\'s jobs (unknown resource "gpus"); correct '
        "workflow/profiles/sge/submit, or the queue and project in .sge_request; "
        "docs/clusters.md has a command for clusters without GPUs"
    ]
    assert "Error in rule" not in process.stdout
    assert len((study / "asked").read_text().splitlines()) == 1


def test_jobs_that_are_refused_later_are_named_once(study: Path) -> None:
    process = snakemake(
        study, "raw", "--profile", "workflow/profiles/sge", "--config",
        f"scratch={study / 'scratch'}", "--set-resources", "detect_emotions:gpu=0",
        "export_models:mem_mb=7",
    )  # fmt: skip
    assert process.returncode == 1
    (said,) = lines(process.stdout)
    assert said.startswith("facetally: qsub refuses the study's jobs (too late); correct ")

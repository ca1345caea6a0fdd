"""The workflow within another, in another folder, and as the Workflow Catalog starts it."""

import os
import shutil
from pathlib import Path

import pytest
import yaml
from facetally.files import file_digest
from support.repository import ROOT
from support.snakemake_runs import GPU, jobs, lines, snakemake

FOREIGN = f"""
import os
import sys

before = dict(os.environ)


configfile: "study.yaml"


rule own:
    output:
        "own.txt",
    shell:
        "touch {{output}}"


module facetally:
    snakefile:
        "{ROOT}/workflow/Snakefile"
    config:
        config
    prefix:
        "emotions"


use rule * from facetally as facetally_*


assert dict(os.environ) == before
added = set(sys.path) - set(os.path.dirname(path) for path in map(str, workflow.included))
assert not [path for path in sys.path if path.endswith(("/workflow", "/facetally"))
            and path != "{ROOT}/workflow"], sys.path
"""

TABLES = ("counts", "faces", "segments", "predictions", "raw", "figures", "summary.csv")


def checksums(results: Path) -> dict[str, str]:
    """The checksum of each table, raw file and figure."""
    return {
        str(path.relative_to(results)): file_digest(path)
        for name in TABLES
        for path in [results / name, *(results / name).rglob("*")]
        if path.is_file() and path.name != "provenance.jsonl"
    }


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder of another workflow, which takes this one's rules."""
    (tmp_path / "Snakefile").write_text(FOREIGN)
    shutil.copy(ROOT / "config.yaml", tmp_path / "study.yaml")
    return tmp_path


def with_networks(foreign: Path, study: Path) -> Path:
    """Put a study's networks where the module has them: exporting them takes long."""
    kept = Path("results", "models")
    shutil.copytree(study / kept, foreign / "emotions" / kept)
    return foreign


def test_a_module_runs_a_study_to_the_same_tables(foreign: Path, finished: Path) -> None:
    with_networks(foreign, finished)
    shutil.copytree(finished / "clips", foreign / "clips")
    shutil.copy(finished / "labels.csv", foreign)
    shutil.copy(finished / "config.yaml", foreign / "study.yaml")
    process = snakemake(foreign, "facetally_study", workflow=foreign)
    assert process.returncode == 0, process.stdout
    made = checksums(foreign / "emotions" / "results")
    assert made == checksums(finished / "results")
    assert {name.partition("/")[0] for name in made} == set(TABLES)
    assert not (foreign / "results").exists()
    (clip,) = (foreign / "clips").iterdir()
    os.utime(clip, (4102444800, 4102444800))
    planned = snakemake(foreign, "facetally_study", "--dry-run", workflow=foreign).stdout
    assert jobs(planned) == {}
    assert lines(planned) == [
        f"facetally: clips/{clip.name}: its time, 2100-01-01 00:00 UTC, lies in the future; "
        f"correct this machine's clock, or type touch clips/{clip.name}"
    ]


def test_a_module_renders_the_demo_and_counts_it(
    foreign: Path, demo_study: tuple[Path, str]
) -> None:
    with_networks(foreign, demo_study[0])
    counts = "results/counts/demo_small_faces/haar.csv"
    process = snakemake(foreign, f"emotions/{counts}", workflow=foreign)
    assert process.returncode == 0, process.stdout
    assert file_digest(foreign / "emotions" / counts) == file_digest(demo_study[0] / counts)
    assert not (foreign / "results").exists()


def test_the_other_workflow_keeps_its_own_first_rule(foreign: Path) -> None:
    assert jobs(snakemake(foreign, "--dry-run", workflow=foreign).stdout) == {"own": 1}


def test_the_file_that_the_catalog_has_people_deploy(tmp_path: Path) -> None:
    # As snakedeploy writes it: all rules, under their own names.
    (tmp_path / "config").mkdir()
    shutil.copy(ROOT / "config.yaml", tmp_path / "config" / "config.yaml")
    (tmp_path / "Snakefile").write_text(
        'configfile: "config/config.yaml"\n\n\n'
        f'module facetally:\n    snakefile:\n        "{ROOT}/workflow/Snakefile"\n'
        "    config:\n        config\n\n\nuse rule * from facetally\n"
    )
    process = snakemake(tmp_path, "--dry-run", workflow=tmp_path)
    assert process.returncode == 0, process.stdout
    planned = jobs(process.stdout)
    assert (planned["detect_emotions"], planned["report"]) == (14, 1)


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_a_study_in_another_folder(tmp_path: Path, snakefile: str) -> None:
    study, start = tmp_path / "study", tmp_path / "start"
    study.mkdir()
    start.mkdir()
    shutil.copy(ROOT / "config.yaml", study / "config.yaml")
    process = snakemake(
        start, "--snakefile", str(ROOT / snakefile), "--directory", str(study), "--dry-run", *GPU
    )
    assert process.returncode == 0, process.stdout
    assert jobs(process.stdout)["detect_emotions"] == 14
    assert not list(start.iterdir())


def test_the_catalog_finds_what_it_shows() -> None:
    assert (ROOT / "config" / "README.md").is_file()
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["report"] is True
    assert usage["software-stack-deployment"]["conda"] is True

"""What a person reads at the end of a run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from facetally.run.overview import FAILED, STOPPED
from support.repository import ROOT
from support.snakemake_runs import GPU, environment, lines, snakemake
from support.studies import write_config
from support.terminals import CTRL_C, press, watch

COMMAND = (sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"))


def test_a_run_with_nothing_to_do_shows_what_is_there(study: Path) -> None:
    said = snakemake(study, *GPU).stdout
    assert (study / "results" / "people.md").read_text() in said
    assert said.endswith(
        f"{(study / 'results' / 'summary.md').read_text()}\nOpen results/report/index.html in a "
        "browser. All results are below results/ (docs/outputs.md)\n"
    )
    # Tables that were not asked for may be out of date.
    said = snakemake(study, "raw", *GPU).stdout
    assert said.endswith("\n\nResults are below results/\n")
    for looking in (["--dry-run", *GPU], ["--summary"]):
        assert "Open results/report/index.html" not in snakemake(study, *looking).stdout


@pytest.mark.parametrize("arguments", [(), ("--forcerun", "predict")])
def test_a_study_in_another_folder_ends_with_its_own_tables(
    study: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "summary.md").write_text("of another study")
    said = snakemake(tmp_path, "--directory", str(study), *arguments, *GPU).stdout
    assert (study / "results" / "people.md").read_text() in said
    assert said.count("Open results/report/index.html in a browser.") == 1


def test_the_message_of_a_target_is_repeated_at_the_end(study: Path) -> None:
    said = snakemake(study, "label", "--forcerun", "label_page", *GPU).stdout
    assert said.endswith(
        "\nPages for raters, to open in a browser: results/label/d.html\n"
        "\nResults are below results/\n"
    )


def interrupted(folder: Path, after: str, *arguments: str) -> str:
    """What a run says that is stopped after a line."""
    command = [*COMMAND, "--cores", "2", *GPU, *arguments]
    return press(CTRL_C, command, folder, after, **environment())[0]


@pytest.mark.parametrize("after", ["Building workflow graph", "sample frames"])
def test_ctrl_c_ends_in_one_line_and_shows_what_is_there(study: Path, after: str) -> None:
    # From the first job on: a run that is nearly done may end before it is stopped.
    said = interrupted(study, after, "--forcerun", "sample_frames")
    assert lines(said) == [STOPPED], said
    assert (study / "results" / "summary.md").read_text() in said.partition(STOPPED)[2]
    assert "\nOpen results/report/index.html in a browser." in said.partition(STOPPED)[2]
    assert "Traceback" not in said
    process = snakemake(study, "results/counts/d/haar.csv", *GPU)
    assert process.returncode == 0, process.stdout


def test_ctrl_c_before_there_are_results(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "one.mp4").touch()
    write_config(tmp_path, datasets={"d": {"videos": "clips"}})
    said = interrupted(tmp_path, "Building workflow graph")
    assert lines(said) == [STOPPED]
    assert "Results so far" not in said


def test_on_a_terminal_there_is_a_live_table_with_the_lines_of_jobs_above(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "page.mp4").write_text("<html>")
    write_config(tmp_path, datasets={"d": {"videos": "clips"}})
    said = watch([*COMMAND, "--cores", "2"], tmp_path, **environment())
    assert "Workflow Progress" in said
    assert "sample frames" in said
    line = "facetally: clips/page.mp4: cannot be read as a video, it is something else; "
    above, below = said.split(line)[:2]
    # It is where the table was, erased, and the table is drawn again below it.
    assert above.endswith("\x1b[2K")
    assert below.splitlines()[1].startswith("\x1b[2m╭")
    assert said.replace("\r", "").endswith(f"on_bad_video: skip in config.yaml\n{FAILED}\n")
    assert not (tmp_path / "results" / "report").exists()


def test_results_of_a_detector_and_a_dataset_that_are_gone_are_named(study: Path) -> None:
    for name in ("raw/d/mtcnn/one.json", "counts/d/mtcnn.csv", "raw/old/haar/two.json"):
        (study / "results" / name).parent.mkdir(parents=True, exist_ok=True)
        (study / "results" / name).touch()
    again = ("results/counts/d/haar.csv", "--forcerun", "count_labels", *GPU)
    process = snakemake(study, *again)
    assert process.returncode == 0, process.stdout
    script = os.path.relpath(ROOT / "workflow" / "scripts" / "prune.py", study)
    assert lines(process.stdout) == [
        "facetally: old results remain: results/raw/old/haar (config.yaml no longer names dataset "
        "old), results/raw/d/mtcnn (config.yaml no longer names detector mtcnn); "
        f"python {script} removes them"
    ]
    # A detector that the command line alone leaves out is no leftover.
    assert lines(snakemake(study, *again, "--config", "detectors=[haar]").stdout) == []
    subprocess.run([sys.executable, script], cwd=study, check=True, capture_output=True)
    assert lines(snakemake(study, *again).stdout) == []
    assert not (study / "results" / "raw" / "old").exists()

"""Lines about failed jobs, read from what Snakemake says of them."""

from pathlib import Path

import pytest
from facetally.snakemake_compat.killed import killed_jobs, lines_in_logs, refused_jobs


def test_a_killed_jobs_rule_is_told_from_snakemakes_log() -> None:
    said = (
        "RuleException:\nCommand 'python figures.py' died with <Signals.SIGKILL: 9>.\n"
        "[Tue Nov 24 23:44:13 2026]\nError in rule figures:\n    jobid: 16\n"
        "    log: results/logs/figures.log (check log file(s) for error details)\n"
        "Command 'python x.py' returned non-zero exit status 1.\n"
        "Error in rule report:\n    log: results/logs/report.log (check log file(s) for error details)\n"
        # Of Ctrl-C, the run has a line.
        "Command 'python bias.py' died with <Signals.SIGINT: 2>.\n"
        "Error in rule bias:\n    log: results/logs/bias.log (check log file(s) for error details)\n"
    )
    (line,) = killed_jobs(said)
    assert line.startswith(
        "facetally: results/logs/figures.log: the job was killed (SIGKILL), as "
    )


SBATCH = """Error in rule export_models:
    message: SLURM sbatch failed. The error message was 'sbatch: error: invalid partition specified: x
sbatch: error: Batch job submission failed: Invalid partition name specified'.
    sbatch call:
        sbatch --parsable --comment 'rule x'.
Trying to restart job 3.
"""
QSUB = """Error in rule export_models:
    message: Error submitting jobscript (exit code 1):
qsub: unknown resource "gpus"

For further error details see the cluster/cloud log and the log files of the involved rule(s).
"""


def test_why_a_cluster_refuses_jobs_is_said_once() -> None:
    assert [line.partition("; ")[0] for line in refused_jobs(3 * SBATCH + 3 * QSUB)] == [
        "facetally: sbatch refuses the study's jobs (invalid partition specified: x, "
        "Batch job submission failed: Invalid partition name specified)",
        'facetally: qsub refuses the study\'s jobs (unknown resource "gpus")',
    ]


def test_errors_are_read_from_the_logs_of_failed_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    logs = tmp_path / "results" / "logs" / "sample_frames" / "clips"
    logs.mkdir(parents=True)
    (logs / "a b.log").write_text("Traceback\nfacetally: a b.mp4: cannot be read\n")
    (logs / "c.log").write_text("2026 INFO all is well\n")
    error = (
        "    Error in rule sample_frames:\n        jobid: 3\n        output: x.nut (nodelocal)\n"
        "        log: results/logs/sample_frames/clips/{}.log, /logs/3.log (check log file(s) "
        "for error details)\n"
    )
    said = "\n".join(error.format(name) for name in ("a b", "c", "a b", "none"))
    assert list(lines_in_logs(said)) == ["facetally: a b.mp4: cannot be read"]

"""What happens before the first job of a run and after its last, in the main Snakefile.

Upstream: snakemake/snakemake#3808 (the record of a failed job passes for one of the file that
was there before); that no hook runs where nothing is to be done, no issue says. Tried with
Snakemake 9.27; tests/workflow/test_reading.py and test_ends.py fail without it. Private to
Snakemake are ``Workflow.dag``, which knows what a run is to make, and ``Workflow.scheduler``,
which is there once that is known and the lock is held.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from facetally.detect.environment import check_complete
from facetally.run.aside import put_back, set_aside
from facetally.run.checks import check_clean_names, check_files
from facetally.run.fork_server import serve_jobs
from facetally.run.overview import results_overview, stopped
from facetally.snakemake_compat.killed import killed_jobs, told_in_logs, was_stopped
from facetally.snakemake_compat.scratch import place_frames
from facetally.snakemake_compat.versions import is_tried
from facetally.study.config import Study
from facetally.study.outputs import FRAMES, SUMMARY_AS_TEXT
from facetally.study.prune import leftovers


def name_starter(path: str) -> None:
    """Let envs/*.post-deploy.sh find the lock files: Snakemake runs copies of them elsewhere."""
    os.environ["FACETALLY_START"] = path


def start_run(workflow: Any, study: Study) -> None:
    """Refuse a run that could not succeed, and prepare one that can.

    Args:
        workflow: Snakemake's.
        study: what it is to run.

    Raises:
        FacetallyError: with one line that says what is wrong.
    """
    deployed = workflow.deployment_settings.deployment_method
    if not deployed:  # Otherwise the jobs get environments of their own.
        check_complete()
    if not workflow.local_exec:
        check_clean_names(study)
    place_frames(Path(FRAMES).parents[1], study.scratch)
    check_files(study)
    serve(workflow, study)
    put_back()
    if is_tried("results of failed jobs are removed"):
        outdated = [output for job in workflow.dag.needrun_jobs() for output in job.output]
        set_aside(outdated, move=workflow.execution_settings.keep_incomplete)


def serve(workflow: Any, study: Study) -> None:
    """Let jobs start in milliseconds, where they run here and in this environment."""
    deployed = workflow.deployment_settings.deployment_method
    # The packages of the engine fer do not survive a fork.
    if workflow.local_exec and not deployed and study.engine != "fer":
        serve_jobs()


def report_results(workflow: Any, study: Study) -> None:
    """Print the table and the places of results, and what is left of an earlier configuration.

    Datasets and detectors that the command line or another file leaves out are no leftovers.

    Args:
        workflow: Snakemake's.
        study: what is up to date now.
    """
    asked_for = is_tried("the table of results is not shown") and any(
        SUMMARY_AS_TEXT in job.output for job in workflow.dag.jobs
    )
    print(results_overview(Path("results"), asked_for), end="", file=sys.stderr)
    elsewhere = workflow.config_settings.overwrite_config
    if not {"datasets", "detectors"} & elsewhere.keys() and (line := leftovers(study)):
        print(f"facetally: {line}", file=sys.stderr)


def report_idle_run(workflow: Any, study: Study) -> None:
    """Print the same, at the end of a process in which nothing was to be done.

    Args:
        workflow: Snakemake's.
        study: what is up to date.
    """
    if workflow.scheduler is not None and not workflow.dryrun and not len(workflow.dag):
        report_results(workflow, study)


def report_failures(workflow: Any, logs: Iterable[str]) -> None:
    """Print the lines about failed jobs that have not reached whoever started the run.

    Of a run that was stopped, its results are shown too.

    Args:
        workflow: Snakemake's.
        logs: its logs.
    """
    for log in logs:
        text = Path(log).read_text("utf-8")
        elsewhere = [] if workflow.local_exec else told_in_logs(text)
        for line in [*killed_jobs(text), *elsewhere]:
            print(line, file=sys.stderr)
        if was_stopped(text):
            print(stopped(Path("results")), end="", file=sys.stderr)

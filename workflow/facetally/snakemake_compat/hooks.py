"""What happens before the first job of a run and after its last, in the main Snakefile.

Upstream: snakemake/snakemake#3808 (the record of a failed job passes for one of the file that
was there before). No issue covers two more: no hook runs where nothing is to be done, and nothing
says why a cluster refuses a group of jobs. Tried with Snakemake 9.27; test_reading.py,
test_ends.py and test_submission.py in tests/workflow, and tests/cluster, fail without it. Private
to Snakemake are ``Workflow.dag``, which knows what a run is to make, ``Workflow.scheduler``, which
is there once that is known and the lock is held, ``Workflow.executor_plugin`` and
``executor_settings``, and how the line about a removed file is worded.
"""

import atexit
import logging
import os
import sys
from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path
from typing import Any, Final

from snakemake.logging import logger

from facetally.detect.environment import check_complete
from facetally.run.aside import put_back, set_aside
from facetally.run.checks import check_clean_names, check_files, in_the_future
from facetally.run.fork_server import serve_jobs
from facetally.run.overview import results_overview, run_failed, stopped
from facetally.run.submission import check_submission, refusal_of
from facetally.run.terminal import PIPE, print_lines_of_jobs
from facetally.snakemake_compat.killed import (
    killed_jobs,
    lines_in_logs,
    nothing_submitted,
    refused_jobs,
    was_stopped,
)
from facetally.snakemake_compat.python_path import (
    check_python_path,
    name_python_without_quotes,
)
from facetally.snakemake_compat.scratch import place_frames
from facetally.snakemake_compat.stopping import runs, stopped_on_request
from facetally.snakemake_compat.versions import is_tried
from facetally.study.config import Study
from facetally.study.outputs import FRAMES, SUMMARY_AS_TEXT
from facetally.study.prune import leftovers

SUBMIT: Final = "workflow/profiles/sge/submit"
SBATCH_OPTIONS: Final = {
    "--account": "slurm_account",
    "--partition": "slurm_partition",
    "--gpus": "gpu",
}
"""The options that clusters differ in, by the resource that SLURM's executor makes them of."""


NAMING: Final = frozenset({"datasets", "detectors", "people", "events"})
"""Keys of config.yaml that decide which results belong to the study."""

REPORTS: Final[list[str]] = []
"""What is printed when the process ends."""


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
    if workflow.local_exec:
        name_python_without_quotes()
    else:
        check_python_path()
        check_clean_names(study)
        if test := submission_test(workflow):
            check_submission(test)
    atexit.register(print_reports)
    os.environ.pop(PIPE, None)  # That of a run which has started this one.
    if workflow.local_exec and sys.stderr.isatty():
        print_lines_of_jobs()
    place_frames(Path(FRAMES).parents[1], study.scratch)
    check_files(study)
    if is_tried("each frame that is removed after use has a line"):
        logger.addFilter(_is_news)
    server = serve(workflow, study)
    put_back()
    if is_tried("results of failed jobs are removed"):
        outdated = [output for job in workflow.dag.needrun_jobs() for output in job.output]
        set_aside(outdated, move=workflow.execution_settings.keep_incomplete)
    for run in runs:
        run.jobs_follow(server)


def _is_news(record: logging.LogRecord) -> bool:
    """Say whether a record is worth a line. That frames are removed after use is not."""
    return not record.getMessage().startswith("Removing temporary output ")


def submission_test(workflow: Any) -> list[str] | None:
    """Return the command that asks Grid Engine whether it would take a run's jobs.

    Args:
        workflow: Snakemake's.

    Returns:
        The command, or None where jobs are submitted otherwise than by the profile's own script.
    """
    command = getattr(workflow.executor_settings, "submit_cmd", None) or ""
    script = command.split(maxsplit=1)[0] if command else ""
    if not script.endswith(SUBMIT) or not is_tried("jobs are submitted without a test"):
        return None
    gpus = {job.resources.get("gpu", 0) for job in one_of_each_rule(workflow)} - {0}
    return [script, "1", "1" if gpus else "0", "10", "1000", "--test"]


def refused_by_slurm(workflow: Any) -> set[str]:
    """Ask SLURM, of whose jobs none was submitted, what it has against them.

    Args:
        workflow: Snakemake's.

    Returns:
        The lines; none if the jobs go elsewhere, or if something else is the matter.
    """
    if workflow.executor_plugin.name != "slurm":
        return set()
    tests = set()
    for job in one_of_each_rule(workflow):
        asked = {option: job.resources.get(name) for option, name in SBATCH_OPTIONS.items()}
        options = [f"{option}={value}" for option, value in asked.items() if value]
        tests.add(("sbatch", "--test-only", "--wrap=true", *options))
    return {f"facetally: {line}" for test in tests if (line := refusal_of(test))}


def one_of_each_rule(workflow: Any) -> Iterable[Any]:
    """Return a job of each rule that has something to do."""
    return {job.rule.name: job for job in workflow.dag.needrun_jobs()}.values()


def serve(workflow: Any, study: Study) -> int | None:
    """Let jobs start in milliseconds, where they run here and in this environment.

    Returns:
        The number of the process that starts them; None without one.
    """
    deployed = workflow.deployment_settings.deployment_method
    # The packages of the engine fer do not survive a fork.
    if workflow.local_exec and not deployed and study.engine != "fer":
        return serve_jobs()
    return None


def report_results(workflow: Any, study: Study) -> None:
    """Report the tables, what to check, and what is left of an earlier configuration.

    What the command line or another file leaves out is no leftover.

    Args:
        workflow: Snakemake's.
        study: what is up to date now.
    """
    asked_for = is_tried("the table of results is not shown") and any(
        SUMMARY_AS_TEXT in job.output for job in workflow.dag.jobs
    )
    corrected = bool(study.identities and study.identities.corrections)
    report = results_overview(Path("results"), asked_for, corrected)
    if not asked_for:  # Their messages say where they are, and a live table does not show them.
        targets = [job.message for job in workflow.dag.targetjobs if job.message]
        report = "".join(f"\n{message}\n" for message in targets) + report
    elsewhere = workflow.config_settings.overwrite_config
    if not NAMING & elsewhere.keys() and (line := leftovers(study)):
        report += f"facetally: {line}\n"
    REPORTS.append(report)


def report_idle_run(workflow: Any, study: Study, folder: Path) -> None:
    """Print the same, at the end of a process in which nothing was to be done.

    Files from the future, for which a run that has jobs is refused, are named here, and after a
    dry run too: :func:`start_run` is called for neither.

    Args:
        workflow: Snakemake's.
        study: what is up to date.
        folder: the study's. By then, Snakemake has left the one that ``--directory`` names.
    """
    if stopped_on_request():
        return
    idle = not len(workflow.dag) if workflow.scheduler is not None else False
    if not idle and not workflow.dryrun:
        return
    with chdir(folder):
        if idle and not workflow.dryrun:
            report_results(workflow, study)
        if late := in_the_future(study.files):
            REPORTS.append(f"facetally: {late}\n")
    print_reports()


def report_failures(workflow: Any, logs: Iterable[str]) -> None:
    """Report once more what ended a run that has failed, and what to do.

    If the run was stopped, its results are shown instead.

    Args:
        workflow: Snakemake's.
        logs: its logs.
    """
    for log in logs:
        text = Path(log).read_text("utf-8")
        refused = list(refused_jobs(text))
        if not refused and nothing_submitted(text):
            refused = sorted(refused_by_slurm(workflow))
        lines = [*killed_jobs(text), *refused]
        if not was_stopped(text) and not stopped_on_request():
            REPORTS.append(run_failed([*lines, *lines_in_logs(text)]))
            continue
        if not workflow.local_exec:  # Elsewhere, nobody has seen them.
            lines += lines_in_logs(text)
        shown = "".join(f"{line}\n" for line in dict.fromkeys(lines))
        REPORTS.append(f"{shown}{stopped(Path('results'))}")


def print_reports() -> None:
    """Print what the run has to report, below Snakemake's own lines."""
    while REPORTS:
        print(REPORTS.pop(0), end="", file=sys.stderr)

"""Snakemake without what it does again and again for thousands of jobs.

Its answers stay the same. Each part was seen in a profile of a study of 3,000 videos, with
Snakemake 9.27. Where another version lacks a method that is named here, its own way stays.

Only the standard library and Snakemake are imported: the workflow itself uses this.
"""

import gc
import re
from contextlib import suppress
from functools import lru_cache
from typing import Any

from snakemake import common, rules
from snakemake import jobs as snakemake_jobs
from snakemake.dag import DAG
from snakemake.io import _IOFile
from snakemake.jobs import GroupJob, Job
from snakemake.output_index import OutputIndex


def be_faster() -> None:
    """Make this process's Snakemake faster: a dry run by a third, with groups by three."""
    # Python looks again and again for what may be freed among all that jobs are described by,
    # which stays.
    gc.set_threshold(50_000, 20, 100)
    for part in (
        _arguments,
        _commands,
        _templates,
        _plain_files,
        _producers,
        _same_groups,
        _readiness,
        _check_groups,
    ):
        with suppress(AttributeError):
            part()


def _arguments() -> None:
    """Look once which arguments a function of a rule takes, not twenty times a job."""
    remembered: Any = lru_cache(4096)(common.get_function_params)
    rules.get_function_params = remembered
    common.get_function_params = remembered


def _commands() -> None:
    """Make a command once to tell of its job, not three times, and not where nobody sees it."""
    log_info, command = Job.log_info, Job.shellcmd.fget
    told: dict[Any, Any] = {}

    def log_info_once(self: Any, *arguments: Any, **named: Any) -> None:
        told[self] = command(self) if _shown(self.dag.workflow) else None
        try:
            log_info(self, *arguments, **named)
        finally:
            del told[self]

    def shellcmd(self: Any) -> Any:
        return told[self] if self in told else command(self)

    Job.log_info = log_info_once
    Job.shellcmd = property(shellcmd)


def _shown(workflow: Any) -> bool:
    """Tell whether anybody is shown commands: they were asked for, or a plugin takes the log."""
    manager = getattr(workflow, "logger_manager", None)
    settings = getattr(manager, "settings", None)
    return bool(
        getattr(settings, "printshellcmds", True) or getattr(manager, "plugin_handlers", True)
    )


def _templates() -> None:
    """Fill in commands and messages from what they name, not from a copy of all there is."""
    fill_in = snakemake_jobs.format

    def fill_in_named(template: str, **values: Any) -> Any:
        named = _named(template) & values.keys()
        return fill_in(template, **{name: values[name] for name in named})

    snakemake_jobs.format = fill_in_named


@lru_cache(1024)
def _named(template: str) -> frozenset[str]:
    """Give the names in a template's braces, those within the braces of others too."""
    return frozenset(re.findall(r"\w+", " ".join(re.findall(r"\{([^{}]*)", template))))


def _plain_files() -> None:
    """Ask a file that has no flags for none of them: it is not in a store, and told as it is."""
    told = snakemake_jobs.fmt_iofile

    def told_plainly(file: Any, as_input: bool = False, as_output: bool = False) -> Any:
        if isinstance(file, _IOFile) and not file.flags:
            return str(file)
        return told(file, as_input=as_input, as_output=as_output)

    snakemake_jobs.fmt_iofile = told_plainly
    stored = _IOFile.is_storage.fget
    _IOFile.is_storage = property(lambda self: bool(self.flags) and stored(self))


def _producers() -> None:
    """Look once which rules make a file, where thousands of jobs need the same one."""
    OutputIndex.match_producers = lru_cache(4096)(OutputIndex.match_producers)


def _same_groups() -> None:
    """See that a group is itself without comparing all its jobs."""
    equal = GroupJob.__eq__
    GroupJob.__eq__ = lambda self, other: self is other or equal(self, other)


def _readiness() -> None:
    """Find out whether a group is ready once, not twice for each of its jobs."""
    ready, update_ready = DAG._ready, DAG.update_ready
    found: dict[int, bool] = {}

    def update_ready_once(self: Any, jobs: Any = None) -> Any:
        found.clear()
        return update_ready(self, jobs)

    def ready_once(self: Any, job: Any) -> bool:
        group = self._group.get(job)
        if group is None:
            return bool(ready(self, job))
        if id(group) not in found:
            found[id(group)] = ready(self, job)
        return found[id(group)]

    DAG.update_ready = update_ready_once
    DAG._ready = ready_once


def _check_groups() -> None:
    """Check a group once, not once for each of its jobs."""
    check = DAG._check_groups

    def check_once(self: Any) -> None:
        every = self._group
        self._group = {id(group): group for group in every.values()}
        try:
            check(self)
        finally:
            self._group = every

    DAG._check_groups = check_once

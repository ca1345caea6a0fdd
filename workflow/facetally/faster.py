"""Snakemake without what it does again and again for thousands of jobs.

Its answers stay the same. Each part was seen in a profile of a study of 3,000 videos, and is of
Snakemake 9.27; where another version lacks what is named here, its own way stays.

Only the standard library and Snakemake are imported: the workflow itself uses this.
"""

import gc
from contextlib import suppress
from functools import lru_cache
from typing import Any

from snakemake import common, rules
from snakemake.dag import DAG
from snakemake.jobs import GroupJob, Job


def be_faster() -> None:
    """Make this process's Snakemake faster: a dry run by a third, with groups by three."""
    # Python looks again and again for what may be freed among all that jobs are described by,
    # which stays.
    gc.set_threshold(50_000, 20, 100)
    for part in (_arguments, _commands, _same_groups, _readiness, _check_groups):
        with suppress(AttributeError):
            part()


def _arguments() -> None:
    """Look once which arguments a function of a rule takes, not twenty times a job."""
    remembered: Any = lru_cache(4096)(common.get_function_params)
    rules.get_function_params = remembered
    common.get_function_params = remembered


def _commands() -> None:
    """Make a command once to tell of its job, not three times."""
    log_info, command = Job.log_info, Job.shellcmd.fget
    told: dict[Any, Any] = {}

    def log_info_once(self: Any, *arguments: Any, **named: Any) -> None:
        told[self] = command(self)
        try:
            log_info(self, *arguments, **named)
        finally:
            del told[self]

    def shellcmd(self: Any) -> Any:
        return told[self] if self in told else command(self)

    Job.log_info = log_info_once
    Job.shellcmd = property(shellcmd)


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

"""How Snakemake is to run the jobs of a group within one job of a cluster.

Upstream: snakemake/snakemake-executor-plugin-slurm#469, snakemake/snakemake#2508. Tried with
Snakemake 9.27, executor-plugin-slurm 2.8 and executor-plugin-cluster-generic 1.0;
tests/snakemake_compat/test_within_job.py and tests/cluster fail without it. Private to Snakemake
are the options with which it starts itself.

A job of a cluster starts Snakemake with the jobs of its group as targets, and without the
profile. SLURM's executor has it start each of them by itself, one after the other, with a
Snakemake of its own that takes longer than a short video does. All executors let the first
failure end the whole group.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from facetally.snakemake_compat.resampling import RESAMPLE
from facetally.snakemake_compat.versions import is_tried

ADDED: Final = ("--keep-going", "--scheduler-subsample", "1000")
"""As in the profile that runs on one machine."""

DROPPED: Final = ("--executor", "--jobs")
"""What makes it start others; without, it runs the jobs itself, on the cores it was given."""

GROUP: Final = "--local-groupid"
TARGETS: Final = "--target-jobs"


def run_group_at_once(made: Mapping[str, str], leftover: Path) -> None:
    """Become another Snakemake, in the job of a group that has not been started in this way.

    Args:
        made: as of :func:`arguments_of_group`.
        leftover: the temporary folder of this Snakemake, which cannot remove it any more.
    """
    arguments = arguments_of_group(sys.argv[1:], made)
    if arguments and is_tried("jobs of a group may run one after the other"):
        shutil.rmtree(leftover)
        os.execv(sys.executable, [sys.executable, "-m", "snakemake", *arguments])  # noqa: S606


def is_group() -> bool:
    """Say whether this process runs a group of jobs."""
    return GROUP in sys.argv


def arguments_of_group(argv: Sequence[str], made: Mapping[str, str]) -> list[str] | None:
    """Return what to start Snakemake with instead, in the job of a group.

    A second attempt leaves out what the first has made. (The target jobs are run whatever
    is there.)

    Args:
        argv: what this Snakemake was started with.
        made: the path of what a rule makes for good, with its wildcards, by the rule's name.

    Returns:
        The arguments, or None if it may go on: it is not within the job of a group, or has
        been started with these.
    """
    if GROUP not in argv or ADDED[0] in argv:
        return None
    kept: list[str] = []
    skip = False
    for argument in argv:
        if not skip and argument not in DROPPED:
            kept.append(argument)
        skip = argument in DROPPED
    if kept[kept.index("--attempt") + 1] != "1":
        first = kept.index(TARGETS) + 1
        last = next(n for n in range(first, len(kept)) if kept[n].startswith("--"))
        kept[first:last] = _unfinished(kept[first:last], made)
    return [*kept, *ADDED]


def _unfinished(targets: Sequence[str], made: Mapping[str, str]) -> Sequence[str]:
    """Leave out finished jobs; all stay if there are no others, or it would make everything."""
    missing = []
    for target in targets:  # RULE:WILDCARD=VALUE,WILDCARD=VALUE
        rule, _, wildcards = target.partition(":")
        values = dict(pair.split("=", 1) for pair in wildcards.split(",") if pair)
        if rule not in made or not Path(made[rule].format(**values)).exists():
            missing.append((target, rule, values.items()))
    # It makes nothing for good, so it is needed as long as one of the jobs that read its frames.
    return [
        target
        for target, rule, values in missing
        if rule != RESAMPLE or any(r != rule and values <= v for _, r, v in missing)
    ] or targets

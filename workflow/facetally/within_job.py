"""How Snakemake is to run the jobs of a group within one job of a cluster.

A job of a cluster starts Snakemake with the jobs of its group as targets, and without the
profile. SLURM's executor has it start each of them by itself, one after the other, with a
Snakemake of its own that takes longer than a short video does; see issue 469 of
snakemake-executor-plugin-slurm. All executors let the first failure end the whole group.
"""

from collections.abc import Sequence
from typing import Final

ADDED: Final = ("--keep-going", "--scheduler-subsample", "64")
"""As in the profile that runs on one machine."""

DROPPED: Final = ("--executor", "--jobs")
"""What makes it start others; without, it runs the jobs itself, on the cores it was given."""


def arguments_of_group(argv: Sequence[str]) -> list[str] | None:
    """Give what to start Snakemake with instead, in the job of a group.

    Args:
        argv: what this Snakemake was started with.

    Returns:
        The arguments, or None if it may go on: it is not within the job of a group, or has
        been started with these.
    """
    if "--local-groupid" not in argv or ADDED[0] in argv:
        return None
    kept: list[str] = []
    skip = False
    for argument in argv:
        if not skip and argument not in DROPPED:
            kept.append(argument)
        skip = argument in DROPPED
    if kept[kept.index("--attempt") + 1] != "1":
        kept.remove("--force")  # Its first attempt has made what is there by now.
    return [*kept, *ADDED]

"""The lines about jobs that a cluster does not take."""

import subprocess
from collections.abc import Sequence
from typing import Final

from facetally.errors import ConfigError

WAYS_OUT: Final = {
    "qsub": (
        "correct workflow/profiles/sge/submit, or the queue and project in .sge_request; "
        "docs/clusters.md has a command for clusters without GPUs"
    ),
    "sbatch": (
        "correct what --default-resources or the profile says of it, such as slurm_account and "
        "slurm_partition; docs/clusters.md has a command for clusters without GPUs"
    ),
}
"""What to do, by the command that has refused a job."""


def refused(command: str, reason: str) -> str:
    """Return the line about jobs that a command has refused.

    Args:
        command: ``qsub`` or ``sbatch``.
        reason: what it says, perhaps in several lines.
    """
    lines = [
        line.removeprefix(f"{command}: ").removeprefix("error: ") for line in reason.split("\n")
    ]
    said = ", ".join(line.strip() for line in lines if line.strip())
    return f"{command} refuses the study's jobs ({said}); {WAYS_OUT[command]}"


def refusal_of(command: Sequence[str]) -> str | None:
    """Return the line about what sbatch has against a job, if it refuses it.

    Args:
        command: one that only asks.
    """
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return refused(command[0], process.stderr) if process.returncode else None


def check_submission(test: Sequence[str]) -> None:
    """Refuse to start jobs that Grid Engine would not take.

    Args:
        test: the command that asks whether it would.

    Raises:
        ConfigError: if it would not.
    """
    process = subprocess.run(test, capture_output=True, text=True, check=False)
    if process.returncode:
        raise ConfigError(refused("qsub", process.stdout or process.stderr))

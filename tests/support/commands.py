"""Commands as a user types them in an activated environment, git's with a name to commit under."""

import os
import subprocess
from pathlib import Path

from support.snakemake_runs import environment

SOMEBODY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
"""Without a name, git neither commits nor merges."""


def run(folder: Path, *command: str, status: int = 0) -> str:
    """Run a command in a folder as in the activated environment; return its output."""
    process = subprocess.run(
        command,
        cwd=folder,
        env={**environment(), **SOMEBODY, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    assert process.returncode == status, f"{command}\n{process.stdout}"
    return process.stdout

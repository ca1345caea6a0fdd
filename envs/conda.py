"""Write the conda environments cpu and gpu: what conda installs, and how uv adds a lock file.

    .venv/bin/python envs/conda.py

Conda installs only Python and uv. Everything else comes from the lock files, so that jobs in conda
environments have the same packages as jobs in `.venv`.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = {"cpu": "study", "gpu": "gpu"}
"""The lock file of each environment."""

PYTHON: Final = "3.12"
"""One of the Python versions that the lock files are for."""

ENVIRONMENT: Final = """\
# Written by envs/conda.py, as `make lock` runs it.
channels:
  - conda-forge
dependencies:
  - python ={python}
  - uv ={uv}
"""

DEPLOY: Final = """\
# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake rebuilds the environment when this file changes, so it has the lock file's digest:
# {digest}
set -e
# The lock file and uv's settings are in the workflow's folder; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \\
    --requirement envs/{lock}.lock.txt
"""


def files() -> dict[str, str]:
    """Return the content of both environments' files, by name."""
    made = {}
    for name, lock in LOCKS.items():
        content = (ROOT / "envs" / f"{lock}.lock.txt").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        made[f"{name}.yaml"] = ENVIRONMENT.format(python=PYTHON, uv=uv_version())
        made[f"{name}.post-deploy.sh"] = DEPLOY.format(lock=lock, digest=digest)
    return made


def uv_version() -> str:
    """Return the version of uv that `make` installs."""
    (version,) = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.M)
    return str(version)


if __name__ == "__main__":
    for name, content in files().items():
        (ROOT / "envs" / name).write_text(content, encoding="utf-8")

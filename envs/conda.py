"""Write the conda environments cpu and gpu: what conda installs, and how uv fills it from a lock.

    .venv/bin/python envs/conda.py

Conda brings Python and uv alone. All else comes from the lock files, so that jobs in conda
environments have the packages that jobs in `.venv` have.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = {"cpu": "study", "gpu": "gpu"}
"""The lock file of each environment."""

PYTHON: Final = "3.12"
"""One of those that the lock files are for."""

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
# Snakemake makes the environment anew when this file changes, so it names the lock's content:
# {digest}
set -e
# Where the lock file is, and what uv is to leave out; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \\
    --requirement envs/{lock}.lock.txt
"""


def files() -> dict[str, str]:
    """Make the files of both environments: their content by name."""
    made = {}
    for name, lock in LOCKS.items():
        content = (ROOT / "envs" / f"{lock}.lock.txt").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        made[f"{name}.yaml"] = ENVIRONMENT.format(python=PYTHON, uv=uv_version())
        made[f"{name}.post-deploy.sh"] = DEPLOY.format(lock=lock, digest=digest)
    return made


def uv_version() -> str:
    """Give the version of uv that `make` installs."""
    (version,) = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.M)
    return str(version)


if __name__ == "__main__":
    for name, content in files().items():
        (ROOT / "envs" / name).write_text(content, encoding="utf-8")

# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake rebuilds the environment when this file changes, so it has the lock file's digest:
# 85334a32ae7f67b758e2a99c6f3b27cb868a70007663c113e168617ae91d839d
set -e
# The lock file and uv's settings are in the workflow's folder; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/study.lock.txt

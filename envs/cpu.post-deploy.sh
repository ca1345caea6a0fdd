# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake rebuilds the environment when this file changes, so it has the lock file's digest:
# 9f6dbc4dbf48676525c2f9d8b59f93d13cbfd629695f5d24d0d3f69cb254c0e1
set -e
# The lock file and uv's settings are in the workflow's folder; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/study.lock.txt

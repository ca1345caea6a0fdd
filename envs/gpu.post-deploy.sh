# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake rebuilds the environment when this file changes, so it has the lock file's digest:
# 1c0faee92aa560d3b60d3406a4f8c17510516b8e4240359d2877c3fa5e1cff8d
set -e
# The lock file and uv's settings are in the workflow's folder; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/gpu.lock.txt

# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake rebuilds the environment when this file changes, so it has the lock file's digest:
# 6e4273e6cea95ef62e7e26bec9608392ecfb1ebe35a0b44b5a80abddb0172fec
set -e
# The lock file and uv's settings are in the workflow's folder; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/gpu.lock.txt

# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake makes the environment anew when this file changes, so it names the lock's content:
# 63a6d7eecff0734a5e66acc7146ab5215c71b22e39392606ce1c7ea9ec21488e
set -e
# Where the lock file is, and what uv is to leave out; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/gpu.lock.txt

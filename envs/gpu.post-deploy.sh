# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake makes the environment anew when this file changes, so it names the lock's content:
# 49c1cbe490cd4362bfe4befac27196876473606dd9587209d894367ea8d19740
set -e
# Where the lock file is, and what uv is to leave out; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/gpu.lock.txt

# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake makes the environment anew when this file changes, so it names the lock's content:
# 349fd9b2a5b540646285d89756e79848651b3cea5f639cb6c1554e6059277243
set -e
# Where the lock file is, and what uv is to leave out; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/study.lock.txt

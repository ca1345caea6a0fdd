# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake makes the environment anew when this file changes, so it names the lock's content:
# b761e93072e0383d2487c00f0e1c5dbaace975b16558555eccf1948651d1f634
set -e
# Where the lock file is, and what uv is to leave out; the study may be elsewhere.
cd "$(dirname "$FACETALLY_START")/.."
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/study.lock.txt

# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake makes the environment anew when this file changes, so it names the lock's content:
# 0adb0a8e0d0d43a392e61b70e584ceb12e707cc9a5909a5736f6f73c160be10d
set -e
# Where the lock file is, and what uv is to leave out; the study may be elsewhere.
cd "${FACETALLY_START%workflow/start.py}"
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/study.lock.txt

# Written by envs/conda.py, as `make lock` runs it. Fills the conda environment from the lock file.
# Snakemake makes the environment anew when this file changes, so it names the lock's content:
# a89b89ed337bf2501ef08f056d9d8633b94f9c4cfc20abf46f350376942d5870
set -e
# Where the lock file is, and what uv is to leave out; the study may be elsewhere.
cd "${FACETALLY_START%workflow/start.py}"
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes \
    --requirement envs/gpu.lock.txt

# Fills the conda environment from the lock file; Snakemake runs this in the study's folder.
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode --require-hashes --requirement envs/gpu.lock.txt

# make study         sets up the environment from the lock file, and runs the study of config.yaml
# make .venv/study   only sets up the environment; then: source .venv/bin/activate
# make gpu           puts ONNX Runtime for NVIDIA GPUs into it
# make parity        compares the fast engine with fer on a video: make parity VIDEO=clip.mp4
# make check         lints and runs the unit tests, in two minutes
# make test          lints and runs all tests but those of clusters
# make test-cluster  runs the demo on a real SLURM and Grid Engine, installed here (Debian, root)
# make site          builds the documentation as a site, build/site/index.html
# make bench         times the engines side by side, in half an hour
# make audit         looks for known vulnerabilities of the locked packages
# make lock          resolves the packages again and pins them
# make clean         removes the environment
#
# All you need is git, make and Python 3.11, 3.12 or 3.13 with venv and pip.

VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9

# How many GPUs there are. Without one it changes nothing.
GPU ?= 1

# The first of these that is a Python the lock file has been made for; PYTHON=... overrides.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	2>/dev/null && echo "$$python" && break; done)

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: help study check test test-cluster style lint gpu parity audit site bench lock clean

# The first target, so that `make` alone runs the study.
study: $(VENV)/study
	@PATH="$$PWD/$(BIN):$$PATH" snakemake --cores all --resources gpu=$(GPU)

help:
	@sed -n 's/^# \(make .*\)/\1/p' $(firstword $(MAKEFILE_LIST))

# What starts neither Snakemake nor a browser, and does without TensorFlow.
check: style
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup \
		-m "not tensorflow and not workflow and not browser and not cluster"

test: lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

# The demo through a real SLURM and a real Grid Engine on this machine. Needs root, and Debian,
# whose packages of both it installs where they are missing.
test-cluster: $(VENV)/dev
	tests/cluster/install_clusters.sh
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup -m cluster tests/cluster

style: $(VENV)/dev
	$(BIN)/ruff check benchmarks docs envs workflow tests
	$(BIN)/ruff format --check benchmarks docs envs workflow tests
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	PYTHONPATH=workflow $(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/codespell

lint: style
	PATH="$$PWD/$(BIN):$$PATH" snakemake --lint

# Puts ONNX Runtime for NVIDIA GPUs, with CUDA, into the environment in place of the other.
gpu: $(VENV)/study
	@$(BIN)/uv pip uninstall --quiet --python $(BIN)/python onnxruntime
	@echo "Installing the packages of envs/gpu.lock.txt into $(VENV) ..."
	@$(INSTALL) --requirement envs/gpu.lock.txt

# How closely the fast engine follows fer and mtcnn: make parity VIDEO="one.mp4 two.mp4"
parity: $(VENV)/study
	@test -n "$(VIDEO)" || { echo "facetally: name a video with make parity VIDEO=clip.mp4" >&2; exit 1; }
	$(BIN)/python benchmarks/parity.py $(VIDEO)

# Known vulnerabilities of the locked packages, from PyPI's database; needs the internet.
audit: $(VENV)/uv
	$(BIN)/uv tool run pip-audit --disable-pip --require-hashes --requirement envs/study.lock.txt

# The same Markdown that a git host shows, as pages with a search that works offline.
site: $(VENV)/dev
	$(BIN)/sphinx-build --quiet --nitpicky --fail-on-warning -d build/doctrees -c docs . build/site
	@echo "Open build/site/index.html in a browser."

# The engines side by side with fer and mtcnn, in half an hour: see benchmarks/README.md.
bench: $(VENV)/dev
	PATH="$$PWD/$(BIN):$$PATH" python benchmarks/engines.py

$(VENV)/uv:
	@test -n "$(PYTHON)" || { echo "facetally: no Python 3.11, 3.12 or 3.13 found; name one with make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# The system's certificates, which include those of a company's own authority. uv has others built
# in, for systems that have none.
ifneq ($(wildcard /etc/ssl/certs/* /etc/pki/tls/certs/* /System/Library/Keychains/*),)
export UV_SYSTEM_CERTS ?= true
endif

# uv does without a cache that cannot be written.
CACHE = $(shell cache="$$($(BIN)/uv cache dir)"; mkdir -p "$$cache" 2>/dev/null && test -w "$$cache" || echo --no-cache)

# Compiled once here: where Python may not keep what it compiles, each job would compile it again.
# Snakemake then starts in 1.4 s instead of 4.4 s, TensorFlow in 5 s instead of 13 s.
INSTALL = $(BIN)/uv pip install --quiet $(CACHE) --python $(BIN)/python --compile-bytecode --require-hashes

$(VENV)/study: envs/study.lock.txt envs/interrupts.py | $(VENV)/uv
	@echo "Installing the packages of $< into $(VENV), which takes a few minutes ..."
	@$(INSTALL) --requirement $<
	@$(BIN)/python envs/interrupts.py
	@touch $@

$(VENV)/dev: envs/dev.lock.txt $(VENV)/study
	@echo "Installing the packages of $< into $(VENV) ..."
	@$(INSTALL) --requirement $<
	@touch $@

# Resolves pyproject.toml again and pins what it finds, for conda too.
lock: | $(VENV)/uv
	$(COMPILE) --upgrade pyproject.toml --output-file envs/study.lock.txt
	$(COMPILE) --upgrade --constraint envs/study.lock.txt --group dev pyproject.toml --output-file envs/dev.lock.txt
	echo "onnxruntime; python_version < '0'" | $(COMPILE) --upgrade --constraint envs/study.lock.txt \
		--override /dev/stdin --extra gpu pyproject.toml --output-file envs/gpu.lock.txt
	$(BIN)/python envs/conda.py

clean:
	rm -rf $(VENV)

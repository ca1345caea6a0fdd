"""Refuse to run a stage of dvc.yaml that leaves out what the study reads, or what it makes.

Runs in the folder of config.yaml and dvc.yaml.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from facetally.errors import FacetallyError
from facetally.study import storyboard
from facetally.study.config import load_study
from facetally.study.config_file import read_config
from facetally.study.dvc_deps import check_deps, check_outs

try:
    study = load_study(read_config(Path("config.yaml")), promised=storyboard.videos())
    check_deps(study)
    check_outs(study)
except FacetallyError as error:
    sys.exit(f"facetally: {error}")

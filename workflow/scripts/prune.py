"""Remove what is left of videos, datasets and detectors that are no longer in the study.

Runs in the folder of config.yaml.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from facetally.errors import FacetallyError
from facetally.study import storyboard
from facetally.study.config import load_study
from facetally.study.config_file import read_config
from facetally.study.prune import outdated, remove

try:
    study = load_study(read_config(Path("config.yaml")), promised=storyboard.videos())
except FacetallyError as error:
    sys.exit(f"facetally: {error}")
for reason, paths in outdated(study).items():
    print(f"Removing {len(paths)} files, because {reason}:", flush=True)
    for path in paths:
        print(f"  {path}", flush=True)
    remove(paths)

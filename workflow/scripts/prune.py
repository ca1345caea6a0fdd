"""Remove the raw FER JSON, pictures, pages and clips of videos that are no longer there.

Runs in the folder of config.yaml. Files of datasets and detectors that config.yaml does not
name stay.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from facetally.errors import FacetallyError
from facetally.study import storyboard
from facetally.study.config import load_study
from facetally.study.config_file import read_config
from facetally.study.prune import prune

try:
    study = load_study(read_config(Path("config.yaml")), promised=storyboard.videos())
except FacetallyError as error:
    sys.exit(f"facetally: {error}")
videos = {name: dataset.videos for name, dataset in study.datasets.items()}
for path in prune(Path("results"), videos, study.detectors):
    print(f"Removed {path}: its video is gone")

# config.yaml, read before Snakemake reads it: of a key that stands there twice it takes the last
# without a word, and its own refusals name no row.

import os
import sys
from pathlib import Path

sys.path.insert(0, f"{workflow.basedir}/workflow")

from facetally.study.config_file import read_config
from facetally.errors import FacetallyError

try:
    for path in ["config.yaml", *(workflow.overwrite_configfiles or [])]:
        if os.path.exists(path):
            read_config(Path(path))
except FacetallyError as error:
    sys.exit(f"facetally: {error}")

"""Remove what is left of videos, datasets and detectors that are no longer in the study.

Runs in the folder of config.yaml, and not while a run of the study is in progress.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from facetally.errors import FacetallyError
from facetally.snakemake_compat.lock import study_locked
from facetally.study import storyboard
from facetally.study.config import load_study
from facetally.study.config_file import read_config
from facetally.study.names import counted
from facetally.study.outputs import everything
from facetally.study.prune import outdated, remove

try:
    study = load_study(read_config(Path("config.yaml")), promised=storyboard.videos())
    with study_locked(everything(study)) as check:
        left_over = outdated(study)
        check()
        for reason, paths in left_over.items():
            print(f"Removing {counted(len(paths), 'file')}, because {reason}:", flush=True)
            for path in paths:
                print(f"  {path}", flush=True)
            remove(paths)
except FacetallyError as error:
    sys.exit(f"facetally: {error}")
except KeyboardInterrupt:
    sys.exit("facetally: stopped on request; the same command removes the rest")

# config.yaml, read before Snakemake reads it: of a key that is given twice Snakemake takes the
# last without a word, and its own refusals name no row.
#
# Snakemake puts the folder of each file that it includes on Python's path. This file is in the
# folder of the package facetally, so from here on all others can import it, and scripts too.

from pathlib import Path

from facetally.run.refusal import refusing
from facetally.snakemake_compat.modules import is_module
from facetally.snakemake_compat.stopping import listen
from facetally.study.config_file import read_config

if not is_module(workflow):
    if workflow.is_main_process:
        listen(workflow)
    for path in map(Path, ["config.yaml", *workflow.overwrite_configfiles]):
        if path.exists():
            with refusing():
                read_config(path)

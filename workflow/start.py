"""Start the script of a rule: python workflow/start.py NAME ARGUMENT ..."""

import sys

try:
    from facetally.run.fork_client import run_script

    name, *arguments = sys.argv[1:]
    run_script(f"{__file__.removesuffix('start.py')}scripts/{name}.py", arguments)
except KeyboardInterrupt:
    sys.exit(130)  # Of Ctrl-C, Snakemake says what there is to say.

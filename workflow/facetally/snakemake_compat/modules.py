"""Whether a Snakefile is read as the module of another.

Upstream: no issue is known. Tried with Snakemake 9.27; tests/workflow/test_modules.py fails
without it. Private to Snakemake is ``Workflow.modifier``.
"""

from typing import Any


def is_module(workflow: Any) -> bool:
    """Say whether another Snakefile takes its rules from the one that is being read.

    The configuration is the other's then, and so are lock, records and hooks.
    """
    return not workflow.modifier.is_main_snakefile()

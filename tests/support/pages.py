"""The pages of the documentation."""

import re

from support.repository import ROOT

PAGES = sorted(
    path
    for pattern in (
        "*.md",
        "benchmarks/*.md",
        "config/*.md",
        "data/*.md",
        "docs/*.md",
        "results/README.md",  # A study writes others there.
    )
    for path in ROOT.glob(pattern)
)

FENCED = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
"""A block of code or output."""

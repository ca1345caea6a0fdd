"""The documentation site, built as `make site` builds it."""

import subprocess
import sys
from pathlib import Path

from support.repository import ROOT


def build_site(folder: Path) -> Path:
    """Build the site into a folder, and return that of its pages.

    Raises:
        AssertionError: with Sphinx's warnings, if there are any.
    """
    command = [sys.executable, "-m", "sphinx", "--quiet", "--nitpicky", "--fail-on-warning"]
    command += ["-d", str(folder / "doctrees"), "-c", "docs", ".", str(folder / "site")]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return folder / "site"

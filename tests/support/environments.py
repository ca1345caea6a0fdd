"""An environment with the packages of this one, in another folder, and nothing installed."""

import shlex
import subprocess
import sysconfig
import venv
from pathlib import Path

from support.repository import ROOT


def linked_environment(folder: Path) -> Path:
    """Make one, with its own Python and ``snakemake``, as ``make`` leaves it; return its ``bin``."""
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    subprocess.run([python, ROOT / "envs" / "interrupts.py"], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    here = sysconfig.get_path("purelib")
    (packages / "linked.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    # Where a path has a blank, pip and uv let a shell start the script, which the system cannot.
    starter = folder / "bin" / "snakemake"
    starter.write_text(
        f"#!/bin/sh\n'''exec' {shlex.quote(str(python))} \"$0\" \"$@\"\n' '''\n"
        "import sys\nfrom snakemake.cli import main\nsys.exit(main())\n"
    )
    starter.chmod(0o755)
    return python.parent

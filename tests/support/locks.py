"""The lock files."""

import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from support.repository import ROOT

# The one that `make` installs: there may not be another.
UV = str(Path(sys.executable).parent / "uv")


def locked(name: str) -> dict[str, list[Requirement]]:
    """Return a lock file's pinned requirements, which may differ between versions of Python."""
    text = (ROOT / "envs" / f"{name}.lock.txt").read_text()
    pins: dict[str, list[Requirement]] = {}
    for pin in re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", text, re.M):
        requirement = Requirement(pin)
        pins.setdefault(requirement.name, []).append(requirement)
    return pins


def pins(name: str) -> list[str]:
    """Return what a lock file pins for the current system and Python."""
    return sorted(
        str(pin).split(";")[0].strip()
        for of_package in locked(name).values()
        for pin in of_package
        if pin.marker is None or pin.marker.evaluate()
    )

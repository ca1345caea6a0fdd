"""The lock files."""

import re

from packaging.requirements import Requirement
from support.repository import ROOT


def locked(name: str) -> dict[str, list[Requirement]]:
    """The pinned requirements of a lock file; one may differ between versions of Python."""
    text = (ROOT / "envs" / f"{name}.lock.txt").read_text()
    pins: dict[str, list[Requirement]] = {}
    for pin in re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", text, re.M):
        requirement = Requirement(pin)
        pins.setdefault(requirement.name, []).append(requirement)
    return pins

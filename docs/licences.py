"""Write docs/licences.md: the packages a study needs, their versions and licences.

    .venv/bin/python docs/licences.py

Both come from the metadata of the installed packages, those of envs/study.lock.txt.
"""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def main() -> None:
    """Write the table."""
    (ROOT / "docs" / "licences.md").write_text(table(), encoding="utf-8")


def table() -> str:
    """Return the page: one row per package of the lock file that is installed here."""
    lock = (ROOT / "envs" / "study.lock.txt").read_text(encoding="utf-8")
    lines = [
        "# Licences",
        "",
        "The packages of `envs/study.lock.txt`, as `docs/licences.py` finds them on Linux.",
        "",
        "| package | version | licence |",
        "|---|---|---|",
    ]
    for name, version in PIN.findall(lock):
        try:
            lines.append(f"| {name} | {version} | {licence(name)} |")
        except PackageNotFoundError:
            continue  # For another system.
    return "\n".join(lines) + "\n"


def licence(package: str) -> str:
    """Return the licence that a package states, from the clearest of three places."""
    stated = metadata(package)
    if expression := stated.get("License-Expression"):
        return str(expression)
    classifiers = [
        value.rsplit(" :: ", 1)[-1]
        for value in stated.get_all("Classifier") or []
        if value.startswith("License ::") and value != "License :: OSI Approved"
    ]
    if classifiers:
        return ", ".join(classifiers)
    first = (stated.get("License") or "").strip().splitlines()
    return first[0][:60] if first else "not stated"


if __name__ == "__main__":
    main()

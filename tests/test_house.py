"""What no linter holds of the package's order: no code in __init__.py, no room without a subject."""

from support.repository import ROOT

PACKAGE = ROOT / "workflow" / "facetally"
MODULES = sorted(PACKAGE.rglob("*.py"))


def test_init_files_are_empty() -> None:
    found = [path for path in MODULES if path.name == "__init__.py"]
    rooms = {path.parent for path in MODULES}
    assert {path.parent for path in found} == rooms
    assert not [path for path in found if path.stat().st_size]


def test_modules_are_named_for_what_they_are_about() -> None:
    names = {part for path in MODULES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert names.isdisjoint({"utils", "util", "helpers", "helper", "common"})

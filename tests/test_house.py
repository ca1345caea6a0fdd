"""What no linter holds of the package's order: no code in __init__.py, no room without a subject."""

import ast
from importlib.util import find_spec

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


def test_what_benchmarks_and_pages_import_is_there() -> None:
    scripts = [*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "docs").glob("*.py")]
    wanted = {
        node.module
        for path in scripts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("facetally.")
    }
    assert "facetally.detect.engine" in wanted
    assert not [module for module in wanted if find_spec(module) is None]

"""Digests of the code that makes an output, which change when its source changes.

Comments, docstrings and layout do not count, so that no result is rebuilt for a change of words.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

WORKFLOW: Final = Path(__file__).parents[2]
"""The folder of ``scripts`` and of this package."""

REGISTRY: Final = "facetally/study/detectors.py"
"""The list of detectors. It does not count, because another detector does not affect the others,
and a job's inputs and parameters determine what it does."""

TEMPLATE_ENGINE: Final = "jinja2"

TEXT_OR_COMMENT: Final = re.compile(rb"""("{3}|'{3}|"|')(?:\\.|(?!\1).)*\1|#[^\n]*""", re.DOTALL)
"""A string, in which # does not begin a comment, or a comment. Python's own tokenizer would take
fifteen times as long, and every start of the workflow waits for this."""


@cache
def code_digest(*scripts: str) -> str:
    """Return a digest of scripts and of all modules of this package that they use.

    Absolute and relative imports are followed anywhere in a module, and each module counts with
    the ``__init__`` of its packages. If one of them uses Jinja2, the templates beside it count
    unchanged.

    Args:
        scripts: names in ``workflow/scripts``, without extension.
    """
    return digest_of(WORKFLOW, *map(_script, scripts), without=REGISTRY)


@cache
def detection_digest(detector: str) -> str:
    """Return the digest of the code that makes raw FER JSON.

    Args:
        detector: the detector's name, by which its module is loaded.
    """
    return digest_of(
        WORKFLOW,
        *map(_script, ("sample_frames", "export_models", "detect_emotions")),
        f"facetally/detect/{detector}.py",
        without=REGISTRY,
    )


def _script(name: str) -> str:
    return f"scripts/{name}.py"


def digest_of(root: Path, *sources: str, without: str = "") -> str:
    """Return a digest of some Python files and of everything they import from the same folder.

    Args:
        root: the folder from which modules are imported.
        sources: paths of the files, relative to ``root``.
        without: the path of a file that does not count.
    """
    found: dict[str, bytes] = {}
    waiting = list(sources)
    while waiting:
        name = waiting.pop()
        if name in found or name == without:
            continue
        found[name], uses = _read(root, name)
        waiting += uses
    digest = hashlib.sha256()
    for name, content in sorted(found.items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:16]


@cache
def _read(root: Path, name: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the part of a file that counts, and the files that it uses."""
    source = (root / name).read_bytes()
    if not name.endswith(".py"):
        return source, ()
    statements = _statements(ast.parse(source))
    return _without_words(source, statements), tuple(dict.fromkeys(_uses(root, name, statements)))


def _statements(tree: ast.Module) -> list[ast.AST]:
    """Return all statements of a file, at any depth; most of a tree is expressions."""
    found: list[ast.AST] = [tree]
    for node in found:  # The list grows in the loop.
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            found += getattr(node, part, ())
    return found


def _without_words(source: bytes, statements: Iterable[ast.AST]) -> bytes:
    """Return a source without comments, docstrings and empty lines.

    This returns the remaining text, not the parsed tree, whose dump differs between versions of
    Python, because a study may be cloned to a machine with another version.
    """
    lines = TEXT_OR_COMMENT.sub(_without_comment, source).splitlines()
    for node in statements:
        if isinstance(node, ast.Expr) and _is_text(node.value):
            first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            rest = lines[last][node.end_col_offset or 0 :]
            lines[first] = lines[first][: node.col_offset]
            lines[first + 1 : last + 1] = [b""] * (last - first)
            lines[last] += rest
    return b"\n".join(line.rstrip() for line in lines if line.strip())


def _without_comment(found: re.Match[bytes]) -> bytes:
    return b"" if found[0].startswith(b"#") else found[0]


def _is_text(value: ast.expr) -> bool:
    """Return whether a statement with this value is documentation: only a string."""
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _uses(root: Path, name: str, statements: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the modules and templates below ``root`` that a file uses anywhere in it."""
    package = name.split("/")[:-1]
    for node in statements:
        if isinstance(node, ast.ImportFrom):
            up = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*up, *filter(None, [node.module])])
            modules = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            if module.split(".")[0] == TEMPLATE_ENGINE:
                templates = (root / name).parent.joinpath("templates").glob("*")
                yield from (str(path.relative_to(root)) for path in templates)
            yield from _files_of(root, module)


@cache
def _files_of(root: Path, module: str) -> tuple[str, ...]:
    """Return the file of a module, and the ``__init__`` of each package above it."""
    parts = module.split(".")
    packages = ("/".join([*parts[:end], "__init__.py"]) for end in range(1, len(parts) + 1))
    return tuple(name for name in ("/".join(parts) + ".py", *packages) if (root / name).is_file())

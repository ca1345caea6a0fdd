"""Digests of the code that makes an output, which change when its source changes.

Comments, docstrings and layout do not count, so that no result is rebuilt for a change of words.
Nor do modules on which no result depends, which are listed here one by one: what is not listed
counts as soon as it is imported.
"""

import ast
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from facetally.study.detectors import NETWORKS_OF

WORKFLOW: Final = Path(__file__).parents[2]
"""The folder of ``scripts`` and of this package."""

WITHOUT_EFFECT: Final = {
    "facetally/errors.py": "the kinds of errors",
    "facetally/files.py": "that a file appears whole or not at all, and messages",
    "facetally/run/__init__.py": "nothing",
    "facetally/run/job.py": "a job's log, and its errors in one line",
    "facetally/run/lifetime.py": "that a job ends with its run",
    "facetally/run/progress.py": "lines about a running video",
    "facetally/run/terminal.py": "what a person sees of a job",
    # Inputs and parameters determine what a job does, and a detector does not affect the others.
    "facetally/study/detectors.py": "the list of detectors",
}
"""Modules on which no result depends, and what they determine instead. A change there rebuilds
nothing, so keep what a result could depend on out of them."""

WITHOUT_EFFECT_ON_FACES: Final = WITHOUT_EFFECT | {
    "facetally/detect/device.py": "the processor or GPU that the engine fer uses",
    "facetally/detect/environment.py": "whether packages are complete",
    "facetally/study/names.py": "how messages show names",
}
"""The same for jobs from videos to raw FER JSON. More of a table depends on such modules."""

WITHOUT_EFFECT_ON_FRAMES: Final = {
    "facetally/video/cuts.py": "where shots begin, which only a video's status says",
}
"""What sampling makes besides the frames: it is made again, but no face is detected again."""

SAMPLING: Final = "facetally/video/sampling.py"
EXPORT: Final = "facetally/detect/export.py"
DETECTION: Final = "facetally/faces/detection.py"
REFERENCE: Final = "facetally/detect/reference.py"

STEPS: Final = {"sample_frames": SAMPLING, "export_models": EXPORT}
"""Scripts that only name files and settings, and the module that does their work."""

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
    steps = [STEPS[name] for name in scripts if name in STEPS]
    if steps:
        return digest_of(WORKFLOW, *steps, without=WITHOUT_EFFECT_ON_FACES)
    return digest_of(WORKFLOW, *map(_script, scripts), without=WITHOUT_EFFECT)


@cache
def detection_digest(detector: str, engine: str) -> str:
    """Return the digest of the code that determines a detector's raw FER JSON.

    Args:
        detector: the detector's name, by which its module is loaded.
        engine: ``onnx`` or ``fer``.
    """
    return digest_of(
        WORKFLOW, *detection_sources(detector, engine), without=unused(detector, engine)
    )


def detection_sources(detector: str, engine: str) -> list[str]:
    """Return the files from which all code that determines a detector's faces is imported."""
    module = REFERENCE if engine == "fer" else _detector(detector)
    return [SAMPLING, EXPORT, DETECTION, module]


def unused(detector: str, engine: str) -> set[str]:
    """Return the files that may be imported by a detector's jobs, but do not affect its faces."""
    without = {*WITHOUT_EFFECT_ON_FACES, *WITHOUT_EFFECT_ON_FRAMES}
    if engine != "fer":
        return {*without, REFERENCE}
    # The packages' detectors are in one module, and are started by it one at a time.
    others = {_detector(each) for each in NETWORKS_OF if each != detector}
    return {*without, *others}


def _detector(name: str) -> str:
    return f"facetally/detect/{name}.py"


def _script(name: str) -> str:
    return f"scripts/{name}.py"


def digest_of(root: Path, *sources: str, without: Collection[str] = ()) -> str:
    """Return a digest of some Python files and of everything they import from the same folder.

    Args:
        root: the folder from which modules are imported.
        sources: paths of the files, relative to ``root``.
        without: the paths of files that do not count, nor what only they import.
    """
    digest = hashlib.sha256()
    for name, content in sorted(what_counts(root, sources, without).items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:16]


def what_counts(
    root: Path, sources: Iterable[str], without: Collection[str] = ()
) -> dict[str, bytes]:
    """Return the files that :func:`digest_of` covers, and the part of each that counts."""
    found: dict[str, bytes] = {}
    modules = (name.removesuffix(".py").replace("/", ".") for name in sources)
    waiting = [name for module in modules for name in _files_of(root, module)]
    while waiting:
        name = waiting.pop()
        if name not in found and name not in without:
            found[name], uses = _read(root, name)
            waiting += uses
    return found


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

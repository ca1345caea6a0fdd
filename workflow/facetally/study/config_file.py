"""config.yaml as a file: faults that Snakemake would accept, or refuse without saying where.

Imports only the standard library and what Snakemake itself needs, so that the workflow can be
parsed (and linted) where nothing but Snakemake is installed.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor

from facetally.errors import ConfigError
from facetally.study.names import shown

MERGE: Final = "tag:yaml.org,2002:merge"
LONGEST_VALUE: Final = 80
LARGEST: Final = 100_000
"""The most values in a configuration, where those repeated by aliases count each time."""

NAMES: Final = {"datasets": "dataset name", "label_names": "label"}
"""Keys within which users choose the names, and what to call such a name in a message."""

SNAKEMAKES_OWN: Final = ("__use_yte__", "pathvars")
"""Keys that Snakemake acts on: the first makes the file a template, whose Python it runs."""


def read_config(path: Path) -> dict[str, Any]:
    """Read a configuration file, refusing obvious mistakes.

    Raises:
        ConfigError: as in :func:`read_mapping`, or if a key is for Snakemake.
    """
    config = read_mapping(path, "datasets", "name your videos in it, as the README shows")
    for key in SNAKEMAKES_OWN:
        if key in config:
            raise ConfigError(
                f"{shown(str(path))}: key '{key}' is for Snakemake, not for a study; remove it"
            )
    return config


def read_mapping(path: Path, first: str, way_out: str) -> dict[str, Any]:
    """Read a YAML or JSON file of keys and values.

    Args:
        path: the file.
        first: a key that it must have, to show users how to begin.
        way_out: what to do about an empty file.

    Raises:
        ConfigError: if the file cannot be read or is neither YAML nor JSON, or if it has no keys
            at the top level, a key twice, a tag, an endless or huge value, or a dataset whose
            name YAML changes.
    """
    title = shown(str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{title}: is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{title}: cannot be read ({error.strerror})") from None
    try:
        config = _parsed(title, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        row = f", row {mark.line + 1}" if mark else ""
        tab = "; indent with spaces, not tabs" if "\\t" in str(error.problem) else ""
        problem = shown(str(error.problem or error.context))
        raise ConfigError(f"{title}{row}: is not YAML ({problem}){tab}") from None
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{title}: is not YAML ({shown(' '.join(str(error).split()))})"
        ) from None
    except RecursionError:
        raise ConfigError(f"{title}: its values are nested too deep") from None
    if config is None:
        raise ConfigError(f"{title}: is empty; {way_out}")
    if not isinstance(config, dict):
        raise ConfigError(f"{title}: has no keys; begin it with '{first}:'")
    return config


def _parsed(title: str, text: str) -> Any:
    try:
        # Snakemake tries JSON first too. It may have tabs, which YAML refuses.
        return json.loads(text, object_pairs_hook=lambda pairs: _once(title, pairs))
    except ValueError:
        pass  # It is YAML, or JSON with a number that YAML cannot read either, but can locate.
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is not None:
        _check(title, root, {}, set())
        _check_names(title, root)
    return yaml.safe_load(text)


def _once(title: str, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ConfigError(f"{title}: key '{shown(key)}' is given twice; remove one")
        found[key] = value
    return found


def _check(title: str, node: yaml.Node, sizes: dict[int, int], above: set[int]) -> int:
    """Refuse tags, keys that are given twice, and values without an end; return the size."""
    row = node.start_mark.line + 1
    if id(node) in above:
        raise ConfigError(f"{title}, row {row}: a value contains itself; write it out")
    if id(node) in sizes:
        return sizes[id(node)]
    if node.tag not in (*yaml.SafeLoader.yaml_constructors, MERGE):
        tag = shown(node.tag.replace("tag:yaml.org,2002:", "!!"))
        raise ConfigError(f"{title}, row {row}: tag {tag} cannot be used; remove it")
    if isinstance(node, yaml.ScalarNode):
        _value(title, node)
    if isinstance(node, yaml.MappingNode):
        _check_keys(title, node)
        inner = [child for pair in node.value for child in pair]
    else:
        inner = node.value if isinstance(node, yaml.SequenceNode) else []
    sizes[id(node)] = 1 + sum(_check(title, child, sizes, above | {id(node)}) for child in inner)
    if sizes[id(node)] > LARGEST:
        raise ConfigError(f"{title}, row {row}: more than {LARGEST} values; write fewer")
    return sizes[id(node)]


def _value(title: str, node: yaml.ScalarNode) -> Any:
    """Return the value of a word or number, refusing one that cannot be read."""
    if node.tag == MERGE:
        return node.value
    try:
        return SafeConstructor().construct_object(node)
    except ValueError:
        raise ConfigError(
            f"{title}, row {node.start_mark.line + 1}: {shown(node.value, LONGEST_VALUE)} is "
            f"not a valid {node.tag.rpartition(':')[2]}; correct it or put it in quotes"
        ) from None


def _check_keys(title: str, node: yaml.MappingNode) -> None:
    rows: dict[str, int] = {}
    for key, _ in node.value:
        row = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"{title}, row {row}: a key is not a word; put it in quotes")
        if key.value in rows:
            raise ConfigError(
                f"{title}, row {row}: key '{shown(key.value)}' is given twice, "
                f"in row {rows[key.value]} too; remove one"
            )
        rows[key.value] = row


def _check_names(title: str, root: yaml.Node) -> None:
    """Refuse names that are not what they look like: 0123 is 83, yes is true."""
    if not isinstance(root, yaml.MappingNode):
        return
    for key, named in root.value:
        if key.value in NAMES and isinstance(named, yaml.MappingNode):
            for name, _ in named.value:
                read = str(_value(title, name))
                if read != name.value:
                    raise ConfigError(
                        f"{title}, row {name.start_mark.line + 1}: {NAMES[key.value]} "
                        f"{shown(name.value)} is read as {shown(read)}; put it in quotes"
                    )

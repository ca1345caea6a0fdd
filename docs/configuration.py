"""Write the tables of config/README.md from the schema of config.yaml.

    .venv/bin/python docs/configuration.py

The page keeps its order and its prose. A row that begins with a key gets that key's type, default,
meaning (``description``) and example (``x-example``, a keyword of this project's own).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "config" / "README.md"
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
ROW = re.compile(r"^\| `([\w.]+)` \|.*$", re.MULTILINE)

KINDS = {
    "array": "list",
    "integer": "integer",
    "boolean": "yes or no",
    "number": "number",
    "object": "mapping",
    "string": "text",
}
"""What the page calls the types of JSON Schema."""


def main() -> None:
    """Write the page again."""
    rows = table(yaml.safe_load(SCHEMA.read_text("utf-8")))
    PAGE.write_text(written(PAGE.read_text("utf-8"), rows), encoding="utf-8")


def written(page: str, rows: Mapping[str, str]) -> str:
    """Return a page with its rows replaced.

    Raises:
        KeyError: if the page has a key that is not in the schema.
    """
    return ROW.sub(lambda row: rows[row[1]], page)


def table(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the row of each key: ``| key | type | default | meaning | example |``."""
    keys = {}
    for key, entry in schema["properties"].items():
        if "x-example" in entry:
            keys[key] = entry
        else:  # Its own keys have rows instead.
            keys |= {f"{key}.{name}": own for name, own in entry["properties"].items()}
    dataset = keys["datasets"]["additionalProperties"]
    keys |= {f"datasets.NAME.{name}": entry for name, entry in dataset["properties"].items()}
    needed = {*schema["required"], *(f"datasets.NAME.{name}" for name in dataset["required"])}
    return {key: _row(key, entry, key in needed) for key, entry in keys.items()}


def _row(key: str, entry: Mapping[str, Any], needed: bool) -> str:
    kind = entry.get("type", [])
    kind = "one of" if "enum" in entry else KINDS[kind if isinstance(kind, str) else kind[0]]
    default = entry.get("default")
    text = yaml.safe_dump(default, default_flow_style=True).removesuffix("...\n").strip()
    named = {type(None): "needed" if needed else "none", int: text}
    if isinstance(default, dict):
        named[dict] = ", ".join(f"`{name}`" for name in default)
    cells = (f"`{key}`", kind, named.get(type(default), f"`{text}`"))
    return f"| {' | '.join(cells)} | {entry['description']} | {entry['x-example']} |"


if __name__ == "__main__":
    main()

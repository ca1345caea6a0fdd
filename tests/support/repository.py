"""The files of this repository that tests read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def documented(heading: str) -> dict[str, str]:
    """Return the table below a heading of docs/hostile_input.md: what happens, by case."""
    text = (ROOT / "docs" / "hostile_input.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line[2:-2].split(" | ", 1) for line in section.splitlines() if line[:1] == "|"]
    return dict(rows[2:])

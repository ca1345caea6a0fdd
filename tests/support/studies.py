"""Studies as their users write them."""

from pathlib import Path

import yaml


def write_config(folder: Path, **config: object) -> None:
    """Write a study's config.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

"""The documentation site: Sphinx on the same Markdown that a git host shows; see make site."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]

project = "facetally"
author = copyright = "The facetally developers"  # noqa: A001, Sphinx's name for it
release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx_external_toc"]
external_toc_path = "docs/toc.yml"
# Not results/*.md: a study writes pages there.
include_patterns = [f"{folder}*.md" for folder in ("", "benchmarks/", "config/", "data/", "docs/")]
include_patterns.append("results/README.md")
exclude_patterns = [".*"]

myst_enable_extensions = ["html_image"]
# Links to headings work as they do on a git host.
myst_heading_anchors = 4

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"facetally {release}"
html_copy_source = False
# Summaries are fetched, which browsers refuse for pages opened as files.
html_show_search_summary = False
html_show_sphinx = False

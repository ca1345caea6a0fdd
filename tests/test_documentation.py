"""The documentation is consistent: links work, and the first page stays short."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from support.pages import FENCED, PAGES
from support.repository import ROOT
from support.site import build_site

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / unquote(name) if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_page_is_reached_from_the_first() -> None:
    seen = {ROOT / "README.md"}
    todo = list(seen)
    while todo:
        page = todo.pop()
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.exists() and target not in seen:
                seen.add(target)
                todo.append(target)
    assert {page for page in PAGES if page not in seen} == set()


def test_the_first_page_is_short() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 170
    assert max(map(len, re.sub(r"^\|.*$", "", text, flags=re.M).splitlines())) <= 125


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """Sphinx checks all links between pages, too."""
    site = build_site(tmp_path)
    built = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    made_by_sphinx = {Path("genindex"), Path("index"), Path("search")}
    assert built - made_by_sphinx == {page.relative_to(ROOT).with_suffix("") for page in PAGES}


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == project["version"]
    releases = re.findall(r"^## (\S+) - (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert releases[0] == (citation["version"], citation["date-released"])


def test_the_citation_names_what_a_study_builds_on() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    titles = " ".join(one["title"] for one in citation["references"])
    for name in ("fer", "MTCNN", "Boosted Cascade", "CenterFace", "Emotion and Gender", "Dlib"):
        assert name in titles
    assert all(one["authors"] for one in citation["references"])

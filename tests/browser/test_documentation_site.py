"""The documentation site, opened as files in a browser without a network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from support.site import build_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("documentation"))


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_context(offline=True).new_page()


def test_a_search_finds_a_key_of_the_configuration(site: Path, page: Page) -> None:
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/README.html")
    page.get_by_role("textbox", name="Search").fill("every_nth_frame")
    page.get_by_role("textbox", name="Search").press("Enter")
    page.locator("ul.search a", has_text="config.yaml").first.click()
    assert page.url.partition("?")[0].endswith("/config/README.html")
    assert page.locator("code", has_text="every_nth_frame").count()
    assert failed == []


def test_each_page_is_in_the_menu_of_the_first(site: Path, page: Page) -> None:
    page.goto((site / "README.html").as_uri())
    listed = page.locator(".sidebar-tree a").evaluate_all("all => all.map(one => one.href)")
    pages = {path.as_uri() for path in site.rglob("*.html")}
    made_by_sphinx = {(site / f"{name}.html").as_uri() for name in ("genindex", "index", "search")}
    readme = {(site / "README.html").as_uri()}
    assert {link.partition("#")[0] for link in listed} >= pages - made_by_sphinx - readme

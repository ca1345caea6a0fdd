"""The browser that pages are opened in."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        assert "CI" not in os.environ, "no Chromium to test pages in"
        pytest.skip("no Chromium to test pages in")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def loose(browser: Browser) -> Iterator[Callable[[Path], Page]]:
    """A function that opens a page whose videos are missing, which the console reports."""
    contexts = []

    def open_page(path: Path) -> Page:
        contexts.append(browser.new_context(accept_downloads=True))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()

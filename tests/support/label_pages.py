"""Pages for labelling, and what a rater does on them."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from facetally.emotions import CLASS_OF
from facetally.report.label import label_page
from playwright.sync_api import Page, expect


def type_name(page: Page, rater: str) -> None:
    """Type a name at the cursor once the page is drawn, as people do."""
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    page.keyboard.type(rater)
    expect(page.locator("#rater")).to_have_value(rater)


def begin(page: Page, rater: str) -> None:
    """Type a name at the cursor, and start."""
    type_name(page, rater)
    page.keyboard.press("Enter")


def name_shown(page: Page) -> str:
    """Show the name of the current video, and hide it again."""
    page.keyboard.press("n")
    name = page.locator("#file-name").inner_text()
    page.keyboard.press("n")
    return name


def saved(page: Page) -> tuple[str, str]:
    """Save with a key; return the file's name and content."""
    with page.expect_download() as download:
        page.keyboard.press("s")
    return download.value.suggested_filename, download.value.path().read_bytes().decode()


def violations(page: Page) -> list[str]:
    return [f"{one['id']}: {one['help']}" for one in Axe().run(page).response["violations"]]


def page_of(
    folder: Path, names: list[str], seed: int = 1, video: str = "absent.mp4", **changed: object
) -> Path:
    """Write a page of videos that do not exist, or that are all the same one."""
    clips = dict.fromkeys(names, video)
    settings = {"mapping": CLASS_OF, "seed": seed, "sound": True, "unshown": []} | changed
    path = folder / f"page{seed}.html"
    path.write_text(label_page("d", clips, **settings), encoding="utf-8")  # type: ignore[arg-type]
    return path

"""Take the README's screenshots of the demo's report: docs/report-*.png.

    make study && .venv/bin/python docs/screenshots.py

Needs Chromium and the development packages (make .venv/dev).
"""

import shutil
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "results" / "report" / "index.html"


def main() -> None:
    """Open the report and write the pictures."""
    chromium = shutil.which("chromium")
    if chromium is None or not REPORT.exists():
        sys.exit("docs/screenshots.py needs chromium and the demo's report: make study")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = opened(browser.new_page(viewport={"width": 1440, "height": 820}))
        save(page, "overview")
        show(page, "pair/demo_small_faces/haar/mtcnn", "xpath=h4")
        save(page, "disagreements", height=300)
        chart = page.locator('[data-chart="timeline/demo_large_faces/haar/hopper"]')
        chart.scroll_into_view_if_needed()
        show(page, "timeline/demo_large_faces/haar/hopper", "h4")
        box = chart.bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
        for step in range(2):
            page.mouse.move(box["x"] + box["width"] * 0.45 + step, box["y"] + 90)
        page.wait_for_timeout(500)
        save(page, "video", height=700)
        phone = browser.new_page(
            viewport={"width": 390, "height": 820}, color_scheme="dark", device_scale_factor=1
        )
        show(opened(phone), "overview", "h2")
        save(phone, "phone")
        browser.close()


def opened(page: Page) -> Page:
    """Open the report and wait until it is fully drawn."""
    page.goto(REPORT.as_uri())
    page.wait_for_function(
        "() => facetally.table && [...document.querySelectorAll('[data-chart]')]"
        ".every((chart) => 'drawn' in chart.dataset || !chart.offsetWidth)"
    )
    return page


def show(page: Page, name: str, heading: str) -> None:
    """Scroll a heading of a section to the top of the screen."""
    part = page.locator(f'[id="{name}"]').locator(heading).first
    part.evaluate("(part) => scrollTo(0, part.getBoundingClientRect().top + scrollY - 12)")
    page.wait_for_timeout(500)


def save(page: Page, name: str, height: int | None = None) -> None:
    """Save the screen, or its upper part, as a picture."""
    picture = Image.open(BytesIO(page.screenshot()))
    if height:
        picture = picture.crop((0, 0, picture.width, height))
    picture.convert("RGB").save(ROOT / "docs" / f"report-{name}.png", optimize=True)


if __name__ == "__main__":
    main()

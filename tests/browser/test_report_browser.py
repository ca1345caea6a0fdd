"""The demo's report in a browser, opened from disk: what a person sees, hears and can reach."""

import base64
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from facetally.emotions import EMOTIONS
from facetally.study.people import Turn
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from support.snakemake_runs import snakemake
from support.tables import (
    ANGRY,
    HAPPY,
    HOSTILE,
    SAD,
    Tables,
    faces_of,
    people_of_dataset,
    study_tables,
)

GREY_JPEG = base64.b64encode(
    cv2.imencode(".jpg", np.full((144, 144, 3), 128, np.uint8))[1].tobytes()
).decode()
RUNS = [
    ("demo_large_faces", "haar"),
    ("demo_large_faces", "mtcnn"),
    ("demo_small_faces", "haar"),
    ("demo_small_faces", "mtcnn"),
]
CHARTED = """
() => [...document.querySelectorAll('[data-chart]')].filter((place) => place.offsetWidth)
    .every((place) => 'drawn' in place.dataset)
"""
"""All charts that have a width are drawn."""

DATA = """
(name) => {
    const view = facetally.views.get(name);
    return Object.keys(view._runtime.data)
        .filter((table) => /^(source_|data_|data-|timeline)/.test(table))
        .map((table) => view.data(table).map((row) => ({...row})));
}
"""
"""The tables of a chart as it is drawn."""


WITHOUT_CSV = re.compile("^person/|^course/|/people_compared$")
"""Figures whose data are in the table of people and in that over time."""


@pytest.fixture(scope="module")
def results(demo_study: tuple[Path, str]) -> Path:
    return demo_study[0] / "results"


class Shown:
    """The report in its own page, with what the page requested and logged."""

    def __init__(self, browser: Browser, results: Path) -> None:
        self.page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        self._asked: list[str] = []
        self._told: list[str] = []
        self.page.on("request", lambda request: self._asked.append(request.url))
        self.page.on("console", lambda message: complain(message, self._told))
        self.page.on("pageerror", lambda error: self._told.append(str(error)))
        self._address = (results / "report" / "index.html").as_uri()
        self.page.goto(self._address)
        self.page.wait_for_function(CHARTED)
        self.page.wait_for_function("() => facetally.table")

    def check(self) -> None:
        """Check that the page has requested nothing and logged nothing."""
        # Besides itself, the page only requests clips that may have been made since.
        asked = [url for url in self._asked if "/results/annotated/" not in url]
        assert asked == [self._address]
        assert self._told == []


@pytest.fixture
def page(browser: Browser, results: Path) -> Iterator[Page]:
    """The report, opened for a test that changes what it shows."""
    shown = Shown(browser, results)
    yield shown.page
    shown.page.close()
    shown.check()


@pytest.fixture(scope="module")
def kept(browser: Browser, results: Path) -> Iterator[Callable[[str, int], Shown]]:
    """Open the report once per colour scheme and width, since drawing its charts takes long."""
    opened: dict[tuple[str, int], Shown] = {}

    def show(scheme: str, width: int) -> Shown:
        if (scheme, width) not in opened:
            page = opened.setdefault((scheme, width), Shown(browser, results)).page
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(500)
        return opened[scheme, width]

    yield show
    for shown in opened.values():
        shown.page.close()


@pytest.fixture
def look(kept: Callable[[str, int], Shown]) -> Iterator[Callable[[str, int], Page]]:
    """A function that returns the opened report, for tests that only look at it."""
    looked_at: list[Shown] = []

    def at(scheme: str, width: int) -> Page:
        looked_at.append(kept(scheme, width))
        return looked_at[-1].page

    yield at
    for shown in looked_at:
        shown.check()


@pytest.fixture
def seen(look: Callable[[str, int], Page]) -> Page:
    """The report, opened before, for a test that only looks at it."""
    return look("light", 1280)


def opened(browser: Browser, path: Path) -> tuple[Page, list[str]]:
    """Open a report; return the page, and a list of what it logs."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: complain(message, said))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_function("() => facetally.table")
    page.wait_for_function(CHARTED)
    return page, said


def complain(message: ConsoleMessage, said: list[str]) -> None:
    """Keep console messages, except for annotated clips that have not been made."""
    if "/annotated/" not in message.location["url"]:
        said.append(message.text)


def charted(page: Page, name: str, column: str) -> list[dict[str, Any]]:
    """The rows of a chart's table that has a column."""
    return next(rows for rows in page.evaluate(DATA, name) if rows and column in rows[0])


def test_every_chart_is_drawn_and_none_is_empty(page: Page) -> None:
    charts = page.locator("[data-chart]")
    page.evaluate(
        "document.querySelectorAll('details.person').forEach((one) => (one.open = true))"
    )
    page.wait_for_function(CHARTED)
    # Shares and people side by side, then six people's; accuracy; confidence for each dataset; six
    # for each run, with a sentence instead for full coverage; two detectors on each dataset;
    # timelines of six videos.
    assert charts.count() == 2 + 4 + 2 * 6 + 2 + 2 + 2 * 5 + 2 * 6 + 2 + 2 * 6
    for chart in charts.all():
        assert chart.locator(
            "svg .mark-rect path, svg .mark-symbol path, svg .mark-line path"
        ).count()


@pytest.mark.parametrize("run", RUNS)
def test_charts_of_a_run_have_the_data_of_its_tables(
    seen: Page, results: Path, run: tuple[str, str]
) -> None:
    path = "/".join(run)
    labels = pl.read_csv(results / "plots" / "confusion" / f"{path}.csv")
    for row in charted(seen, f"{path}/confusion", "golden"):
        same = (labels["golden"] == row["golden"]) & (labels["predict"] == row["predict"])
        assert row["videos"] == same.sum()
    shares = dict(pl.read_csv(results / "plots" / "emotions" / f"{path}.csv").rows())
    shown = {row["emotion"]: row["share"] for row in charted(seen, f"{path}/emotions", "share")}
    assert shown == shares

    counts = pl.read_csv(results / "counts" / f"{path}.csv")
    balance = charted(seen, f"{path}/classes", "label")
    for which, column in (("your label", "golden"), ("predicted", "predict")):
        labels = counts[column].fill_null("none").to_list()
        found = {row["label"]: row["videos"] for row in balance if row["which"] == which}
        assert found == {label: labels.count(label) for label in ("Pos", "Neg", "Neut", "none")}
    if run[0] == "demo_large_faces":
        caption = seen.locator(f'[id="{path}/coverage"]').inner_text()
        assert "A face was found in 21 of 21 sampled frames (100.0%)" in caption
        assert seen.locator(f'[data-chart="{path}/coverage"]').count() == 0
    else:
        coverage = charted(seen, f"{path}/coverage", "coverage")
        assert sum(row["videos"] for row in coverage) == counts.height
    faces = pl.read_parquet(results / "faces" / f"{path}.parquet")
    heights = charted(seen, f"{path}/face_heights", "height")
    assert sum(row["frames"] for row in heights) == faces.filter(pl.col("face") == 0).height


def test_the_accuracy_chart_and_table_are_summary_csv(seen: Page, results: Path) -> None:
    every = pl.read_csv(results / "summary.csv")
    summary = every.filter(method="majority").to_dicts()
    shown = charted(seen, "accuracy", "run")
    for wanted, row in zip(summary, shown, strict=True):
        assert row["run"] == f"{wanted['dataset']}, {wanted['detector']}"
        for measure in ("accuracy", "accuracy_low", "accuracy_high", "majority_baseline"):
            assert row[measure] == wanted[measure]
    lines = seen.locator("#summary tbody").first.locator("tr").all_inner_texts()
    for wanted, line in zip(summary, lines, strict=True):
        assert f"{wanted['accuracy']:.2%}" in line
        assert f"{wanted['accuracy_low']:.1%} to {wanted['accuracy_high']:.1%}" in line
        assert f"{wanted['majority_baseline']:.1%}" in line
    methods = charted(seen, "methods", "run")
    assert [row["accuracy"] for row in methods] == every["accuracy"].to_list()
    lines = seen.locator("#methods-table tbody tr").all_inner_texts()
    for wanted, line in zip(every.to_dicts(), lines, strict=True):
        assert line.split("\t")[:3] == [wanted["dataset"], wanted["method"], wanted["detector"]]
        assert f"{wanted['accuracy']:.2%}" in line
        assert f"{wanted['grouped_low']:.1%} to {wanted['grouped_high']:.1%}" in line
    paper = seen.locator("#summary tr.paper").all_inner_texts()
    assert [re.search(r"\d\d\.\d\d%", line)[0] for line in paper] == [
        "53.94%", "60.05%", "57.75%", "55.35%",
    ]  # fmt: skip


def test_timelines_have_the_scores_of_the_first_faces(seen: Page, results: Path) -> None:
    faces = pl.read_parquet(results / "faces" / "demo_small_faces" / "mtcnn.parquet")
    first = faces.filter(pl.col("video") == "hopper_in_company", pl.col("face") == 0)
    shown = charted(seen, "timeline/demo_small_faces/mtcnn/hopper_in_company", "neutral")
    assert [row["frame"] for row in shown] == first["frame"].to_list()
    for row, wanted in zip(shown, first.iter_rows(named=True), strict=True):
        assert [row[name] for name in ("time", *EMOTIONS)] == [
            wanted[name] for name in ("time", *EMOTIONS)
        ]
    segments = pl.read_csv(results / "segments" / "demo_small_faces" / "mtcnn.csv")
    spans = charted(seen, "timeline/demo_small_faces/mtcnn/hopper_in_company", "predict")
    of_video = segments.filter(pl.col("filename") == "hopper_in_company")
    assert [span["predict"] for span in spans] == of_video["predict"].to_list()


def test_the_pointer_over_a_timeline_shows_time_and_scores(page: Page, results: Path) -> None:
    chart = page.locator('[data-chart="timeline/demo_large_faces/haar/collins"]')
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    page.mouse.move(box["x"] + box["width"] / 2 + 2, box["y"] + 102)
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_be_visible()
    said = dict(row.inner_text().split("\t", 1) for row in tooltip.locator("tr").all())
    faces = pl.read_parquet(results / "faces" / "demo_large_faces" / "haar.parquet")
    frame = faces.row(
        by_predicate=(pl.col("video") == "collins") & (pl.col("frame") == int(said["frame"])),
        named=True,
    )
    assert float(said["time, s"]) == pytest.approx(frame["time"], abs=0.005)
    for emotion in EMOTIONS:
        assert float(said[emotion]) == pytest.approx(frame[emotion], abs=0.00005)


def rows_shown(page: Page) -> list[str]:
    return page.locator("#video-table tbody tr td:first-child").all_inner_texts()


def test_videos_are_searched_and_sorted(page: Page) -> None:
    assert len(rows_shown(page)) == 7
    about = page.locator("#video-table_info")
    expect(about).to_have_text("1 to 7 of 7 videos")
    page.get_by_label("Search videos:").fill("coffee")
    expect(about).to_have_text("1 to 1 of 1 video (of 7)")
    page.get_by_label("Search videos:").fill("hopper")
    assert sorted(rows_shown(page)) == ["hopper", "hopper_in_company"]
    page.get_by_label("Search videos:").fill("nothing like that")
    expect(page.locator("#video-table tbody")).to_contain_text("No videos match")
    page.get_by_label("Search videos:").fill("")
    header = page.locator("#video-table thead th").filter(has_text="haar: face, px").first
    header.click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    assert rows_shown(page)[0] == "coffee"
    header.click()
    expect(header).to_have_attribute("aria-sort", "descending")
    assert rows_shown(page)[0] == "delegate"


def test_sorting_works_from_the_keyboard(page: Page) -> None:
    header = page.locator("#video-table thead th").first
    header.locator("[tabindex], button").first.focus()
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    assert rows_shown(page) == sorted(rows_shown(page))


def test_a_videos_name_leads_to_its_section(page: Page) -> None:
    section = page.locator('details[id="video/demo_small_faces/heckler"]')
    section.locator("summary").first.click()
    expect(section).not_to_have_attribute("open", "")
    page.locator("#video-table").get_by_role("link", name="heckler").click()
    # The page opens it when its address changes, possibly while drawing charts.
    expect(section).to_have_attribute("open", "")
    expect(section).to_be_in_viewport()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("CSV of the accuracies by method", "summary.csv"),
        ("CSV of the methods against each other", "comparisons.csv"),
        ("CSV of accuracy by confidence", "reliability.csv"),
        ("CSV of accuracy without the least certain", "least_certain.csv"),
        (
            "CSV of demo_small_faces/haar/emotions, Emotions of all frames with a face",
            "plots/emotions/demo_small_faces/haar.csv",
        ),
    ],
)
def test_a_table_is_downloaded_as_the_studys_own_csv(
    seen: Page, results: Path, name: str, path: str
) -> None:
    link = seen.get_by_role("link", name=name, include_hidden=True)
    text = base64.b64decode(link.get_attribute("href").split(",")[1]).decode()
    assert text == (results / path).read_text()
    assert link.get_attribute("download").endswith(".csv")


def test_the_scores_of_a_timeline_are_downloaded(seen: Page, results: Path) -> None:
    with seen.expect_download() as download:
        seen.get_by_role(
            "link", name="CSV of timeline/demo_large_faces/haar/hopper, Emotions"
        ).click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    faces = pl.read_parquet(results / "faces" / "demo_large_faces" / "haar.parquet")
    wanted = faces.filter(pl.col("video") == "hopper", pl.col("face") == 0)
    assert [float(row["neutral"]) for row in rows] == wanted["neutral"].to_list()


def test_dark_follows_the_system_and_the_button(page: Page) -> None:
    def brightness() -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    def axis_colour() -> str:
        label = page.locator('[data-chart="accuracy"] svg .role-axis-label text').first
        return label.evaluate("(text) => getComputedStyle(text).fill")

    light = axis_colour()
    assert brightness() > 700
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => {CHARTED}")
    expect(page.get_by_role("button", name="Light page")).to_be_visible()
    assert brightness() < 100
    page.wait_for_function(
        '(light) => getComputedStyle(document.querySelector(\'[data-chart="accuracy"] svg '
        ".role-axis-label text')).fill !== light",
        arg=light,
    )
    page.get_by_role("button", name="Light page").click()
    assert brightness() > 700


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_not_wider_than_the_screen(
    look: Callable[[str, int], Page], width: int
) -> None:
    page = look("light", width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    too_wide = page.evaluate(
        "(width) => [...document.querySelectorAll('figure svg, figure, img, video, h1, h2, h3')]"
        ".filter((one) => one.getBoundingClientRect().right > width + 1).length",
        width,
    )
    assert too_wide == 0


def test_everything_that_can_be_used_is_reached_by_the_tab_key(page: Page) -> None:
    page.evaluate(
        """() => {
            window.wanted = new Set([...document.querySelectorAll(
                'a[href], button, input, select, summary, [tabindex="0"]')].filter(
                    (one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled
                        && one.tabIndex >= 0));
            document.addEventListener('focusin', (event) => window.wanted.delete(event.target));
        }"""
    )
    total = page.evaluate("wanted.size")
    assert total > 80
    for _ in range(total + 20):
        page.keyboard.press("Tab")
    missed = page.evaluate("[...wanted].map((one) => one.outerHTML.slice(0, 120))")
    assert missed == []


def test_pictures_and_charts_have_text_alternatives(page: Page) -> None:
    page.evaluate(
        "document.querySelectorAll('details.person').forEach((one) => (one.open = true))"
    )
    pictures = page.locator("img").all()
    # Seven emotions for each detector in 6 videos (MTCNN and Haar find no face in the cup).
    assert len(pictures) > 2 * 6 * 7
    assert all(len(picture.get_attribute("alt")) > 20 for picture in pictures)
    for chart in page.locator("[data-chart]").all():
        figure = chart.locator("xpath=ancestor::figure")
        caption = figure.locator("figcaption").inner_text()
        assert len(caption) > 20
        assert caption in chart.locator("xpath=..").get_attribute("aria-label")
        beside = 0 if WITHOUT_CSV.search(figure.get_attribute("id")) else 1
        assert figure.locator("a[download]").count() == beside


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing(look: Callable[[str, int], Page], scheme: str, width: int) -> None:
    found = Axe().run(look(scheme, width)).response["violations"]
    said = [
        (
            violation["id"],
            violation["help"],
            [node["html"][:120] for node in violation["nodes"][:3]],
        )
        for violation in found
    ]
    assert said == []


def test_how_it_was_made_is_told(seen: Page) -> None:
    made = seen.locator("#made").inner_text()
    assert "every_nth_frame: 20" in made
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d", made)
    assert re.search(r"snakemake\s+9\.\d+", made)
    assert "Commit of the workflow" in made


def test_disagreements_are_shown_with_what_each_detector_made_of_them(
    seen: Page, results: Path
) -> None:
    (gallery,) = json.loads(
        (results / "galleries/disagreements/demo_small_faces.json").read_text()
    )
    shown = seen.locator(".gallery li")
    assert shown.count() == len(gallery["frames"]) > 0
    for item, frame in zip(shown.all(), gallery["frames"], strict=True):
        said = item.inner_text()
        assert f"haar: {frame['outcome'].replace('_', ' ')}" in said
        assert f"mtcnn: {frame['outcome_second'].replace('_', ' ')}" in said
        assert f"{frame['video']}, {frame['time']:.2f} s, frame {frame['frame']}" in said
        assert item.locator("img").evaluate("(image) => image.naturalWidth") == 360


def test_there_is_a_button_where_there_is_an_annotated_clip(
    browser: Browser, results: Path
) -> None:
    made = "results/annotated/demo_large_faces/mtcnn/collins.mp4"
    process = snakemake(results.parent, made, "--resources", "gpu=2", workflow=results.parent)
    assert process.returncode == 0, process.stdout
    page = browser.new_page()
    page.goto((results / "report" / "index.html").as_uri())
    page.locator('[id="video/demo_large_faces/collins"]').scroll_into_view_if_needed()
    for clip in page.locator('[id="video/demo_large_faces/collins"] .clip').all():
        clip.evaluate("(clip) => clip.closest('.of-detector').scrollIntoView()")
    page.get_by_role("button", name="Play the annotated clip of collins, mtcnn").click()
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    assert page.evaluate("document.querySelector('video').videoWidth") == 640
    assert page.get_by_role("button", name="Play the annotated clip").count() == 0
    expect(page.locator("#videos")).to_contain_text("snakemake results/annotated/DATASET/")
    page.close()


def test_a_page_of_one_video_is_made_on_request(browser: Browser, results: Path) -> None:
    made = results / "report" / "videos" / "demo_small_faces" / "heckler.html"
    wanted = str(made.relative_to(results.parent))
    process = snakemake(results.parent, wanted, "--resources", "gpu=2", workflow=results.parent)
    assert process.returncode == 0, process.stdout
    page = browser.new_page(viewport={"width": 390, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: complain(message, said))
    page.goto(made.as_uri())
    page.wait_for_function(CHARTED)
    assert page.locator("[data-drawn]").count() == 2
    assert page.locator(".thumbnails img").count() == 2 * 7
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="The whole study").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Facial expressions in 7 videos")
    page.close()
    assert said == []


def test_problems_are_shown_where_they_matter(browser: Browser, tmp_path: Path) -> None:
    run = ("2019", "haar")
    videos = {"good": [[HAPPY], [ANGRY]], "cut": [[HAPPY]], "notes": []}
    problems = {"cut": "truncated", "notes": "not_a_video"}
    tables = study_tables(tmp_path, {run: videos}, {"2019": {"good": "Pos"}}, problems=problems)
    views = tables.views({"2019": {video: {"haar": []} for video in videos}})
    (tmp_path / "index.html").write_text(tables.page(views))
    page, said = opened(browser, tmp_path / "index.html")
    notes = page.locator('[id="dataset/2019"] .note').all_inner_texts()
    assert notes[:2] == [
        "1 of 3 videos could not be analysed and is left out of all figures: see Problems.",
        "1 video is damaged and analysed in part: see Problems.",
    ]
    rows = page.locator("#problems tbody tr").all_inner_texts()
    assert [row.split("\t")[1:3] for row in rows] == [
        ["cut", "truncated: the file is cut off; what comes before the cut is analysed"],
        ["notes", "not a video: the file is not a video"],
    ]
    page.get_by_label("Search videos:").fill("not a video")
    assert rows_shown(page) == ["notes"]
    section = page.locator('details[id="video/2019/notes"]')
    expect(section).to_contain_text("notes is bad")
    assert section.locator("[data-chart]").count() == 0
    violations = Axe().run(page).response["violations"]
    assert [one["id"] for one in violations] == []
    page.close()
    assert said == []


def test_names_of_any_kind_are_shown_and_linked(browser: Browser, tmp_path: Path) -> None:
    run = ("2019", "haar")
    plain = study_tables(tmp_path, {run: {"one": [[HAPPY], [ANGRY]], "two": [[HAPPY]]}}, {})
    renamed = pl.col("video").replace("one", HOSTILE)
    tables = replace(
        plain,
        counts={
            run: plain.counts[run].with_columns(
                filename=pl.col("filename").replace("one", HOSTILE)
            )
        },
        segments={
            run: plain.segments[run].with_columns(
                filename=pl.col("filename").replace("one", HOSTILE)
            )
        },
        faces={run: plain.faces[run].with_columns(video=renamed)},
    )
    views = tables.views({"2019": {HOSTILE: {}, "two": {}}})
    (tmp_path / "index.html").write_text(tables.page(views))
    page, said = opened(browser, tmp_path / "index.html")
    page.get_by_label("Search videos:").fill("onload 1%2F")
    assert rows_shown(page) == [HOSTILE]
    section = page.locator("details.video").first
    section.locator("summary").first.click()
    page.locator("#video-table").get_by_role("link").click()
    expect(section).to_have_attribute("open", "")
    page.close()
    assert said == []


def study_of_people(folder: Path, people: int, *, labels: bool) -> Tables:
    """Clips of some people, three of each, who look happy in different parts of them."""
    faces = (HAPPY, ANGRY, SAD)
    videos = {
        f"person{who:02}_{clip}": [[faces[(who + clip + frame) % 3]] for frame in range(4)]
        for who in range(people)
        for clip in range(3)
    }
    study = {("debates", detector): videos for detector in ("haar", "mtcnn")}
    golden = {"debates": dict.fromkeys(videos, "Pos")} if labels else {}
    return study_tables(folder, study, golden)


@pytest.mark.parametrize(("people", "labels"), [(2, True), (12, False), (40, True)])
def test_people_can_be_read_on_any_screen(
    browser: Browser, tmp_path: Path, people: int, labels: bool
) -> None:
    tables = study_of_people(tmp_path, people, labels=labels)
    (tmp_path / "index.html").write_text(tables.page())
    page, said = opened(browser, tmp_path / "index.html")
    page.locator("details.person").first.locator("summary").click()
    for width in (390, 900, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(CHARTED)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        contents = page.locator("nav > details")
        assert contents.evaluate("(one) => one.open") == (width > 1024)
        chart = page.locator('[data-chart="debates/people_shares"]')
        assert chart.locator("svg .role-axis-label text").count() >= 2 * people
        assert chart.evaluate("(one) => one.getBoundingClientRect().width") <= width
        violations = Axe().run(page).response["violations"]
        assert [one["id"] for one in violations] == []
    assert page.locator("details.person").count() == people
    expect(page.locator(".lead").first).to_contain_text(f"{people} people")
    assert ("no labels" in page.locator("#summary").inner_text()) == (not labels)
    shares = page.locator("details").filter(has=page.get_by_text("Shares with 95")).first
    assert shares.evaluate("(one) => one.open") == (people == 2)
    shares.evaluate("(one) => (one.open = true)")
    shares.get_by_role("link", name=f"person{people - 1:02}").first.click()
    expect(page.locator("details.person").last.locator("figure").first).to_be_visible()
    page.close()
    assert said == []


def test_a_debate_is_shown_with_turns_events_and_portraits(
    browser: Browser, tmp_path: Path
) -> None:
    turns = [
        Turn("AB"[number % 2], round(number * 1.6, 6), round(number * 1.6 + 1.6, 6))
        for number in range(20)
    ]
    faces = faces_of(tmp_path / "raw", {"debate": [[HAPPY], [HAPPY], [SAD], [ANGRY]] * 10})
    picture = {"person": "A", "emotion": "happy", "score": 0.9, "detector": "haar"}
    picture |= {"video": "debate", "frame": 20, "time": 0.8, "jpeg": GREY_JPEG}
    view = people_of_dataset(
        "debates",
        {"haar": faces, "mtcnn": faces},
        turns={"debate": turns},
        events={"debate": [Turn("tax", 0, 16), Turn("war", 16, None)]},
        portraits=[picture],
        segment_frames=100,
    )
    tables = study_tables(
        tmp_path, {("debates", name): {"debate": [[HAPPY]]} for name in ("haar", "mtcnn")}, {}
    )
    (tmp_path / "index.html").write_text(tables.page(people=[view]))
    page, said = opened(browser, tmp_path / "index.html")
    page.locator("details.person").first.locator("summary").click()
    page.wait_for_function(CHARTED)
    when = charted(page, "debates/when", "person")
    assert [row["person"] for row in when] == ["A", "B"] * 10
    text = page.locator("#people-section").inner_text()
    assert "A shows happy in 100% of the frames, B in 0%" in text
    assert "tax, B (haar): " in text
    portrait = page.get_by_role("img", name="Face of A, happy 0.90, frame 20 of debate")
    expect(portrait).to_be_visible()
    lanes = page.locator('[data-chart="course/debates/A"] svg .mark-rect path')
    assert lanes.count() == 2 * 8
    violations = Axe().run(page).response["violations"]
    assert [one["id"] for one in violations] == []
    page.close()
    assert said == []

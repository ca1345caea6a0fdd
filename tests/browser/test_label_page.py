"""The page on which raters label videos, opened from disk: by keys alone, on a phone, in the dark."""

import csv
import io
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from facetally.study.labels import read_rows
from playwright.sync_api import Browser, Page, ViewportSize, expect
from support.clips import noise, write_clip
from support.label_pages import begin, name_shown, page_of, saved, violations
from support.networks import Networks
from support.snakemake_runs import GPU, snakemake
from support.studies import write_config
from support.tables import HOSTILE

KEYS = {"Positive": "1", "Neutral": "2", "Negative": "3", "Cannot tell": "0"}
GOLDEN = {
    "coffee": "Neutral",
    "collins_far": "Positive",
    "heckler": "Negative",
    "hopper_in_company": "Neutral",
}
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 780}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, demo: Path, networks: Networks) -> Path:
    """A study whose pages have been made: the demo's small faces, and clips of other kinds."""
    folder = networks(tmp_path_factory.mktemp("label"))
    shutil.copytree(demo / "data" / "demo" / "small_faces", folder / "small")
    hard = folder / "hard"
    write_clip(hard / "asp.avi", noise(40), codec="mpeg4")
    write_clip(hard / "ten_bits.mp4", noise(40), codec="libx265", pix_fmt="yuv420p10le")
    write_clip(hard / "plain.mp4", noise(40))
    write_clip(hard / "vp9.webm", noise(40), codec="libvpx-vp9")
    (hard / "notes.mp4").write_text("no video")
    write_config(
        folder,
        datasets={"small": {"videos": "small"}, "hard": {"videos": "hard"}},
        detectors=["haar"],
    )
    process = snakemake(folder, "label")
    assert process.returncode == 0, process.stdout
    assert "results/label/small.html" in process.stdout
    assert (
        "facetally: hard: 1 video cannot be shown to raters: see results/label/hard.html"
        in process.stdout
    )
    return folder


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in its own profile; the page must log nothing and load nothing."""
    contexts = []
    said: list[str] = []
    asked: list[str] = []

    def open_page(path: Path, viewport: ViewportSize = DESK, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport=viewport,
            color_scheme=scheme,
            accept_downloads=True,
            has_touch=viewport is PHONE,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert [address for address in asked if not address.startswith(("file:", "blob:"))] == []


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_labelled_with_keys_alone_in_two_sittings(
    opened: Callable[..., Page], study: Path, viewport: ViewportSize, scheme: str
) -> None:
    page = opened(study / "results" / "label" / "small.html", viewport, scheme)
    assert violations(page) == []
    begin(page, "anna")
    expect(page.locator("#place")).to_have_text("Video 1 of 4")
    page.wait_for_function("() => document.querySelector('#clip').currentTime > 0.2")
    assert violations(page) == []
    # Blind: no name, no prediction.
    text = page.locator("body").inner_text()
    assert not any(name in text for name in GOLDEN)
    seen = []
    for number in range(2):
        seen.append(name_shown(page))
        page.keyboard.press(KEYS[GOLDEN[seen[-1]]])
        expect(page.locator("#place")).to_have_text(f"Video {number + 2} of 4")
    assert page.locator("#progress").evaluate("(bar) => bar.value") == 2
    page.reload()
    begin(page, "anna")
    expect(page.locator("#same-text")).to_contain_text("This browser has 2 answers by anna")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Welcome back, anna: 2 of 4 are labelled.")
    expect(page.locator("#place")).to_have_text("Video 3 of 4")
    for _ in range(2):
        seen.append(name_shown(page))
        page.keyboard.press(KEYS[GOLDEN[seen[-1]]])
    assert sorted(seen) == sorted(GOLDEN)
    expect(page.locator("#counts")).to_have_text(
        "Positive 1, Neutral 2, Negative 1, Cannot tell 0."
    )
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    name, text = saved(page)
    assert name == "small-anna.csv"
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["filename"]: row["label"] for row in rows} == GOLDEN
    assert {row["rater"] for row in rows} == {"anna"}


def test_a_saved_file_is_the_labels_of_a_study(opened: Callable[..., Page], study: Path) -> None:
    page = opened(study / "results" / "label" / "small.html")
    begin(page, "anna")
    for _ in GOLDEN:
        page.keyboard.press(KEYS[GOLDEN[name_shown(page)]])
    name, text = saved(page)
    (study / "labels").mkdir()
    (study / "labels" / name).write_text(text)
    write_config(
        study, datasets={"small": {"videos": "small", "labels": "labels"}}, detectors=["haar"]
    )
    process = snakemake(study, *GPU)
    assert process.returncode == 0, process.stdout
    # The demo's own accuracy, since these are its labels.
    assert "| small | 4 | No | 50.00% |" in process.stdout
    counts = pl.read_csv(study / "results" / "counts" / "small" / "haar.csv")
    golden = dict(counts.select("filename", "golden").iter_rows())
    assert golden == {
        name: label[:3] if label != "Neutral" else "Neut" for name, label in GOLDEN.items()
    }
    assert not (study / "results" / "agreement.csv").exists()


def test_what_browsers_cannot_play_has_a_preview(opened: Callable[..., Page], study: Path) -> None:
    page = opened(study / "results" / "label" / "hard.html")
    expect(page.locator("#start")).to_contain_text("You will see 4 videos")
    page.get_by_text("1 video cannot be shown").click()
    expect(page.locator("#start")).to_contain_text("notes: the file is not a video")
    page.locator("#rater").focus()
    begin(page, "anna")
    sources = {}
    for _ in range(4):
        page.wait_for_function("() => document.querySelector('#clip').readyState >= 2")
        width = page.evaluate("document.querySelector('#clip').videoWidth")
        address = page.evaluate("document.querySelector('#clip').src")
        sources[name_shown(page)] = (width, address.removeprefix(study.resolve().as_uri()))
        expect(page.locator("#trouble")).to_be_hidden()
        page.keyboard.press("0")
    assert sources == {
        "asp": (160, "/results/label/clips/hard/asp.mp4"),
        "ten_bits": (160, "/results/label/clips/hard/ten_bits.mp4"),
        "plain": (160, "/hard/plain.mp4"),
        "vp9": (160, "/hard/vp9.webm"),
    }


def order_of(page: Page, rater: str, number: int) -> list[str]:
    page.reload()
    begin(page, rater)
    names = []
    for _ in range(number):
        names.append(name_shown(page))
        page.keyboard.press("1")
    return names


def test_each_rater_has_an_order_that_stays(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    names = [f"debate_{number:02}" for number in range(24)]
    page = loose(page_of(tmp_path, names))
    orders = {rater: order_of(page, rater, 24) for rater in ("anna", "ben", "cleo", "dora")}
    for order in orders.values():
        assert sorted(order) == names
        # Few neighbours in the folder are shown one after the other.
        near = sum(abs(int(a[-2:]) - int(b[-2:])) == 1 for a, b in itertools.pairwise(order))
        assert near <= 7
    assert len({tuple(order) for order in orders.values()}) == 4
    again = loose(page_of(tmp_path, [*names, "debate_99"]))
    order = order_of(again, "Anna", 25)
    assert [name for name in order if name != "debate_99"] == orders["anna"]
    other = loose(page_of(tmp_path, names, seed=2))
    assert order_of(other, "anna", 24) != orders["anna"]


def test_going_back_and_answering_again(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    page = loose(page_of(tmp_path, ["a", "b", "c"]))
    # At first, keys are letters of the name.
    begin(page, "r2d2-0")
    first = name_shown(page)
    expect(page.locator("#back")).to_be_disabled()
    page.keyboard.press("1")
    page.keyboard.press("Backspace")
    expect(page.locator("#place")).to_have_text("Video 1 of 3")
    expect(page.get_by_role("button", name="Positive")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("3")
    expect(page.locator("#place")).to_have_text("Video 2 of 3")
    page.get_by_role("button", name="Neutral").click()
    # Space replays even after a click on a button, but not if a button has been reached by Tab.
    page.keyboard.press("Space")
    expect(page.locator("#place")).to_have_text("Video 3 of 3")
    page.get_by_role("button", name="Cannot tell").focus()
    page.keyboard.press("Space")
    expect(page.locator("#counts")).to_have_text(
        "Positive 0, Neutral 1, Negative 1, Cannot tell 1."
    )
    page.keyboard.press("Backspace")
    expect(page.locator("#place")).to_have_text("Video 3 of 3")
    page.keyboard.press("2")
    name, text = saved(page)
    assert name == "d-r2d2-0.csv"
    labels = {row["filename"]: row["label"] for row in csv.DictReader(io.StringIO(text))}
    assert labels.pop(first) == "Negative"
    assert list(labels.values()) == ["Neutral", "Neutral"]


def test_a_space_plays_from_the_start(opened: Callable[..., Page], study: Path) -> None:
    page = opened(study / "results" / "label" / "small.html")
    begin(page, "zoe")
    page.wait_for_function("() => document.querySelector('#clip').currentTime > 0.6")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('#clip').currentTime < 0.5")
    assert not page.evaluate("document.querySelector('#clip').paused")


def test_a_video_that_does_not_play_is_reported(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = loose(page_of(tmp_path, ["a"]))
    begin(page, "anna")
    expect(page.locator("#trouble")).to_contain_text("This browser cannot play this video.")
    assert violations(page) == []
    page.keyboard.press("0")
    expect(page.locator("#end-title")).to_be_visible()


def test_a_saved_file_is_continued_elsewhere(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    names = [HOSTILE, 'quoted "twice", once', "a; b", "plain"]
    path = page_of(tmp_path, names)
    page = loose(path)
    begin(page, "Zoë")
    first = name_shown(page)
    page.keyboard.press("3")
    page.keyboard.press("2")
    name, text = saved(page)
    (tmp_path / name).write_bytes(text.encode())
    rows = read_rows(tmp_path / name)
    assert {row.rater for row in rows} == {"Zoë"}
    assert dict.fromkeys(names).keys() >= {row.name for row in rows}
    assert len(rows) == 2
    elsewhere = loose(path)
    elsewhere.get_by_text("Continue from a saved file").click()
    elsewhere.locator("#saved").set_input_files(tmp_path / name)
    expect(elsewhere.locator("#status")).to_have_text(
        "2 labels by Zoë loaded. Press Start to continue."
    )
    elsewhere.get_by_role("button", name="Start").click()
    expect(elsewhere.locator("#place")).to_have_text("Video 3 of 4")
    elsewhere.keyboard.press("Backspace")
    elsewhere.keyboard.press("Backspace")
    assert name_shown(elsewhere) == first
    expect(elsewhere.get_by_role("button", name="Negative")).to_have_attribute(
        "aria-pressed", "true"
    )
    (tmp_path / "other.csv").write_text("filename,label\nplain,Pos\n")
    fresh = loose(path)
    fresh.get_by_text("Continue from a saved file").click()
    fresh.locator("#saved").set_input_files(tmp_path / "other.csv")
    expect(fresh.locator("#status")).to_have_text(
        "other.csv was not saved by this page: choose another file."
    )


def test_a_name_must_do_for_a_file(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    page = loose(page_of(tmp_path, ["a"]))
    for name in ("", "a/b", "a,b", "two words"):
        page.locator("#rater").fill(name)
        page.keyboard.press("Enter")
        expect(page.locator("#start")).to_be_visible()


def test_raters_do_not_see_each_others_labels(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = loose(page_of(tmp_path, ["a", "b"]))
    begin(page, "anna")
    page.keyboard.press("1")
    page.reload()
    begin(page, "ben")
    expect(page.locator("#place")).to_have_text("Video 1 of 2")
    (tmp_path / "copy").mkdir()
    page.goto(page_of(tmp_path / "copy", ["a", "b"]).as_uri())
    begin(page, "anna")
    expect(page.locator("#place")).to_have_text("Video 1 of 2")


def test_nothing_to_label_and_silence(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    page = loose(page_of(tmp_path, [], unshown=[("x", "broken")]))
    expect(page.locator("#start")).to_contain_text("There are no videos to label.")
    assert violations(page) == []
    page = loose(page_of(tmp_path, ["a"], seed=3, sound=False))
    assert page.locator("#clip").evaluate("(video) => video.muted")
    expect(page.locator("#start")).to_contain_text("the videos have no sound")

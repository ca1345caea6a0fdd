"""Answers on the page for labelling: none is lost, whatever else has some or however quickly."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from facetally.study.config import load_study
from facetally.study.labels import read_rows
from playwright.sync_api import Page, expect
from support.clips import noise, write_clip
from support.label_pages import begin, name_shown, page_of, saved, type_name, violations

WORDS = {"1": "Positive", "2": "Neutral", "3": "Negative", "0": "Cannot tell"}
HEADER = "filename,label,rater,time"
LATER, FAR = "2000-01-02T00:00:00.000Z", "2999-01-01T00:00:00.000Z"


def answer_all(page: Page, answers: dict[str, str]) -> None:
    """Press the key for each video that is shown, until all are labelled."""
    for _ in answers:
        page.keyboard.press(answers[name_shown(page)])


def saved_rows(page: Page) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(saved(page)[1])))


def labels(page: Page) -> dict[str, str]:
    return {row["filename"]: row["label"] for row in saved_rows(page)}


def choose(page: Page, path: Path) -> None:
    page.get_by_text("Continue from a saved file").click()
    page.locator("#saved").set_input_files(path)
    expect(page.locator("#status")).not_to_be_empty()


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "d-anna.csv"
    path.write_text("".join(f"{row}\r\n" for row in (header, *rows)), encoding="utf-8")
    return path


def resume(page: Page, rater: str) -> None:
    begin(page, rater)
    page.get_by_role("button", name=f"Continue as {rater}").click()


def store(page: Page, **answers: tuple[str, str]) -> None:
    """Store answers of anna's, as an earlier sitting did."""
    page.evaluate(
        """(answers) => {
            for (const [name, answer] of Object.entries(answers))
                localStorage.setItem(`facetally ${location.pathname} anna ${name}`,
                                     JSON.stringify(answer));
        }""",
        answers,
    )


def reported(page: Page) -> list[str]:
    return page.locator("#report li").all_inner_texts()


# Two stores of one answer.


def test_each_label_is_saved_with_its_time(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    page = loose(page_of(tmp_path, ["a", "b"]))
    before = datetime.now(UTC).replace(microsecond=0)
    begin(page, "anna")
    answer_all(page, {"a": "1", "b": "0"})
    name, text = saved(page)
    expect(page.locator("#status")).to_have_text("2 labels saved as d-anna.csv.")
    assert text.splitlines()[0] == HEADER
    times = [row["time"] for row in csv.DictReader(io.StringIO(text))]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)
    assert all(before <= datetime.fromisoformat(time) <= datetime.now(UTC) for time in times)
    (tmp_path / name).write_bytes(text.encode())
    assert [row.time for row in read_rows(tmp_path / name)] == [
        datetime.fromisoformat(time) for time in times
    ]


def test_the_store_is_opened_once_a_rater_starts(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = loose(page_of(tmp_path, ["a"]))
    page.add_init_script(
        """
        window.asked = [];
        const [store, listen] = [window.localStorage, window.addEventListener];
        Object.defineProperty(window, "localStorage", {get() { asked.push("store"); return store; }});
        window.addEventListener = (type, ...rest) => {
            if (type === "storage") asked.push(type);
            listen.call(window, type, ...rest);
        };
        """
    )
    page.reload()
    assert page.evaluate("asked") == []
    begin(page, "anna")
    expect(page.locator("#place")).to_have_text("Video 1 of 1")
    assert {"store", "storage"} == set(page.evaluate("asked"))


def test_two_tabs_keep_each_others_answers(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    names = ["a", "b", "c", "d"]
    path = page_of(tmp_path, names)
    one = loose(path)
    begin(one, "anna")
    two = one.context.new_page()
    two.goto(path.as_uri())
    begin(two, "anna")
    expect(two.locator("#place")).to_have_text("Video 1 of 4")
    order = []
    for key in ("1", "2", "3"):
        order.append(name_shown(two))
        two.keyboard.press(key)
    expect(one.locator("#status")).to_contain_text("taken over from another tab of this page.")
    expect(one.locator("#rate .save .number")).to_have_text("3")
    assert one.locator("#progress").evaluate("(bar) => bar.value") == 3
    # This tab still shows the first video: an answer there replaces one, which is said.
    expect(one.get_by_role("button", name="Positive")).to_have_attribute("aria-pressed", "true")
    one.keyboard.press("3")
    expect(one.locator("#status")).to_have_text(
        re.compile("Last answer: Negative, instead of Positive")
    )
    # The answers of the other tab are not asked for again.
    expect(one.locator("#place")).to_have_text("Video 4 of 4")
    expected = dict(zip(order, ("Negative", "Neutral", "Negative"), strict=True))
    assert labels(one) == expected
    expect(two.locator("#status")).to_have_text(
        "1 answer taken over from another tab of this page."
    )
    assert labels(two) == expected
    two.keyboard.press("0")
    expect(one.locator("#status")).to_contain_text("taken over from another tab")
    for page in (one, two):
        page.reload()
        resume(page, "anna")
        assert len(labels(page)) == 4


def test_the_newer_of_a_stored_answer_and_a_saved_one_counts(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    names = ["newer", "older", "same", "untimed", "unknown", "future", "only"]
    path = page_of(tmp_path, names)
    page = loose(path)
    store(
        page,
        newer=("Positive", "2000-01-01T00:00:00.000Z"),
        older=("Positive", "2000-01-03T00:00:00.000Z"),
        same=("Positive", "2000-01-01T00:00:00.000Z"),
        untimed=("Positive", "2000-01-01T00:00:00.000Z"),
        unknown=("Positive", ""),
        future=("Positive", "2000-01-01T00:00:00.000Z"),
    )
    times = dict.fromkeys(names, LATER) | {"untimed": "", "unknown": "", "future": FAR}
    rows = [
        f"{name},{'Positive' if name == 'same' else 'Negative'},anna,{time}"
        for name, time in times.items()
    ]
    choose(page, written(tmp_path, *rows, f"elsewhere,Negative,anna,{LATER}"))
    expect(page.locator("#status")).to_have_text(
        "7 labels by anna loaded. Press Start to continue."
    )
    assert reported(page) == [
        "1 label not used, because this page has no such video: elsewhere.",
        "Start replaces 3 answers that this browser has by anna: newer (Positive here, Negative in "
        "the file), unknown (Positive here, Negative in the file), future (Positive here, Negative "
        "in the file).",
        "2 labels not used, because this browser has a newer answer by anna: older (Positive here, "
        "Negative in the file), untimed (Positive here, Negative in the file).",
        "1 label with a time in the future, as a wrong clock gives it: it counts as the newest.",
    ]
    assert violations(page) == []
    # Nothing is replaced before Start.
    page.reload()
    resume(page, "anna")
    expect(page.locator("#status")).to_have_text("Welcome back, anna: 6 of 7 are labelled.")
    assert set(labels(page).values()) == {"Positive"}
    page.reload()
    choose(page, tmp_path / "d-anna.csv")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Continue as anna").click()
    expect(page.locator("#status")).to_contain_text("3 answers replaced by d-anna.csv: newer (")
    expected = dict.fromkeys(names, "Positive") | dict.fromkeys(
        ("newer", "unknown", "future", "only"), "Negative"
    )
    page.keyboard.press("Backspace")
    assert labels(page) == expected
    page.reload()
    resume(page, "anna")
    assert labels(page) == expected
    assert {row["filename"]: row["time"] for row in saved_rows(page)}["newer"] == LATER


def test_answers_of_earlier_versions_still_count(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = loose(page_of(tmp_path, ["a", "b", "c", "d", "__proto__"]))
    page.evaluate(
        """() => {
            const place = `facetally ${location.pathname} anna`;
            localStorage.setItem(place, '{"a": "Positive", "b": "Positive", "c": "nonsense"}');
            // What this page has not written does no harm.
            for (const text of ["5", "null", "no JSON", "{}", '["nonsense"]'])
                localStorage.setItem(`${place} c${text}`, text);
        }"""
    )
    store(page, d=("Cannot tell", LATER))
    path = written(tmp_path, "b,Negative,anna", "__proto__,Neutral,anna", header=HEADER[:-5])
    choose(page, path)
    expect(page.locator("#status")).to_have_text(
        "2 labels by anna loaded. Press Start to continue."
    )
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Continue as anna").click()
    rows = {row["filename"]: (row["label"], row["time"]) for row in saved_rows(page)}
    assert rows == {
        "a": ("Positive", ""),
        "b": ("Negative", ""),
        "d": ("Cannot tell", LATER),
        "__proto__": ("Neutral", ""),
    }
    page.reload()
    resume(page, "anna")
    assert {row["filename"]: row["label"] for row in saved_rows(page)}["b"] == "Negative"


def test_an_answer_is_newer_than_the_one_it_replaces_whatever_the_clock_says(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = loose(page_of(tmp_path, ["a"]))
    store(page, a=("Positive", FAR))
    resume(page, "anna")
    page.keyboard.press("Backspace")
    page.keyboard.press("2")
    (row,) = saved_rows(page)
    assert (row["label"], row["time"]) == ("Neutral", FAR.replace("00.000Z", "00.001Z"))


def test_two_people_of_one_name_at_one_computer(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = loose(page_of(tmp_path, ["a", "b"]))
    begin(page, "anna")
    answer_all(page, {"a": "1", "b": "1"})
    page.reload()
    begin(page, "ANNA")
    expect(page.locator("#same-text")).to_have_text(
        re.compile(r"This browser has 2 answers by ANNA, the last of \d+ \w+ \d{4}")
    )
    expect(page.locator("#rater")).to_be_hidden()
    page.get_by_role("button", name="I am another person").click()
    expect(page.locator("#status")).to_have_text(
        "Type another name, such as ANNA-2, to keep your answers apart."
    )
    # The name at the cursor is replaced.
    begin(page, "anna-2")
    expect(page.locator("#place")).to_have_text("Video 1 of 2")
    expect(page.locator("#rate .save .number")).to_have_text("0")
    page.keyboard.press("3")
    name, text = saved(page)
    assert (name, text.count("Negative")) == ("d-anna-2.csv", 1)
    page.reload()
    resume(page, "anna")
    assert set(labels(page).values()) == {"Positive"}


def test_a_loaded_file_is_not_given_to_another_rater(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = loose(page_of(tmp_path, ["a", "b"]))
    path = written(tmp_path, f"a,Positive,anna,{LATER}")
    choose(page, path)
    expect(page.locator("#status")).to_have_text(
        "1 label by anna loaded. Press Start to continue."
    )
    page.locator("#rater").fill("ben")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text(
        "The answers in d-anna.csv are by anna, and are not used for ben."
    )
    expect(page.locator("#rate .save .number")).to_have_text("0")
    # Two people named anna: the file's answers are the one's who has another name from now on.
    page.reload()
    store(page, a=("Negative", LATER))
    choose(page, path)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="I am another person").click()
    begin(page, "anna-2")
    assert labels(page) == {"a": "Positive"}


def test_files_of_two_sittings_are_one_rater_in_a_study(
    loose: Callable[[Path], Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        write_clip(tmp_path / "clips" / f"{name}.mp4", noise(2))
    page = loose(page_of(tmp_path, ["a", "b"]))
    Path("labels").mkdir()
    begin(page, "anna")
    answer_all(page, {"a": "1", "b": "1"})
    name, text = saved(page)
    Path("labels", name).write_bytes(text.encode())
    page.keyboard.press("Backspace")
    changed = name_shown(page)
    page.keyboard.press("3")
    Path("labels", "d-anna (1).csv").write_bytes(saved(page)[1].encode())
    study = load_study({"datasets": {"d": {"videos": "clips", "labels": "labels"}}})
    golden = study.datasets["d"].labels.golden_labels(["a", "b"])
    assert golden == {"a": "Pos", "b": "Pos"} | {changed: "Neg"}
    assert study.notes == [
        f"dataset d: anna labels a video differently in another file ({changed}); the label with "
        "the latest time counts"
    ]


def test_a_file_for_other_videos_is_refused(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    page = loose(page_of(tmp_path, ["a"]))
    path = written(tmp_path, *(f"x{number:02},Positive,anna," for number in range(12)))
    choose(page, path)
    expect(page.locator("#status")).to_have_text(
        "None of the 12 labels in d-anna.csv is for a video on this page, which is for d: choose "
        "another file."
    )
    expect(page.locator("#rater")).to_have_value("")
    assert reported(page) == [
        "Not on this page: x00, x01, x02, x03, x04, x05, x06, x07, x08, x09 and 2 more."
    ]
    # The file may be corrected and chosen again.
    written(tmp_path, f"a,Positive,anna,{LATER}")
    page.locator("#saved").set_input_files(path)
    expect(page.locator("#status")).to_have_text(
        "1 label by anna loaded. Press Start to continue."
    )
    assert reported(page) == []


# Pages in a hurry.


@pytest.fixture
def playing(loose: Callable[[Path], Page], tmp_path: Path) -> Page:
    """A page of four videos that can be played."""
    write_clip(tmp_path / "clip.mp4", noise(100))
    return loose(page_of(tmp_path, ["a", "b", "c", "d"], video="clip.mp4"))


def test_quick_answers_leave_nothing_behind(playing: Page) -> None:
    begin(playing, "anna")
    playing.evaluate(
        """() => {
            for (const key of "1230")
                document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
        }"""
    )
    expect(playing.locator("#counts")).to_have_text(
        "Positive 1, Neutral 1, Negative 1, Cannot tell 1."
    )
    # Whatever failed to play has been reported by now.
    playing.wait_for_timeout(500)
    expect(playing.locator("#status")).to_have_text(
        "Last answer: Cannot tell, given before the video was shown."
    )
    assert playing.locator("#clip").get_attribute("src") is None
    for _ in range(6):
        playing.keyboard.press("Backspace")
    expect(playing.locator("#place")).to_have_text("Video 1 of 4")
    playing.wait_for_function("() => document.querySelector('#clip').currentTime > 0.2")
    playing.keyboard.press("1")
    expect(playing.locator("#status")).to_have_text("Last answer: Positive.")


def test_keys_held_down_and_double_clicks_count_once(playing: Page) -> None:
    begin(playing, "anna")
    for _ in range(3):  # Without a release between them, all but the first are repeats.
        playing.keyboard.down("1")
    playing.keyboard.up("1")
    expect(playing.locator("#place")).to_have_text("Video 2 of 4")
    playing.get_by_role("button", name="Neutral").dblclick()
    expect(playing.locator("#place")).to_have_text("Video 3 of 4")
    expect(playing.locator("#status")).to_have_text("A double click counts once.")
    # Enter, held down, starts; it does not say who one is.
    playing.reload()
    type_name(playing, "anna")
    for _ in range(3):
        playing.keyboard.down("Enter")
    expect(playing.get_by_role("button", name="Continue as anna")).to_be_focused()
    playing.keyboard.up("Enter")


def test_a_video_that_does_not_play_is_skipped(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    write_clip(tmp_path / "clip.mp4", noise(50))
    path = page_of(tmp_path, ["a", "b", "c"], video="clip.mp4")
    path.write_text(
        path.read_text().replace('"name": "b", "src": "clip.mp4"', '"name": "b", "src": "no.mp4"')
    )
    page = loose(path)
    begin(page, "anna")
    while name_shown(page) != "b":
        # Others need no button to skip them.
        page.keyboard.press("x")
        expect(page.locator("#skip")).to_be_hidden()
        page.keyboard.press("1")
    expect(page.locator("#trouble")).to_contain_text(
        "This browser cannot play this video. Skip it,"
    )
    assert violations(page) == []
    page.keyboard.press("x")
    expect(page.locator("#status")).to_have_text("Skipped: the video has no answer.")
    while page.locator("#end").is_hidden():
        page.keyboard.press("1")
    expect(page.locator("#end-title")).to_have_text("2 of 3 videos labelled")
    expect(page.locator("#left")).to_contain_text(
        "1 video without an answer, because you skipped it: b. Save your answers, and ask"
    )
    assert violations(page) == []
    assert labels(page) == {"a": "Positive", "c": "Positive"}
    page.get_by_role("button", name="Try the skipped videos again").click()
    assert name_shown(page) == "b"
    # Another sitting begins there, too: by then it may have a preview.
    page.reload()
    resume(page, "anna")
    expect(page.locator("#status")).to_have_text("Welcome back, anna: 2 of 3 are labelled.")
    assert name_shown(page) == "b"


NO_STORE = "This browser cannot store your answers: save before you close the page."


@pytest.mark.parametrize("forbidden", ["setItem", "localStorage"])
def test_without_a_store_answers_are_asked_to_be_saved(
    loose: Callable[[Path], Page], tmp_path: Path, forbidden: str
) -> None:
    page = loose(page_of(tmp_path, ["a", "b"]))
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"
        if forbidden == "setItem"
        else "Object.defineProperty(window, 'localStorage', "
        "{get() { throw new DOMException('', 'SecurityError'); }});"
    )
    page.reload()
    begin(page, "anna")
    expect(page.locator("#status")).to_have_text(NO_STORE)
    page.keyboard.press("1")
    expect(page.locator("#status")).to_contain_text("Last answer: Positive")
    expect(page.locator("#status")).to_contain_text(NO_STORE)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert len(saved_rows(page)) == 1
    # What is saved can no longer be lost.
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    assert asked == ["beforeunload"]


def test_a_full_store_is_reported_and_used_once_there_is_room(
    loose: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = loose(page_of(tmp_path, ["a", "b", "c"]))
    begin(page, "anna")
    page.evaluate(
        """() => {
            for (let size = 2 ** 22; size >= 1; size = Math.floor(size / 2))
                try { while (true) localStorage.setItem(`full${localStorage.length}`, "x".repeat(size)); }
                catch {}
        }"""
    )
    page.keyboard.press("1")
    expect(page.locator("#status")).to_contain_text(NO_STORE)
    page.evaluate(
        """() => {
            for (const key of Object.keys(localStorage).filter((one) => one.startsWith("full")))
                localStorage.removeItem(key);
        }"""
    )
    page.keyboard.press("2")
    expect(page.locator("#status")).not_to_contain_text(NO_STORE)
    page.reload()
    resume(page, "anna")
    assert sorted(labels(page).values()) == ["Neutral", "Positive"]


def test_leaving_while_saving_loses_nothing(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    path = page_of(tmp_path, ["a", "b"])
    page = loose(path)
    begin(page, "anna")
    with page.expect_download() as download:
        page.evaluate(
            """() => {
                for (const key of ["1", "s"])
                    document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
                location.reload();
            }"""
        )
    assert download.value.path().read_text().count("Positive") == 1
    expect(page.locator("#start")).to_be_visible()
    resume(page, "anna")
    expect(page.locator("#status")).to_have_text("Welcome back, anna: 1 of 2 is labelled.")


@pytest.mark.parametrize("size", [(320, 640), (740, 360), (1280, 900)])
def test_any_size_shows_the_answers(playing: Page, size: tuple[int, int]) -> None:
    begin(playing, "anna")
    playing.set_viewport_size({"width": size[0], "height": size[1]})
    assert playing.evaluate("document.documentElement.scrollWidth") <= size[0]
    for word in WORDS.values():
        expect(playing.get_by_role("button", name=word)).to_be_visible()


def test_one_video_is_one(loose: Callable[[Path], Page], tmp_path: Path) -> None:
    page = loose(page_of(tmp_path, ["a"], unshown=[("x", "broken")]))
    start = page.locator("#start")
    expect(start).to_contain_text("You will see 1 video. Say what the person's face shows:")
    expect(start).to_contain_text("1 video cannot be shown")
    begin(page, "anna")
    page.keyboard.press("1")
    expect(page.locator("#end-title")).to_have_text("The video is labelled")
    saved(page)
    expect(page.locator("#status")).to_have_text("1 label saved as d-anna.csv.")
    assert not re.search(r"\b1 \w+s\b", page.locator("main").inner_text())

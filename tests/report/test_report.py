"""The report as text: whole, safe, and plain about what a study cannot show."""

import re
from base64 import b64decode, b64encode
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from facetally.detect.face import Face
from facetally.emotions import EMOTIONS
from facetally.faces.pictures import face_pictures
from facetally.faces.table import SCHEMA
from facetally.measure.bias import BIAS
from facetally.measure.comparisons import COMPARISONS
from facetally.measure.counts import count_labels, count_segments
from facetally.measure.predictions import predictions
from facetally.measure.summary import SUMMARY, summarize
from facetally.report.colophon import colophon
from facetally.report.datasets import dataset_view
from facetally.report.pages import video_page
from facetally.report.render import csv_link
from facetally.report.thumbnails import face_picture
from facetally.report.videos import PROBLEMS, TREATMENTS, video_table
from facetally.study.demo import picture
from facetally.study.methods import METHODS
from facetally.video.frames import Frame
from facetally.video.status import Treatment, VideoStatus, write_treatments
from support.repository import ROOT
from support.tables import ANGRY, HAPPY, HOSTILE, MADE, NOBODY, SAD, Tables, faces_of, study_tables

TOP = {"emotion": "happy", "score": 0.9, "frame": 20, "time": 0.8, "jpeg": "AAAA"}
NEED_NOTHING_FROM = ("src", "href", "srcset", "poster", "action", "data")


class Parsed(HTMLParser):
    """A page's elements, its text outside scripts, and the addresses it names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in NEED_NOTHING_FROM:
                self.addresses.append(value or "")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.text += data


def page_of(tables: Tables, *, embedded: bool = True, gallery: Any = None) -> str:
    thumbnails = {
        dataset: {video: {"haar": [TOP]} for video in counts["filename"]}
        for (dataset, _), counts in tables.counts.items()
        if embedded
    }
    return tables.page(tables.views(thumbnails), gallery)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    haar = {"one": [[HAPPY], [HAPPY]], "two": [[ANGRY], NOBODY]}
    mtcnn = {"one": [[HAPPY], [SAD]], "two": [[ANGRY], [ANGRY]]}
    study = {("2019", "haar"): haar, ("2019", "mtcnn"): mtcnn}
    return study_tables(tmp_path, study, {"2019": {"one": "Pos", "two": "Pos"}})


def test_the_page_names_no_address_outside_itself_but_pages_of_videos(tables: Tables) -> None:
    for embedded in (True, False):
        page = Parsed(page_of(tables, embedded=embedded))
        beside = {a for a in page.addresses if not a.startswith(("#", "data:"))}
        assert beside == {
            "../expressions.csv",
            "../expressions.parquet",
            "../people/2019/pairs.csv",
            "../people/2019/time.csv",
        }
        assert "link" in page.tags  # The empty icon, or else browsers ask for one.
        assert len(page.ids) == len(set(page.ids))
        targets = {address[1:] for address in page.addresses if address.startswith("#")}
        assert targets <= {*page.ids}


def test_links_to_sections_where_they_are_embedded_and_to_pages_elsewhere(tables: Tables) -> None:
    assert '"#video/2019/one"' in page_of(tables)
    page = page_of(tables, embedded=False)
    assert '"videos/2019/one.html"' in page
    assert "snakemake results/report/videos/DATASET/VIDEO.html" in page
    assert "data-clip" not in page.replace("[data-clip]", "")


def test_names_of_any_kind_are_text_and_never_markup(tmp_path: Path) -> None:
    run = ("2019", "haar")
    plain = study_tables(tmp_path, {run: {"one": [[HAPPY]]}}, {})
    tables = replace(
        plain,
        counts={run: plain.counts[run].with_columns(filename=pl.lit(HOSTILE))},
        segments={run: plain.segments[run].with_columns(filename=pl.lit(HOSTILE))},
        faces={run: plain.faces[run].with_columns(video=pl.lit(HOSTILE))},
    )
    hostile, harmless = Parsed(page_of(tables)), Parsed(page_of(plain))
    assert hostile.tags == harmless.tags
    assert HOSTILE in hostile.text
    (view,) = tables.views({"2019": {HOSTILE: {}}})
    assert "<b onload" not in video_page(view, MADE)


def test_a_video_may_be_named_like_a_figure(tmp_path: Path) -> None:
    videos = {"confusion": [[HAPPY]], "emotions": [[SAD]]}
    page = Parsed(page_of(study_tables(tmp_path, {("2019", "haar"): videos}, {})))
    assert len(page.ids) == len(set(page.ids))


def test_the_table_of_videos_puts_detectors_side_by_side(tables: Tables) -> None:
    counts, faces = (
        {name: of_run["2019", name] for name in ("haar", "mtcnn")}
        for of_run in (tables.counts, tables.faces)
    )
    assert video_table("2019", counts, faces).to_dicts() == [
        {
            "dataset": "2019", "filename": "one", "golden": "Pos",
            "haar_predict": "Pos", "haar_right": True, "haar_coverage": 1.0,
            "haar_median_face_height": 40.0,
            "mtcnn_predict": "Neut", "mtcnn_right": False, "mtcnn_coverage": 1.0,
            "mtcnn_median_face_height": 40.0, "problem": None,
        },
        {
            "dataset": "2019", "filename": "two", "golden": "Pos",
            "haar_predict": "Neg", "haar_right": False, "haar_coverage": 0.5,
            "haar_median_face_height": 40.0,
            "mtcnn_predict": "Neg", "mtcnn_right": False, "mtcnn_coverage": 1.0,
            "mtcnn_median_face_height": 40.0, "problem": None,
        },
    ]  # fmt: skip


def test_mcnemar_and_what_follows_from_it_is_told(tmp_path: Path) -> None:
    names = [f"v{number}" for number in range(8)]
    golden = {"2019": dict.fromkeys(names, "Pos")}
    right, wrong = ({name: [[face]] for name in names} for face in (HAPPY, ANGRY))
    study = {("2019", "haar"): wrong, ("2019", "mtcnn"): right}
    text = " ".join(Parsed(page_of(study_tables(tmp_path, study, golden))).text.split())
    assert "McNemar's test, exact and two-sided: p is 0.008. mtcnn is right on more" in text


def test_a_gallery_is_shown_by_kind(tables: Tables) -> None:
    frame = {
        "kind": "only_second", "video": "two", "frame": 20, "time": 0.8, "outcome": "no_face",
        "score": None, "outcome_second": "angry", "score_second": 0.8, "jpeg": "AAAA",
    }  # fmt: skip
    gallery = {"2019": [{"first": "haar", "second": "mtcnn", "frames": [frame]}]}
    page = page_of(tables, gallery=gallery)
    assert 'alt="Frame 20 of two: haar no face, mtcnn angry"' in page
    assert ">Only mtcnn finds a face<" in page
    assert ">Only haar finds a face<" not in page


@pytest.mark.parametrize(
    ("videos", "golden", "said"),
    [
        ({"one": [[HAPPY]]}, {"one": "Pos"}, "This dataset has only one video"),
        ({"one": [[HAPPY]], "two": [[SAD]]}, {}, "No video has a label"),
        ({"one": [[HAPPY]], "two": [[SAD]]}, {"one": "Pos"}, "1 of 2 videos has a label"),
        (
            {"one": [NOBODY], "two": [NOBODY]},
            {"one": "Pos"},
            "haar found no face in any frame of this dataset.",
        ),
    ],
)
def test_what_a_dataset_cannot_show_is_said(
    tmp_path: Path, videos: Any, golden: dict[str, str], said: str
) -> None:
    tables = study_tables(tmp_path, {("2019", "haar"): videos}, {"2019": golden})
    assert said in Parsed(page_of(tables)).text


def test_what_each_mapping_makes_of_a_dataset_is_told(tables: Tables) -> None:
    text = Parsed(page_of(tables)).text.split("2019: how much depends on the mapping")[1]
    text = " ".join(text.split("CSV of what each mapping makes of 2019")[0].split())
    heads = "".join(
        f"{column}{label}"
        for column in ("Shareofthesevenemotions", "Shareofframes", "Recall")
        for label in ("Pos", "Neg", "Neut")
    )
    assert heads in text.replace(" ", "")
    prior, other = "28.6% 28.6% 42.9%", "28.6% 42.9% 28.6%"
    half = "50.0% none none 50.00% 9.5% to 90.5%"
    # Two happy faces and an angry one; Haar finds none that is sad.
    share = "66.7% 33.3% 0.0%"
    assert (
        f"haar paper (this study's) {prior} {share} {half} 100.0% "
        f"sad_negative {other} {share} {half} +0.00 100.0%" in text
    )
    # In one of the two frames of "one" mtcnn's face is sad: Pos has the higher summed score.
    wrong = "0.0% none none 0.00% 0.0% to 65.8%"
    assert (
        f"mtcnn paper (this study's) {prior} 25.0% 50.0% 25.0% {wrong} 100.0% "
        f"sad_negative {other} 25.0% 75.0% 0.0% {half} +50.00" in text
    )


def test_a_study_without_labels_has_shares_and_no_accuracy(tmp_path: Path) -> None:
    tables = study_tables(tmp_path, {("2019", "haar"): {"one": [[HAPPY]], "two": [[SAD]]}}, {})
    text = " ".join(Parsed(page_of(tables)).text.split())
    assert "no labels" in text
    assert "sad_negative 28.6% 42.9% 28.6% 50.0% 50.0% 0.0% no labels" in text


def test_fifty_long_videos_stay_below_15_mb() -> None:
    rng = np.random.default_rng(1)
    videos, frames = 50, 1500
    frame = Frame(0, 0, Fraction(1, 25), picture("astronaut"))
    (kept,) = face_pictures(frame, [Face((180, 70, 90, 90), [])])
    face = face_picture(kept, 144)
    jpeg = b64encode(face).decode()
    faces = pl.DataFrame(
        {
            "video": [f"v{number // frames}" for number in range(videos * frames)],
            "frame": [number % frames * 20 for number in range(videos * frames)],
            "time": [number % frames * 0.8 for number in range(videos * frames)],
            "face": 0, "x": 1, "y": 1, "width": 90, "height": 90, "confidence": 0.9,
            **dict(zip(EMOTIONS, rng.dirichlet([0.5] * 7, videos * frames).round(4).T, strict=True)),
            "status": "ok",
            "track": None,
            "chosen": True,
            **dict.fromkeys(SCHEMA.names()[SCHEMA.names().index("pos") :]),
        },
        SCHEMA,
    )  # fmt: skip
    runs = [("2019", "haar"), ("2019", "mtcnn")]
    counts = count_labels(faces, {})
    predicted = predictions(dict.fromkeys(["haar", "mtcnn"], faces), {}, {}, METHODS, {}, {})
    tables = Tables(
        pl.DataFrame(summarize("2019", predicted), SUMMARY),
        dict.fromkeys(runs, counts),
        dict.fromkeys(runs, count_segments(faces, {}, 1000)),
        dict.fromkeys(runs, faces),
        pl.DataFrame(schema=PROBLEMS),
        pl.DataFrame(schema=COMPARISONS),
        pl.DataFrame(schema=BIAS),
    )
    top = [TOP | {"jpeg": jpeg}] * 7
    thumbnails = {f"v{number}": {"haar": top, "mtcnn": top} for number in range(videos)}
    page = tables.page(tables.views({"2019": thumbnails}))
    assert page.count("data-chart=") > 2 * videos
    assert len(page.encode()) < 15_000_000


def test_how_videos_were_shown_is_listed(tmp_path: Path) -> None:
    statuses = {
        ("2019", "a"): VideoStatus("a.mp4", 5, treatment=Treatment(rotated=90, mirrored=True)),
        ("2019", "b"): VideoStatus("b.mp4", 5, treatment=Treatment(rotated=180)),
        ("2020", "c"): VideoStatus("c.mp4", 5),
    }
    write_treatments(tmp_path / "treatments.csv", statuses)
    table = pl.read_csv(tmp_path / "treatments.csv", schema=TREATMENTS)
    assert table.rows() == [("2019", "rotated", 2), ("2019", "mirrored", 1)]
    study = study_tables(tmp_path, {("2019", "haar"): {"a": [[HAPPY]], "b": [[ANGRY]]}}, {})
    assert 'id="treatments"' not in study.page()
    page = replace(study, treatments=table).page()
    assert '<tr><td>2019</td><th scope="row">rotated</th><td class="number">2</td></tr>' in page


def test_a_csv_link_holds_the_table() -> None:
    table = pl.DataFrame({"name": ['a,"b"'], "score": [0.25]})
    head, text = csv_link(table).split(",", 1)
    assert head == "data:text/csv;charset=utf-8;base64"
    assert pl.read_csv(b64decode(text)).equals(table)


def test_how_a_report_was_made_is_gathered() -> None:
    made = colophon(ROOT, {"datasets": {"2019": {"videos": "data/Ü"}}})
    assert re.fullmatch(r"[0-9a-f]{40}(, with uncommitted changes)?|unknown: .*", made.commit)
    assert made.versions["fer"] == "25.10.3"
    assert re.fullmatch(r"\d+\.\d+\.\d+", made.versions["facetally"])
    assert "videos: data/Ü" in made.config


def test_no_repository_is_no_error(tmp_path: Path) -> None:
    assert colophon(tmp_path, {}).commit.startswith("unknown")


def test_how_many_faces_are_left_out_is_told(tmp_path: Path) -> None:
    faces = faces_of(tmp_path, {"one": [[HAPPY, SAD], [HAPPY], []]})
    second = pl.col("face") == 1
    doubtful = faces.with_columns(
        left_out_by=pl.when(second).then(pl.lit("min_confidence")).otherwise("left_out_by")
    )
    said = (
        "1 of 3 faces that haar found is left out as too doubtful or too small "
        "(min_confidence, min_face_height): the figures below do not count them."
    )
    for table, expected in ((faces, []), (doubtful, [said])):
        counts, bias = count_labels(table, {}), pl.DataFrame(schema=BIAS)
        view = dataset_view("d", {"haar": counts}, {"haar": table}, bias, [], "paper", "first")
        assert [note for note in view.notes if "min_confidence" in note] == expected

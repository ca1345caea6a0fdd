"""The page of who is who in a browser: what a person saves there is what a study reads."""

from pathlib import Path

import numpy as np
from facetally.faces.identity_files import VideoFaces
from facetally.faces.who_is_who import who_is_who
from facetally.measure.others_seen import OTHERS_SEEN
from facetally.report.identities import identities_page
from facetally.study.identities import read_corrections
from playwright.sync_api import Browser

BOXES = {0: (10, 20, 30, 40), 1: (200, 20, 30, 40), 2: (90, 60, 50, 55)}
"""Where each track is; none has a vector, so all are in doubt."""


def doubtful(frames: int) -> VideoFaces:
    rows = [(frame, number, number) for frame in range(frames) for number in BOXES]
    return VideoFaces(
        np.array(rows, np.int64),
        np.array([frame / 3 for frame, _, _ in rows]),
        np.array([BOXES[track] for _, _, track in rows], np.int64),
        np.array([0.0]),
        np.ones(len(BOXES), bool),
        np.empty(0, np.int64),
        np.empty(0, bool),
        np.empty((0, 128), np.float32),
        np.array([b""] * len(BOXES), np.bytes_),
    )


def test_the_saved_list_corrects_the_faces_that_it_names(browser: Browser, tmp_path: Path) -> None:
    videos = {("d", "haar", name): doubtful(5) for name in ("talk", "Ü, 1")}
    references = {"Anna": np.ones((1, 128), np.float32)}
    tracks, alike, _ = who_is_who(videos, references)
    page = identities_page(tracks, alike, OTHERS_SEEN.to_frame(), videos, named=True)
    (tmp_path / "identities.html").write_text(page, encoding="utf-8")
    shown = browser.new_page()
    shown.goto((tmp_path / "identities.html").as_uri())
    with shown.expect_download() as saving:
        shown.get_by_role("link", name="CSV of all doubtful tracks").click()
    path = tmp_path / saving.value.suggested_filename
    saving.value.save_as(path)
    shown.close()
    assert path.name == "corrections.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    assert header == "video,start,end,x,y,width,height,person"
    known = {"d": ["talk", "Ü, 1"]}
    assert read_corrections(path, known) == []
    people = ["Anna", "unknown", "not a face", "Bert", "", "anna"]
    filled = [row.removesuffix('""') + person for row, person in zip(rows, people, strict=True)]
    path.write_text("\n".join([header, *filled]), encoding="utf-8")
    corrections = read_corrections(path, known, ["Anna"])
    after, _, without = who_is_who(videos, references, corrections)
    assert without.is_empty()
    assert after.filter("corrected").select("video", "track", "person").rows() == [
        *(("talk", 0, "Anna"), ("talk", 1, "unknown"), ("talk", 2, "not a face")),
        *(("Ü, 1", 0, "Bert"), ("Ü, 1", 2, "Anna")),
    ]

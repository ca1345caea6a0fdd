"""The page for checking who is who: doubtful tracks first, then everybody's faces."""

import base64
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from facetally.faces.identity_files import Place, VideoFaces
from facetally.faces.who_is_who import ALIKE, TRACKS
from facetally.measure.others_seen import OTHERS_SEEN
from facetally.report.identities import AT_MOST, identities_page
from facetally.study.identities import NOT_A_FACE, UNKNOWN, Correction, read_corrections

NO_PAIRS = ALIKE.to_frame()
NO_OTHERS = OTHERS_SEEN.to_frame()


def picture(place: Place, track: int) -> bytes:
    return f"{place} {track}".encode()


BOX = (10, -20, 30, 40)


def study(
    rows: list[tuple[str, int, str | None, float | None, bool]],
) -> tuple[pl.DataFrame, dict[Place, VideoFaces]]:
    """The table of tracks of a dataset, and the faces of its videos."""
    tracks = pl.DataFrame(
        [("d", "haar", *row, False, 3, 1.0, 8 / 3, *BOX) for row in rows],
        schema=TRACKS,
        orient="row",
    )
    faces = {}
    for (video,), own in tracks.group_by("video", maintain_order=True):
        place = ("d", "haar", str(video))
        faces[place] = VideoFaces(
            np.empty((0, 3), np.int64),
            np.empty(0),
            np.empty((0, 4), np.int64),
            np.empty(0),
            np.ones(own.height, bool),
            np.empty(0, np.int64),
            np.empty(0, bool),
            np.empty((0, 128), np.float32),
            np.array([picture(place, track) for track in own["track"]], np.bytes_),
        )
    return tracks, faces


TWO = study(
    [
        ("a", 0, "Anna", 0.2, False),
        ("a", 1, "Bert", 0.5, True),
        ("a", 2, None, None, False),
        ("b", 0, "Bert", 0.3, False),
        ("b", 1, UNKNOWN, 0.7, False),
        ("b", 2, "Anna", 0.45, True),
    ]
)


def sections(page: str) -> list[str]:
    return re.findall(r'<h2 id="[^"]*">([^<]*)</h2>', page)


def pictures(page: str) -> list[str]:
    return [
        base64.b64decode(found).decode() for found in re.findall(r"jpeg;base64,([^\"]+)", page)
    ]


def test_doubtful_tracks_come_first_the_likeliest_first() -> None:
    page = identities_page(TWO[0], NO_PAIRS, NO_OTHERS, TWO[1], named=True)
    assert sections(page) == ["Doubtful", "Anna", "Bert", UNKNOWN, "Nobody"]
    a, b = ("d", "haar", "a"), ("d", "haar", "b")
    order = [(b, 2), (a, 1), (a, 0), (b, 0), (b, 1)]
    assert pictures(page) == [picture(*each).decode() for each in order]
    assert "<b>Anna?</b> b, haar, track 2" in page
    assert "6 tracks of faces, 2 people, 2 tracks in doubt" in page
    assert "These are not faces: the detectors were wrong." in page


def saved(page: str, path: Path) -> Path:
    """Save the list of doubtful tracks."""
    (found,) = re.findall(r"data:text/csv;charset=utf-8;base64,([^\"]+)", page)
    path.write_bytes(base64.b64decode(found))
    return path


def test_the_list_to_correct_is_one_that_is_read(tmp_path: Path) -> None:
    page = identities_page(TWO[0], NO_PAIRS, NO_OTHERS, TWO[1], named=True)
    path = saved(page, tmp_path / "corrections.csv")
    assert path.read_text().splitlines() == [
        "video,start,end,x,y,width,height,person",
        'b,1.0,2.667,10,-20,30,40,""',
        'a,1.0,2.667,10,-20,30,40,""',
    ]
    assert read_corrections(path, {"d": ["a", "b"]}) == []
    path.write_text(path.read_text().replace('""', "Anna"))
    box = tuple(map(float, BOX))
    assert read_corrections(path, {"d": ["a", "b"]}) == [
        Correction("d", video, 1.0, 2.667, box, "Anna", row)  # type: ignore[arg-type]
        for row, video in ((2, "b"), (3, "a"))
    ]


def test_with_several_datasets_the_list_names_them(tmp_path: Path) -> None:
    """Also one that has no face."""
    tracks, faces = study([("a", 0, "Anna", 0.5, True)])
    faces["e", "haar", "a"] = faces["d", "haar", "a"]
    page = identities_page(tracks, NO_PAIRS, NO_OTHERS, faces, named=True)
    assert saved(page, tmp_path / "c.csv").read_text().startswith("dataset,video,start,end,x,y,")


def test_what_is_not_a_face_is_nobodys() -> None:
    tracks, faces = study([("a", 0, NOT_A_FACE, None, False), ("a", 1, "Anna", 0.3, False)])
    page = identities_page(tracks, NO_PAIRS, NO_OTHERS, faces, named=True)
    assert sections(page) == ["Doubtful", "Anna", "Nobody"]
    assert "2 tracks of faces, 1 person, 0 tracks in doubt" in page


def test_nothing_in_doubt_and_nobody_alike_is_said_or_left_out() -> None:
    tracks, faces = study([("a", 0, "person_1", None, False)])
    page = identities_page(tracks, NO_PAIRS, NO_OTHERS, faces, named=False)
    assert "No track is doubtful." in page
    assert sections(page) == ["Doubtful", "person_1"]
    assert "the person's other tracks" in page


def test_people_who_may_be_one_and_others_than_told() -> None:
    alike = pl.DataFrame([("person_1", "person_2", 0.48)], schema=ALIKE, orient="row")
    others = pl.DataFrame(
        [("d", "haar", "a", 0, "Anna", "Bert", 12, 30)], schema=OTHERS_SEEN, orient="row"
    )
    page = identities_page(TWO[0], alike, others, TWO[1], named=True)
    assert sections(page)[:3] == ["Doubtful", "Someone else", "Possibly the same person"]
    assert "<td>person_2</td><td" in page
    assert '<td class="number">12</td>' in page


@pytest.mark.parametrize("tracks", [AT_MOST, AT_MOST + 3])
def test_of_many_tracks_those_furthest_from_the_person_are_shown(tracks: int) -> None:
    found, faces = study([("a", n, "Anna", n / 1000, False) for n in range(tracks)])
    page = identities_page(found, NO_PAIRS, NO_OTHERS, faces, named=True)
    first = tracks - AT_MOST
    expected = [picture(("d", "haar", "a"), n).decode() for n in range(first, tracks)]
    assert pictures(page) == expected
    assert ("3 more are not" in page) == bool(first)


def test_names_are_no_markup() -> None:
    tracks, faces = study([("<i>&", 0, "<b>x", 0.2, True), ("<i>&", 1, "<b>x", 0.2, False)])
    page = identities_page(tracks, NO_PAIRS, NO_OTHERS, faces, named=True)
    assert "<b>x" not in page.replace("<b>&lt;b&gt;x?</b>", "")
    assert "<i>&" not in page

"""The table of expressions: what the face that counts shows in each frame, and whose it is."""

from pathlib import Path

import polars as pl
import pytest
from facetally.faces.counted import Known
from facetally.faces.identities import Who
from facetally.faces.table import face_table
from facetally.measure.expressions import EXPRESSIONS, expressions
from facetally.measure.others_seen import OTHERS_SEEN, others_seen, without_pictures
from facetally.study.identities import UNKNOWN
from facetally.study.people import Turn
from support.raw_files import raw_file, scores

HAPPY = scores(happy=0.9, neutral=0.1)
MIXED = scores(happy=0.25, angry=0.125, sad=0.5, neutral=0.125)


@pytest.fixture
def table(tmp_path: Path) -> pl.DataFrame:
    """A video of four frames, the second without a face, and one of a single frame."""
    raw = {
        "debate": raw_file(tmp_path / "debate.json", [[HAPPY], [], [MIXED, HAPPY], [MIXED]]),
        "solo": raw_file(tmp_path / "solo.json", [[HAPPY]]),
    }
    faces = face_table(raw)
    times = faces.filter(video="debate")["time"].unique().sort().to_list()
    turns = {
        "debate": [Turn("Anna", 0, times[1]), Turn("Bert", times[2], times[3])],
        "solo": [Turn("Carl")],
    }
    return expressions("d", "haar", faces, turns)


def test_a_row_per_sampled_frame(table: pl.DataFrame) -> None:
    assert table.schema == EXPRESSIONS
    assert table.select("video", "person", "turn").rows() == [
        ("debate", "Anna", 0),
        ("debate", None, None),  # The frame at the end of a turn is not part of it.
        ("debate", "Bert", 1),
        ("debate", None, None),
        ("solo", "Carl", 0),
    ]
    assert set(table.select("dataset", "detector").rows()) == {("d", "haar")}


def test_what_the_face_that_counts_shows(table: pl.DataFrame) -> None:
    assert table.select("emotion", "class", "valence").rows() == [
        ("happy", "Pos", pytest.approx(0.9)),
        (None, None, None),
        ("sad", "Neut", pytest.approx(0.25 - 0.5)),
        ("sad", "Neut", pytest.approx(0.25 - 0.5)),
        ("happy", "Pos", pytest.approx(0.9)),
    ]
    assert table["width"].is_null().to_list() == [False, True, False, False, False]


def test_frames_stand_for_the_time_until_the_next(table: pl.DataFrame) -> None:
    times = table.filter(video="debate")["time"]
    assert table["seconds"].to_list() == pytest.approx(
        [*times.diff().drop_nulls(), times[3] - times[2], 0]
    )


def test_whoever_is_known_has_rows_of_their_own_face(tmp_path: Path) -> None:
    raw = {
        name: raw_file(tmp_path / f"{name}.json", [[HAPPY, MIXED], [MIXED], [HAPPY, HAPPY], []])
        for name in ("debate", "said")
    }
    who = [
        Who("Anna", 0.2, doubtful=False),
        Who("Bert", 0.2, doubtful=False),
        Who(UNKNOWN, 0.7, doubtful=False),
        Who("Bert", 0.5, doubtful=True),
    ]
    seen = Known(tracks={0: [0, 1], 20: [3], 40: [2, 1]}, who=who)
    faces = face_table(raw, known=dict.fromkeys(raw, seen))
    table = expressions("d", "haar", faces, {"said": [Turn("Carl")]})
    assert table.schema == EXPRESSIONS
    own = table.filter(video="debate")
    assert own.select("frame", "person", "turn", "emotion", "x").rows() == [
        (0, "Anna", 0, "happy", 0),
        (0, "Bert", 1, "sad", 10),
        (20, None, None, "sad", 0),  # If in doubt: the face that counts, without a person.
        (40, "Bert", 1, "happy", 10),
        (60, None, None, None, None),
    ]
    assert own["seconds"].to_list() == [0.8] * 5
    said = table.filter(video="said")
    assert said.select("frame", "person", "turn", "x").rows() == [
        (0, "Carl", 0, 0),
        (20, "Carl", 0, 0),
        (40, "Carl", 0, 0),
        (60, "Carl", 0, None),
    ]
    others = others_seen(table, faces)
    assert others.schema == OTHERS_SEEN
    assert others.select("video", "person", "seen", "frames", "of").rows() == [
        ("said", "Carl", "Bert", 2, 2),
        ("said", "Carl", "Anna", 1, 2),
        ("said", "Carl", UNKNOWN, 1, 2),
    ]
    assert without_pictures(others, ["Anna"])["seen"].to_list() == ["Bert", "Anna"]
    assert without_pictures(others, ["Carl"]).height == 3

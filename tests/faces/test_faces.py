"""Raw FER JSON and the tidy table made of it."""

import json
from pathlib import Path

import pytest
from facetally.detect.face import Face
from facetally.emotions import EMOTIONS
from facetally.errors import RawFormatError
from facetally.faces.raw import RawFrame, frame_record, read_raw, write_raw
from facetally.faces.table import face_table
from support.raw_files import raw_file, scores


def test_a_record_has_the_papers_keys_in_order() -> None:
    face = Face((1, 2, 3, 4), scores(happy=0.123456, neutral=0.876544), 0.98765)
    record = frame_record(40, 1.3346680013, [face, Face((5, 6, 7, 8), scores(sad=1.0))])
    assert list(record) == [
        "frame", "time", "box0", *(f"{emotion}0" for emotion in EMOTIONS), "confidence0",
        "box1", *(f"{emotion}1" for emotion in EMOTIONS),
    ]  # fmt: skip
    assert record["time"] == 1.334668
    assert record["box0"] == [1, 2, 3, 4]
    assert (record["happy0"], record["neutral0"], record["confidence0"]) == (
        0.1235,
        0.8765,
        0.9877,
    )


def test_a_frame_without_a_face_has_only_frame_and_time(tmp_path: Path) -> None:
    path = raw_file(tmp_path / "clip.json", [[]])
    assert json.loads(path.read_text()) == [{"frame": 0, "time": 0.0}]


def test_no_frames_make_an_empty_array(tmp_path: Path) -> None:
    write_raw(tmp_path / "clip.json", [])
    assert json.loads((tmp_path / "clip.json").read_text()) == []


def test_an_interrupted_file_never_appears(tmp_path: Path) -> None:
    def records():
        yield frame_record(0, 0.0, [])
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_raw(tmp_path / "clip.json", records())
    assert list(tmp_path.iterdir()) == []


def test_the_table_has_a_row_per_face_and_one_for_a_frame_without(tmp_path: Path) -> None:
    raw = raw_file(tmp_path / "clip.json", [[scores(happy=1.0), scores(sad=1.0)], []])
    table = face_table({"clip": raw})
    assert table.select(
        "video", "frame", "time", "face", "x", "width", "confidence", "happy", "status"
    ).rows() == [
        ("clip", 0, 0.0, 0, 0, 30, 0.9, 1.0, "ok"),
        ("clip", 0, 0.0, 1, 10, 30, 0.9, 0.0, "ok"),
        ("clip", 20, 0.8, None, None, None, None, None, "no_face"),
    ]


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    faces = Face((1, 2, 3, 4), scores(fear=1.0)), Face((5, 6, 7, 8), scores(sad=1.0), 0.5)
    frames = [RawFrame(0, 0.5, faces), RawFrame(20, 1.3, ())]
    write_raw(
        tmp_path / "clip.json",
        (frame_record(frame.index, frame.time, frame.faces) for frame in frames),
    )
    assert read_raw(tmp_path / "clip.json") == frames


def test_an_emotion_models_scores_follow_the_seven(tmp_path: Path) -> None:
    face = Face((1, 2, 3, 4), scores(happy=1), 0.9, (0.2, 0.70004, 0.1))
    plain = Face((1, 2, 3, 4), scores(happy=1), 0.9)
    record = frame_record(0, 0.0, [face, plain])
    keys = list(record)
    assert keys[keys.index("neutral0") :][:5] == [
        "neutral0",
        "pos0",
        "neg0",
        "neut0",
        "confidence0",
    ]
    assert not {"pos1", "neg1", "neut1"} & record.keys()
    write_raw(tmp_path / "clip.json", [record, frame_record(20, 0.8, [])])
    first, second = read_raw(tmp_path / "clip.json")[0].faces
    assert (first.classes, second.classes) == ([0.2, 0.7, 0.1], None)
    table = face_table({"clip": tmp_path / "clip.json"})
    assert table.columns[table.columns.index("chosen") + 1 :][:3] == ["pos", "neg", "neut"]
    assert table.select("status", "pos", "neg", "neut").rows() == [
        ("ok", 0.2, 0.7, 0.1),
        ("ok", None, None, None),
        ("no_face", None, None, None),
    ]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"neg0": 1.2}, "neg0 is 1.2, not from 0 to 1"),
        ({"pos0": float("nan")}, "pos0 is nan, not from 0 to 1"),
        ({"neut0": "0.1"}, "neut0 is '0.1', not from 0 to 1"),
        ({"neut0": None}, "neut0 is None, not from 0 to 1"),
        ({"neg0": ...}, "no neg0"),
    ],
)
def test_scores_of_classes_that_are_none_are_refused(
    tmp_path: Path, broken: dict[str, object], said: str
) -> None:
    face = Face((1, 2, 3, 4), scores(happy=1), None, (0.2, 0.7, 0.1))
    record = frame_record(0, 0.0, [face]) | broken
    write_raw(
        tmp_path / "clip.json", [{key: value for key, value in record.items() if value is not ...}]
    )
    with pytest.raises(RawFormatError) as error:
        face_table({"clip": tmp_path / "clip.json"})
    assert f"entry 0: incomplete face ({said}); delete it" in str(error.value)


POINTS = [(10.25, 20), (30, 20.04), (20, 30), (12, 40), (28, 40)]


def test_landmarks_come_last_and_are_read_back(tmp_path: Path) -> None:
    face = Face((1, 2, 3, 4), scores(happy=1), 0.9, landmarks=POINTS)
    record = frame_record(0, 0.0, [face, Face((1, 2, 3, 4), scores(happy=1))])
    keys = list(record)
    assert keys[keys.index("confidence0") + 1] == "landmarks0"
    assert "landmarks1" not in record
    rounded = [(10.2, 20), (30, 20.0), (20, 30), (12, 40), (28, 40)]
    assert [tuple(point) for point in record["landmarks0"]] == rounded
    write_raw(tmp_path / "clip.json", [record])
    first, second = read_raw(tmp_path / "clip.json")[0].faces
    assert (first.landmarks, second.landmarks) == (rounded, None)
    table = face_table({"clip": tmp_path / "clip.json"})
    assert table.columns[-10:] == [
        "left_eye_x", "left_eye_y", "right_eye_x", "right_eye_y", "nose_x", "nose_y",
        "mouth_left_x", "mouth_left_y", "mouth_right_x", "mouth_right_y",
    ]  # fmt: skip
    assert table.rows()[0][-10:] == (10.2, 20, 30, 20, 20, 30, 12, 40, 28, 40)
    assert table.rows()[1][-10:] == (None,) * 10


@pytest.mark.parametrize(
    "points",
    [POINTS[:4], [*POINTS, (1, 2)], [*POINTS[:4], (1, "2")], [*POINTS[:4], (1, float("nan"))],
     [*POINTS[:4], (1,)], [*POINTS[:4], (True, 1)], 5, "ab", [*POINTS[:4], (2.0**31, 1)]],
)  # fmt: skip
def test_landmarks_that_are_none_are_refused(tmp_path: Path, points: object) -> None:
    record = frame_record(0, 0.0, [Face((1, 2, 3, 4), scores(happy=1))]) | {"landmarks0": points}
    write_raw(tmp_path / "clip.json", [record])
    with pytest.raises(RawFormatError, match="entry 0: incomplete face") as error:
        read_raw(tmp_path / "clip.json")
    assert "\n" not in str(error.value)

"""Who is seen when, according to files of people and events."""

from pathlib import Path

import pytest
from facetally.errors import PeopleError
from facetally.study.cues import seconds_of
from facetally.study.golden import LabelFiles
from facetally.study.people import (
    PEOPLE,
    Turn,
    check_names,
    people_of,
    read_people,
)

VIDEOS = ("debate", "anna_1", "talk")


def written(folder: Path, content: str, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12),
        ("12.5", 12.5),
        ("12,5", 12.5),
        ("1:02", 62),
        ("90:00", 5400),
        ("1:02:03.25", 3723.25),
        ("1:61", None),
        ("1:60:00", None),
        ("-3", None),
        ("soon", None),
        ("", None),
    ],
)
def test_times(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_the_person_of_whole_videos(tmp_path: Path) -> None:
    path = written(tmp_path, "filename,person\nDebate.mp4,Bert\nanna_1, Anna \n")
    assert read_people(path, VIDEOS) == {"debate": [Turn("Bert")], "anna_1": [Turn("Anna")]}


def test_turns_in_order_of_time_however_they_are_written(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "person;end;start;filename;note\nBert;0:00:20;0:10,5;debate;x\nAnna;10,5;;debate;\n"
        "Anna;;30;debate\n",
    )
    assert read_people(path, VIDEOS)["debate"] == [
        Turn("Anna", 0, 10.5),
        Turn("Bert", 10.5, 20),
        Turn("Anna", 30, None),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("filename,who\ndebate,x\n", "the header is 'filename,who'; it must name the columns filename,person"),
        ("filename,person\n", "has no rows below its header; add some"),
        ("filename,person\ndebate,\n", "row 2: the person is empty; write it or remove the row"),
        ("filename,person\n,x\n", "row 2: the filename is empty; write it or remove the row"),
        ("filename,person,start\ndebate,x,1\n", "has a column start but no column end; add it"),
        ("filename,start,end,person\ndebate,1,x,x\n", "row 2: end 'x' is not a time; write seconds, m:ss or h:mm:ss"),
        ("filename,start,end,person\ndebate,9,0:09,x\n", "row 2: ends at 0:09, not after its start (9); correct the times"),
        ("filename,start,end,person\ndebate,0,10,x\ndebate,20,30,x\ndebate,9.5,12,y\n", "debate: rows 2 and 4 overlap in time; end one turn before the next begins"),
        ("filename,person\ndebate,x\ndebate,y\n", "debate: rows 2 and 3 overlap in time; end one turn before the next begins"),
        ("filename,person\ndebat,x\nother,y\n", "no such video: debat, other; correct the names or remove the rows"),
        ("filename,person\ndebate,x,1\n", "row 2: has 3 fields, more than the header; put fields that have the separator in them between quotes"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    tmp_path: Path, content: str, said: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(PeopleError) as refused:
        check_names(path, PEOPLE, VIDEOS)
    assert str(refused.value) in (f"{path}: {said}", f"{path}, {said}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(PeopleError, match="file of people does not exist; create it or correct"):
        check_names(path, PEOPLE, VIDEOS)


def test_a_name_that_could_mean_two_videos(tmp_path: Path) -> None:
    path = written(tmp_path, "filename,person\nDEBATE,x\n")
    with pytest.raises(PeopleError, match="row 2: DEBATE could mean the videos 'Debate' and"):
        read_people(path, ("Debate", "debate"))


def test_a_row_is_of_the_videos_of_a_name_in_all_datasets(tmp_path: Path) -> None:
    path = written(tmp_path, "filename,person\ndebate,x\n")
    check_names(path, PEOPLE, ("debate", "debate", "talk"))


def test_who_is_told_by_the_file_then_the_labels_then_the_name(tmp_path: Path) -> None:
    labels = written(
        tmp_path,
        "filename,label,group,person\nanna_1,Positive,1,Anna\ntalk,Neutral,Carl,\n",
        "labels.csv",
    )
    people = written(tmp_path, "filename,start,end,person\ndebate,5,9,Bert\n")
    videos = (*VIDEOS, "dora_1_0", "_x")
    assert people_of(videos, LabelFiles([labels]), people) == {
        "debate": [Turn("Bert", 5, 9)],
        "anna_1": [Turn("Anna")],
        "talk": [Turn("Carl")],
        "dora_1_0": [Turn("dora")],
        "_x": [Turn("_x")],
    }
    assert people_of(("debate",), LabelFiles(), None) == {"debate": [Turn("debate")]}

"""What config.yaml and its files say about identifying people."""

from pathlib import Path

import pytest
from facetally.errors import ConfigError, FacetallyError, PeopleError
from facetally.study.config import Study, load_study
from facetally.study.golden import LabelFiles
from facetally.study.identities import (
    NOT_A_FACE,
    UNKNOWN,
    Belonging,
    Correction,
    belonging,
    read_corrections,
)
from facetally.study.people import Turn, people_of
from facetally.study.references import check_pictures

VIDEOS = {"a": ["talk", "debate"], "b": ["talk", "Solo"]}
HEADER = "video,start,end,x,y,width,height,person"
BOX = (10.0, -2.0, 30.0, 40.5)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with videos and pictures of two people."""
    monkeypatch.chdir(tmp_path)
    for name in ("talk.mp4", "anna_1.mp4"):
        (tmp_path / "clips").mkdir(exist_ok=True)
        (tmp_path / "clips" / name).touch()
    for name in ("Anna/1.jpg", "Anna/2.PNG", "Bert/b.webp"):
        (tmp_path / "people" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "people" / name).touch()
    return tmp_path


def loaded(**config: object) -> Study:
    return load_study({"datasets": {"d": {"videos": "clips"}}, **config})


def test_people_are_told_apart_if_asked(study: Path) -> None:
    assert loaded().identities is None
    (study / "who.csv").write_text("filename,person\ntalk,Anna\n")
    plain = loaded(people="who.csv")
    assert (plain.people, plain.identities) == (Path("who.csv"), None)
    assert loaded(people={"file": "who.csv"}).people == Path("who.csv")
    assert loaded(people={"identify": False}).identities is None
    found = loaded(people={"identify": True}).identities
    assert found is not None and not found.references
    (study / "who.csv").write_text("filename,person\ntalk,ANNA\n")
    told = loaded(people={"references": "people", "file": "who.csv"}, face="person")
    assert told.identities is not None and list(told.identities.references) == ["Anna", "Bert"]
    assert told.named_files == [Path("who.csv"), Path("people")]


def test_a_word_of_corrections_is_no_spelling_of_a_name(study: Path) -> None:
    (study / "who.csv").write_text("filename,person\ntalk,Unknown\nanna_1,Ms  Carl\n")
    box = "1,2,0,0,9,9"
    rows = [f"talk,{box},UNKNOWN", "anna_1,1,2,0,0,9,9,ms carl"]
    (study / "c.csv").write_text("\n".join([HEADER, *rows]))
    people = {"references": "people", "file": "who.csv", "corrections": "c.csv"}
    known = loaded(people=people).identities
    assert known is not None
    assert [each.person for each in known.corrections] == [UNKNOWN, "Ms Carl"]


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"face": "person"}, "face: person needs pictures of the people"),
        ({"face": "person", "people": {"identify": True}}, "face: person needs pictures"),
        (
            {"face": "person", "people": {"references": "people"}},
            "face: person: d: there are no pictures of the people in these videos: talk (nobody named); "
            "add them to people.references, name the person",
        ),
        ({"people": {"corrections": "c.csv"}}, "people.corrections: there is nothing to correct"),
        (
            {"people": {"reference": "people"}},
            "people: unknown key 'reference'; did you mean 'references'?",
        ),
        ({"people": {}}, "people"),
        ({"people": {"identify": 2}}, "people.identify"),
        ({"people": {"references": "people", "corrections": "c.csv"}}, "c.csv"),
    ],
)
def test_what_cannot_be_asked_for(config: dict[str, object], said: str) -> None:
    with pytest.raises(FacetallyError) as refused:
        loaded(**config)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def corrections(folder: Path, text: str, known: tuple[str, ...] = ()) -> list[Correction]:
    path = folder / "corrections.csv"
    path.write_text(text)
    return read_corrections(path, VIDEOS, known)


def test_corrections_say_when_and_where(tmp_path: Path) -> None:
    text = f"""{HEADER}
debate.mp4,3,0:05.5,10,-2,30,40.5,anna
solo,,,10,-2,30,40.5, Bert
debate,1:00:00,1:00:00,"10,0",-2,30,40.5,UNKNOWN
debate,61,62,10,-2,30,40.5,Not  a  face
debate,70,71,10,-2,30,40.5,
Solo,80,81,10,-2,30,40.5,BERT
"""
    assert corrections(tmp_path, text, ("Anna",)) == [
        Correction("a", "debate", 3, 5.5, BOX, "Anna", 2),
        Correction("b", "Solo", 0, None, BOX, "Bert", 3),
        Correction("a", "debate", 3600, 3600, BOX, UNKNOWN, 4),
        Correction("a", "debate", 61, 62, BOX, NOT_A_FACE, 5),
        Correction("b", "Solo", 80, 81, BOX, "Bert", 7),
    ]
    # A row of the table of tracks, whose other columns are passed over.
    both = f"dataset,detector,track,{HEADER}\nb,mtcnn,7,talk,1,2,10,-2,30,40.5,Anna\n"
    assert corrections(tmp_path, both) == [Correction("b", "talk", 1, 2, BOX, "Anna", 2)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("nobody,1,2,0,0,9,9,Anna", "row 2: no such video: nobody"),
        ("talk,1,2,0,0,9,9,Anna", "row 2: talk is in a and b; say which in a column dataset"),
        ("debate,one,2,0,0,9,9,Anna", "row 2: start 'one' is not a time; write seconds, m:ss"),
        ("debate,1,1:99,0,0,9,9,Anna", "row 2: end '1:99' is not a time"),
        ("debate,3,2,0,0,9,9,Anna", "row 2: ends at 2, before its start \\(3\\)"),
        ("debate,1,2,0,,9,9,Anna", "row 2: y is empty, not a number"),
        ("debate,1,2,0,0,wide,9,", "row 2: width 'wide' is not a number"),
        ("debate,1,2,0,0,9,0,Anna", "row 2: the box has no area"),
        (",1,2,0,0,9,9,Anna", "row 2: the video is empty; write it or remove the row"),
        # A comma as the decimal sign would make the height the person.
        ("debate,1,2,0,5,0,9,9,Anna", "row 2: has 9 fields, more than the header; put fields"),
        (f"debate,1,2,0,0,{'9' * 400},9,Anna", "row 2: width '9.*9' is not a number"),
        (f"debate,{'9' * 400},,0,0,9,9,Anna", "row 2: start '9.*9' is not a time"),
        (
            "debate,1,2,0,0,9,9,Anna\ndebate,3,4,0,0,9,9,Anna\ndebate.mp4,0:01,2.2,1,0,9,9,Bert",
            r"rows 2 and 4: say of one face in debate that it is two people's \(Anna and Bert\); "
            "remove one of the rows",
        ),
        ("debate,,,0,0,9,9,Anna\ndebate,,,0,0,9,9,not a face", "rows 2 and 3: say of one face"),
    ],
)
def test_corrections_that_cannot_be_used(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(PeopleError, match=said) as refused:
        corrections(tmp_path, f"{HEADER}\n{rows}\n")
    assert "\n" not in str(refused.value)


def test_two_faces_at_one_time_or_place_are_no_contradiction(tmp_path: Path) -> None:
    rows = [
        *("debate,1,2,0,0,9,9,Anna", "debate,1,2,5,0,9,9,Bert", "debate,2,3,0,0,9,9,Carl"),
        *("debate,1,2,0,0,9,9,ANNA", "Solo,1,2,0,0,9,9,Bert"),
    ]
    assert len(corrections(tmp_path, "\n".join([HEADER, *rows]))) == 5


def test_a_dataset_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="row 2: dataset 'c' is not one of a, b; write one"):
        corrections(tmp_path, f"dataset,{HEADER}\nc,talk,1,2,0,0,9,9,Anna\n")


@pytest.mark.parametrize("header", ["video,track,person", "video,track,start,end,person,detector"])
def test_numbers_of_tracks_are_no_longer_read(tmp_path: Path, header: str) -> None:
    with pytest.raises(PeopleError) as refused:
        corrections(tmp_path, f"{header}\ndebate,3,Anna\n")
    assert "corrects tracks by their numbers" in str(refused.value)
    assert "video,start,end,x,y,width,height,person" in str(refused.value)
    assert "results/report/identities.html" in str(refused.value)
    with pytest.raises(PeopleError, match="it must name the columns video,start,end,x,y"):
        corrections(tmp_path, "video,person\ndebate,Anna\n")


def test_names_are_those_of_the_pictures(tmp_path: Path) -> None:
    videos = ["anna_1", "bert_2", "talk"]
    assert people_of(videos, LabelFiles(), None, known=["Anna"]) == {"anna_1": [Turn("Anna")]}
    assert people_of(videos, LabelFiles(), None, known=[]) == {}
    file = tmp_path / "people.csv"
    file.write_text("filename,start,end,person\ntalk,0,5,ANNA\ntalk,5,,Carl\n")
    told = people_of(["talk"], LabelFiles(), file, known=["Anna"])["talk"]
    assert [turn.name for turn in told] == ["Anna", "Carl"]
    check_pictures("d", ["talk"], {"talk": told}, ["Anna"])
    with pytest.raises(ConfigError, match=r"people in these videos: talk \(Anna\); add"):
        check_pictures("d", ["talk"], {"talk": told}, ["Bert"])
    assert people_of(videos, LabelFiles(), None)["bert_2"] == [Turn("bert")]


def test_whose_a_moment_is_survives_a_command() -> None:
    corrected = [Correction("d", "v", 1, None, BOX, "Änna", 7)]
    own = Belonging([Turn("Änna", 0, 2.5), Turn("O'Bert", 3)], corrected)
    read = belonging(own.as_text())
    assert read.turns == own.turns
    assert read.corrections == [Correction("d", "v", 1, None, BOX, "Änna")]
    assert [own.person_at(time) for time in (0, 2.5, 3, 99)] == ["Änna", None, "O'Bert", "O'Bert"]

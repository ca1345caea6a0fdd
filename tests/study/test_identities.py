"""What config.yaml and its files say about identifying people."""

from pathlib import Path

import pytest
from facetally.errors import ConfigError, FacetallyError, PeopleError
from facetally.study.config import Study, load_study
from facetally.study.golden import LabelFiles
from facetally.study.identities import (
    Belonging,
    Correction,
    belonging,
    check_pictures,
    read_corrections,
    read_references,
)
from facetally.study.people import Turn, people_of

VIDEOS = {"a": ["talk", "debate"], "b": ["talk", "Solo"]}
HEADER = "video,track,person"


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


def test_pictures_by_person(study: Path) -> None:
    (study / "people" / ".DS_Store").touch()
    (study / "people" / "Anna" / "notes.txt").touch()
    found = read_references(Path("people"))
    assert {name: [path.name for path in own] for name, own in found.items()} == {
        "Anna": ["1.jpg", "2.PNG"],
        "Bert": ["b.webp"],
    }


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (["nowhere"], "is not a folder"),
        (["people/"], "is empty"),
        (["people/face.jpg"], "face.jpg: is not in any person's folder"),
        (["people/Anna/"], "Anna: has no picture"),
        (["people/Unknown/a.jpg"], "Unknown: cannot be a person's name"),
        (["people/Anna/a.jpg", "people/anna/a.jpg"], "is also another folder's name"),
        (["people/Anna/a{b}.jpg"], "which Snakemake takes for a pattern"),
    ],
)
def test_pictures_that_cannot_be_used(tmp_path: Path, made: list[str], said: str) -> None:
    for name in made:
        path = tmp_path / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/") and name != "nowhere":
            path.touch()
    with pytest.raises(ConfigError, match=r"^config.yaml: people.references: ") as refused:
        read_references(tmp_path / "people")
    assert said in str(refused.value)


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


def corrections(
    folder: Path, text: str, detectors: tuple[str, ...] = ("haar",)
) -> list[Correction]:
    path = folder / "corrections.csv"
    path.write_text(text)
    return read_corrections(path, VIDEOS, detectors)


def test_corrections_name_what_is_needed(tmp_path: Path) -> None:
    assert corrections(tmp_path, f"{HEADER}\ndebate.mp4,3,Anna\nsolo,0, Bert \n") == [
        Correction("a", "haar", "debate", 3, "Anna"),
        Correction("b", "haar", "Solo", 0, "Bert"),
    ]
    # As in the table of tracks.
    both = f"dataset,detector,{HEADER},distance\nb,mtcnn,talk,1,Anna,0.5\na,haar,talk,1,Bert,\n"
    assert corrections(tmp_path, both, ("haar", "mtcnn")) == [
        Correction("a", "haar", "talk", 1, "Bert"),
        Correction("b", "mtcnn", "talk", 1, "Anna"),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("nobody,1,Anna", "no such video: nobody"),
        ("talk,1,Anna", "talk is in a and b; say which in a column dataset"),
        ("debate,one,Anna", "track 'one' is not a number"),
        ("debate,-1,Anna", "track '-1' is not a number"),
        ("debate,1,", "the person is empty"),
        ("debate,1,Anna\ndebate,1,Bert", "corrects track 1 of debate again"),
    ],
)
def test_corrections_that_cannot_be_used(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(PeopleError, match=said):
        corrections(tmp_path, f"{HEADER}\n{rows}\n")


def test_several_detectors_have_tracks_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="detector is empty, not one of haar, mtcnn"):
        corrections(tmp_path, f"{HEADER}\ndebate,1,Anna\n", ("haar", "mtcnn"))
    with pytest.raises(PeopleError, match="detector 'x' is not one of haar, mtcnn"):
        corrections(tmp_path, f"{HEADER},detector\ndebate,1,Anna,x\n", ("haar", "mtcnn"))


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
    own = Belonging([Turn("Änna", 0, 2.5), Turn("O'Bert", 3)], {4: "Änna"})
    assert belonging(own.as_text()) == own
    assert [own.person_at(time) for time in (0, 2.5, 3, 99)] == ["Änna", None, "O'Bert", "O'Bert"]

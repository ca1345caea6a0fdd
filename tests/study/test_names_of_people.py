"""Spellings of one name are one person, wherever the study has them; the first is shown."""

import unicodedata
from pathlib import Path

import pytest
from facetally.errors import ConfigError
from facetally.study.config import Study, load_study
from facetally.study.folds import labels_and_groups
from facetally.study.golden import LabelFiles
from facetally.study.matching import alike, spellings, tidy
from facetally.study.people import people_of
from facetally.study.references import read_references
from hypothesis import given
from hypothesis import strategies as st

SPELLINGS = (
    "Ms Ahlers",
    "ms ahlers",
    "Ms  Ahlers",
    " MS\tAHLERS ",
    "Ms\xa0Ahlers",
    "Ms Ah\u200blers\u200f",
    "M\u00ads\u2003Ahlers\ufeff",
)
DECOMPOSED = unicodedata.normalize("NFD", "Zoë Ångström")


def test_what_a_reader_sees_as_one_name_is_one_name() -> None:
    assert {alike(name) for name in SPELLINGS} == {"ms ahlers"}
    assert alike(DECOMPOSED) == alike("zoë ångström") == alike("ZOË ÅNGSTRÖM")
    assert alike("Groß") == alike("GROSS")
    assert len({alike(name) for name in ("Ms Ahlers", "Mr Ahlers", "MsAhlers", "Ms Ahlérs")}) == 4
    assert tidy(f" {DECOMPOSED}\u200b ") == unicodedata.normalize("NFC", "Zoë Ångström")


@given(name=st.text(), other=st.text())
def test_a_shown_name_is_in_one_line_and_alike_to_what_was_written(name: str, other: str) -> None:
    assert tidy(tidy(name)) == tidy(name) == tidy(name).strip()
    assert len(tidy(name).splitlines()) < 2
    assert alike(tidy(name)) == alike(name)
    if tidy(name):
        assert spellings([name, other, name.upper(), name]).get(alike(name), tidy(name)) == (
            tidy(name)
        )


def test_only_names_with_several_spellings_are_listed() -> None:
    names = ["Bert", "ms ahlers", "Ms Ahlers", "", "bert", "Bert", "Carl", "Carl"]
    assert spellings(names) == {"bert": "Bert", "ms ahlers": "ms ahlers"}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two datasets, whose people are named in every way."""
    monkeypatch.chdir(tmp_path)
    for video in ("d/MS AHLERS_1", "d/labelled", "d/listed", "e/ms ahlers_2", "e/other"):
        path = tmp_path / f"{video}.mp4"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "d.csv").write_text("filename,label,person\nlabelled,Pos,Ms  ahlers\n")
    (tmp_path / "e.csv").write_text("filename,label,group\nother,Neg,mS Ahlers\n")
    (tmp_path / "people.csv").write_text("filename,person\nlisted,Ms\u2009AhLers\u200b\n")
    return tmp_path


def loaded(**people: str) -> Study:
    return load_study(
        {
            "datasets": {name: {"videos": name, "labels": f"{name}.csv"} for name in "de"},
            **({"people": people} if people else {}),
        }
    )


def seen(study: Study) -> set[str]:
    """Return everybody who is seen in a study."""
    known = study.identities.references if study.identities else None
    return {
        turn.name
        for each in study.datasets.values()
        for turns in people_of(each.videos, each.labels, study.people, known).values()
        for turn in turns
    }


@pytest.mark.usefixtures("study")
def test_the_first_spelling_is_that_of_the_file_of_people() -> None:
    assert seen(loaded(file="people.csv")) == {"Ms AhLers"}


@pytest.mark.usefixtures("study")
def test_next_come_label_files_in_the_order_of_the_datasets() -> None:
    assert seen(loaded()) == {"Ms ahlers", "listed"}


def test_names_of_videos_come_last(study: Path) -> None:
    for name in "de":
        (study / f"{name}.csv").write_text("filename,label\n")
    assert seen(loaded()) == {"MS AHLERS", "labelled", "listed", "other"}


def test_folders_of_pictures_come_before_everything(study: Path) -> None:
    (study / "faces" / "ms AHLERS").mkdir(parents=True)
    (study / "faces" / "ms AHLERS" / "1.png").touch()
    both = loaded(file="people.csv", references="faces")
    assert both.identities
    assert list(both.identities.references) == ["ms AHLERS"]
    assert seen(both) == {"ms AHLERS"}
    # A name in a video's own name counts too, since there are pictures of that person.
    videos = both.datasets["e"].videos
    labels = both.datasets["e"].labels
    assert people_of(videos, labels, None, ["ms AHLERS"]).keys() == set(videos)


def test_corrections_name_the_same_people(study: Path) -> None:
    (study / "corrections.csv").write_text(
        "video,start,end,x,y,width,height,person\nlisted,0,1,1,2,30,40,MS  AHLERS\n"
        "labelled,0,1,1,2,30,40,Someone\n"
    )
    known = load_study(
        {
            "datasets": {"d": {"videos": "d"}},
            "people": {"identify": True, "corrections": "corrections.csv", "file": "people.csv"},
        }
    ).identities
    assert known
    assert [each.person for each in known.corrections] == ["Ms AhLers", "Someone"]


@pytest.mark.parametrize("names", [("Ms Ahlers", "ms  ahlers"), ("MS AHLERS", "Ms\xa0Ahlers")])
def test_two_folders_of_one_person_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").touch()
    with pytest.raises(ConfigError, match="is also another folder's name; put both into one"):
        read_references(tmp_path)


def test_nobody_is_in_training_and_test_under_two_spellings(study: Path) -> None:
    (study / "d.csv").write_text(
        "filename,label,group\nlabelled,Pos,Ms  ahlers\nMS AHLERS_1,Neg,\nlisted,Pos,x\n"
    )
    each = loaded().datasets["d"]
    _, groups = labels_and_groups(each.labels, each.videos)
    assert groups == {"labelled": "Ms ahlers", "MS AHLERS_1": "Ms ahlers", "listed": "x"}
    # The same without the study's table, as far as one dataset goes.
    _, groups = labels_and_groups(LabelFiles([Path("d.csv")]), each.videos)
    assert groups["labelled"] == groups["MS AHLERS_1"]


def test_raters_and_people_of_one_video_may_be_spelt_in_several_ways(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("1.csv", "2.csv")]
    paths[0].write_text("filename,label,rater,person\na,Pos,Ann\xa0B,Ms Ahlers\n")
    paths[1].write_text("filename,label,rater,person\na,Pos,Cleo,ms  ahlers\nb,Neg,ann  b,\n")
    labelled = LabelFiles(paths).labelled(["a", "b"])
    assert labelled["a"].person == "Ms Ahlers"
    assert list(labelled["b"].answers) == ["Ann B"]
    assert LabelFiles(paths, "ANN B").golden_labels(["a", "b"]) == {"a": "Pos", "b": "Neg"}

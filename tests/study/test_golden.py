"""Golden labels of several raters: files, folders, rules, other words, and what is refused."""

from pathlib import Path

import pytest
from facetally.errors import ConfigError, LabelError
from facetally.study.config import Study, check_labels_suffice, load_study
from facetally.study.golden import (
    MAJORITY,
    NOT_BY_RATER,
    NOT_UNANIMOUS,
    TIE,
    UNANIMOUS,
    LabelFiles,
    golden_of,
)

VIDEOS = ("a", "b", "c")


def written(folder: Path, name: str, *rows: str, header: str = "filename,label,rater") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\r\n".join([header, *rows]) + "\r\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("answers", "majority", "unanimous", "anna"),
    [
        (["Pos"], "Pos", "Pos", "Pos"),
        (["Pos", "Pos"], "Pos", "Pos", "Pos"),
        (["Pos", "Neg"], TIE, NOT_UNANIMOUS, "Pos"),
        (["Pos", "Neg", "Neg"], "Neg", NOT_UNANIMOUS, "Pos"),
        (["Pos", "Neg", "Neut"], TIE, NOT_UNANIMOUS, "Pos"),
        (["Pos", "Pos", "Neg", "Neut"], "Pos", NOT_UNANIMOUS, "Pos"),
        (["Pos", "Pos", "Neg", "Neg", "Neut"], TIE, NOT_UNANIMOUS, "Pos"),
        (["Pos", "cannot tell"], TIE, NOT_UNANIMOUS, "Pos"),
        (["Pos", "Pos", "cannot tell"], "Pos", NOT_UNANIMOUS, "Pos"),
        (["cannot tell", "Pos", "cannot tell"], "cannot tell", NOT_UNANIMOUS, "cannot tell"),
        (["cannot tell", "cannot tell"], "cannot tell", "cannot tell", "cannot tell"),
    ],
)
def test_rules(answers: list[str], majority: str, unanimous: str, anna: str) -> None:
    given = dict(zip(["Anna", "ben", "cleo", "dora", "emil"], answers, strict=False))
    for rule, expected in ((MAJORITY, majority), (UNANIMOUS, unanimous), ("anna", anna)):
        label, why = golden_of(given, rule)
        assert (label or why) == expected
        assert (label is None) == bool(why)
        assert label in (None, "Pos", "Neg", "Neut")
    assert golden_of(given, "zoe") == (None, NOT_BY_RATER)


def test_raters_in_one_file_in_several_and_in_a_folder(tmp_path: Path) -> None:
    rows = {
        "anna": ["a,Pos,anna", "b,Neg,anna"],
        "ben": ["a.mp4,positive,ben", "c,cannot tell,ben"],
    }
    one = written(tmp_path, "one.csv", *rows["anna"], *rows["ben"])
    two = [written(tmp_path / "two", f"{who}.csv", *rows[who]) for who in rows]
    expected = {
        "a": {"anna": "Pos", "ben": "Pos"},
        "b": {"anna": "Neg"},
        "c": {"ben": "cannot tell"},
    }
    for paths in ([one], two):
        labels = LabelFiles(paths)
        assert {name: each.answers for name, each in labels.labelled(VIDEOS).items()} == expected
        assert labels.golden_labels(VIDEOS) == {"a": "Pos", "b": "Neg"}


def test_without_the_column_a_file_is_a_rater(tmp_path: Path) -> None:
    paths = [
        written(tmp_path, f"{who}.csv", f"a,{label}", header="filename,label")
        for who, label in (("Anna", "Pos"), ("ben", "Neg"))
    ]
    assert LabelFiles(paths).labelled(VIDEOS)["a"].answers == {"Anna": "Pos", "ben": "Neg"}
    assert LabelFiles(paths, "ANNA").golden_labels(VIDEOS) == {"a": "Pos"}


def test_a_rater_is_the_same_in_any_case(tmp_path: Path) -> None:
    paths = [
        written(tmp_path, "1.csv", "a,Pos,Anna", "c,Pos,ben"),
        written(tmp_path, "2.csv", "b,Neg, anna "),
    ]
    labelled = LabelFiles(paths).labelled(VIDEOS)
    assert [list(each.answers) for each in labelled.values()] == [["Anna"], ["ben"], ["Anna"]]


def test_groups_come_from_whichever_file_has_them(tmp_path: Path) -> None:
    paths = [
        written(tmp_path, "1.csv", "a,Pos,anna"),
        written(tmp_path, "2.csv", "a,Pos,ben,Biden", header="filename,label,rater,person"),
    ]
    each = LabelFiles(paths).labelled(VIDEOS)["a"]
    assert (each.person, each.group) == ("Biden", "Biden")
    paths.append(
        written(tmp_path, "3.csv", "a,Pos,cleo,Trump", header="filename,label,rater,person")
    )
    with pytest.raises(LabelError) as error:
        LabelFiles(paths).labelled(VIDEOS)
    assert str(error.value) == (
        f"{paths[2]}, row 2: a belongs to Trump here and to Biden in {paths[1]}, row 2; correct one"
    )


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("a,Pos,anna", "a,Pos,anna", "as in"),
        ("a,Pos,anna", "a.mp4,Neg,Anna", "Neg here and Pos in"),
    ],
)
def test_labelled_twice_by_one_rater(tmp_path: Path, first: str, second: str, said: str) -> None:
    paths = [written(tmp_path, "1.csv", first), written(tmp_path, "2.csv", second)]
    name, _, rater = second.split(",")
    with pytest.raises(LabelError) as error:
        LabelFiles(paths).labelled(VIDEOS)
    assert str(error.value) == (
        f"{paths[1]}, row 2: {name} is labelled twice by {rater}, {said} {paths[0]}, row 2; remove "
        "one of the rows or files, or say who gave the labels in a column rater"
    )


TIMED = "filename,label,rater,time"
AT_8 = ("a,Pos,anna,2026-11-30T08:00:00.123Z", "b,Neg,anna,2026-11-30T08:00:01.000Z")


@pytest.mark.usefixtures("study_folder")
def test_of_files_saved_one_after_the_other_the_newer_labels_count() -> None:
    # The second has an answer changed and one more, and an hour's other offset.
    written(Path("labels"), "d-anna.csv", *AT_8, header=TIMED)
    later = [AT_8[0], "b,Neut,ANNA,2026-11-30T10:00:00+01:00", "c,Pos,Anna,2026-11-30T09:00:01Z"]
    written(Path("labels"), "d-anna (1).csv", *later, header=TIMED)
    study = load("labels")
    expected = {"a": "Pos", "b": "Neut", "c": "Pos"}
    assert study.datasets["d"].labels.golden_labels(VIDEOS) == expected
    # Of some of the videos, too, as jobs ask for them.
    assert study.datasets["d"].labels.golden_labels(["b"]) == {"b": "Neut"}
    assert not study.is_rated
    assert study.notes == [
        "dataset d: anna labels a video differently in another file (b); the label with the "
        "latest time counts"
    ]
    written(Path("labels"), "d-anna (1).csv", *AT_8, header=TIMED)
    assert load("labels").notes == []


@pytest.mark.usefixtures("study_folder")
def test_two_people_of_one_name_are_refused() -> None:
    one = written(Path("labels"), "1.csv", *AT_8, header=TIMED)
    two = written(
        Path("labels"),
        "2.csv",
        "a,Pos,Anna,2026-11-30T08:00:00.124Z",
        "b,Pos,Anna,2026-11-30T09:00:00Z",
        header=TIMED,
    )
    with pytest.raises(LabelError) as error:
        load("labels")
    assert str(error.value) == (
        f"{two}, row 2: a is labelled Pos by Anna, and Pos in {one}, row 2, and the files have no "
        "label in common; if these are two people, give each a name in the column rater, or else "
        "remove one of the rows"
    )
    # On other videos they may be one person.
    written(Path("labels"), "2.csv", "c,Pos,Anna,2026-11-30T09:00:00Z", header=TIMED)
    assert list(load("labels").datasets["d"].labelled) == ["a", "b", "c"]


@pytest.mark.usefixtures("study_folder")
@pytest.mark.parametrize("time", ["", "12:30", "30.11.2026", "2026-11-30T09:00:00", "later"])
def test_without_a_time_nothing_says_which_label_is_newer(time: str) -> None:
    written(Path("labels"), "1.csv", *AT_8, header=TIMED)
    path = written(Path("labels"), "2.csv", AT_8[0], f"b,Pos,anna,{time}", header=TIMED)
    with pytest.raises(LabelError, match="b is labelled twice by anna, Pos here and Neg in"):
        load("labels")
    # A column of the user's own is no obstacle.
    Path("labels", "1.csv").unlink()
    assert load(str(path)).datasets["d"].labels.golden_labels(VIDEOS) == {"a": "Pos", "b": "Pos"}


@pytest.mark.usefixtures("study_folder")
def test_two_labels_of_one_moment_are_refused() -> None:
    written(Path("labels"), "1.csv", *AT_8, header=TIMED)
    written(Path("labels"), "2.csv", AT_8[0], AT_8[1].replace("Neg", "Pos"), header=TIMED)
    with pytest.raises(LabelError, match="b is labelled twice by anna, Pos here and Neg in"):
        load("labels")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["a,Pos,"], "row 2: the rater of a is empty; write it or remove the row"),
        (["a,Pos,anna", "a,Neg,ben", "a,Neg,ANNA"], "row 4: a is labelled twice, Neg here and Pos in row 2; remove one of the rows"),
        (["a,froh,anna"], "row 2: label 'froh' of a is unknown; write Positive, Neutral or Negative, or name it in label_names"),
        (["z,Pos,anna"], "label without a video: z; add the videos or remove the rows"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("study_folder")
def test_a_bad_row_is_refused(rows: list[str], said: str) -> None:
    path = written(Path("labels"), "x.csv", *rows)
    written(Path("labels"), "good.csv", "b,Pos,anna")
    with pytest.raises(LabelError) as error:
        load(labels="labels")
    assert str(error.value).removeprefix(str(path)).lstrip(":, ") == said


@pytest.fixture
def study_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with three videos, where the study runs."""
    monkeypatch.chdir(tmp_path)
    Path("clips").mkdir()
    for video in VIDEOS:
        Path("clips", f"{video}.mp4").touch()


def load(labels: str | list[str] | None = None, **settings: object) -> Study:
    return load_study({"datasets": {"d": {"videos": "clips", "labels": labels}}, **settings})


@pytest.mark.usefixtures("study_folder")
def test_a_study_takes_a_file_several_or_a_folder() -> None:
    one = written(Path("labels"), "1.CSV", "a,Pos,anna")
    two = written(Path("labels"), "2.csv", "a,Pos,ben", "b,Neg,ben")
    Path("labels", "notes.txt").touch()
    Path("labels", ".hidden.csv").touch()
    assert load("labels/1.CSV").label_files == [one]
    for labels in ("labels", [str(one), str(two)]):
        study = load(labels)
        assert study.label_files == [one, two]
        assert study.is_rated
        assert study.datasets["d"].labels.golden_labels(VIDEOS) == {"a": "Pos", "b": "Neg"}
    assert not load("labels/1.CSV").is_rated


@pytest.mark.usefixtures("study_folder")
def test_one_rater_who_cannot_tell_is_listed_too() -> None:
    written(Path(), "l.csv", "a,cannot tell,anna", "b,Pos,anna")
    study = load("l.csv")
    assert study.is_rated
    assert study.datasets["d"].labelled["a"].why == "cannot tell"


@pytest.mark.usefixtures("study_folder")
def test_a_rater_whose_label_is_golden() -> None:
    written(Path("labels"), "1.csv", "a,Pos,Anna", "b,Pos,ben")
    labels = load("labels", golden="anna").datasets["d"].labels
    assert labels.golden_labels(VIDEOS) == {"a": "Pos"}
    with pytest.raises(ConfigError) as error:
        check_labels_suffice(load("labels", golden="zoe"))
    assert str(error.value) == (
        "config.yaml: golden: zoe is not a rater of dataset d (raters: Anna, ben); name one, or "
        "write majority or unanimous"
    )


@pytest.mark.usefixtures("study_folder")
def test_labels_in_other_words() -> None:
    path = written(Path(), "l.csv", "a,POSITIV,x", "b,-1,x", "c,weiß  nicht,x")
    names = {"positiv": "Positive", -1: "NEG", "weiß nicht": "Cannot tell", "pos": "Positive"}
    study = load(str(path), label_names=names)
    assert study.datasets["d"].labels.golden_labels(VIDEOS) == {"a": "Pos", "b": "Neg"}


@pytest.mark.usefixtures("study_folder")
@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"froh": "happy"}, "froh: 'happy' is unknown (known: Positive, Neutral, Negative, cannot tell)"),
        ({"Neutral": "Positive"}, "Neutral: already means Neut; remove it"),
        ({"a": "Positive", "A": "Negative"}, "A: already means Pos; remove it"),
        ({1: "Positive", "1": "Negative"}, " 1 is given twice"),
        ({" \u200b": "Positive"}, " <ZERO WIDTH SPACE>: the word is empty; write it or remove it"),
        ({"a": 1}, "a: 1 is not of type string; put it in quotes"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_used(names: dict[object, object], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(label_names=names)
    assert str(error.value).removeprefix("config.yaml: label_names").lstrip(".:") == said


@pytest.mark.usefixtures("study_folder")
def test_a_folder_of_labels_may_lie_among_the_videos() -> None:
    written(Path("clips", "labels"), "1.csv", "a,Pos,anna")
    study = load("clips/labels")
    assert study.passed_over == []
    assert study.datasets["d"].labels.golden_labels(VIDEOS) == {"a": "Pos"}


@pytest.mark.usefixtures("study_folder")
def test_what_excel_and_dvc_put_beside_label_files_is_neither_read_nor_named() -> None:
    one = written(Path("labels"), "1.csv", "a,Pos,anna")
    Path("labels", "~$1.csv").write_bytes(b"\x05Anna\0")
    Path("labels", "1.csv.dvc").touch()
    study = load("labels")
    assert (study.label_files, study.notes) == ([one], [])
    one.unlink()
    with pytest.raises(LabelError, match=r"a folder without a CSV file, but with 1\.csv\.dvc;"):
        load("labels")


@pytest.mark.usefixtures("study_folder")
def test_a_folder_without_label_files_is_one_without_labels_yet() -> None:
    Path("labels").mkdir()
    for name in (".gitkeep", "README.md", "Thumbs.db"):
        Path("labels", name).touch()
    study = load("labels")
    assert study.label_files == []
    assert not study.datasets["d"].labels
    assert study.notes == ["labels: has no label file yet, so there is no accuracy"]
    # One that only lacks CSV files is a mistake.
    Path("labels", "anna.xlsx").touch()
    Path("labels", "ben").mkdir()
    with pytest.raises(LabelError) as error:
        load("labels")
    assert str(error.value) == (
        "labels: is a folder without a CSV file, but with anna.xlsx, ben/; put label files there, "
        "as CSV, or correct config.yaml"
    )
    written(Path("labels"), "cleo.csv", "a,Pos,cleo")
    assert load("labels").notes == [
        "labels: not read, because label files end in .csv: anna.xlsx, ben/; save labels as CSV "
        "(UTF-8)"
    ]


@pytest.mark.usefixtures("study_folder")
def test_a_place_for_labels_that_is_not_there_is_refused() -> None:
    for name, said in (
        ("my labels", "does not exist; make the folder (mkdir -p 'my labels') or correct config.yaml"),
        ("labels.csv", "label file does not exist; create it or correct config.yaml"),
    ):  # fmt: skip
        with pytest.raises(LabelError) as error:
            load(name)
        assert str(error.value) == f"{name}: {said}"

"""Folders of pictures of people, with what people and systems put there."""

import os
import unicodedata
from pathlib import Path

import pytest
from facetally.errors import ConfigError
from facetally.study.references import not_used, read_references


def made(folder: Path, *names: str) -> Path:
    """Make files, or folders where a name ends in a slash."""
    for name in names:
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text("content")
    return folder / "people"


def test_pictures_by_person(tmp_path: Path) -> None:
    folder = made(tmp_path, "people/Anna/2.PNG", "people/Anna/1.jpg", "people/ Bert  B /b.WebP")
    (folder / "Carl").symlink_to(folder / "Anna", target_is_directory=True)
    (folder / "Anna" / "fetched later.TIFF").symlink_to("nowhere")
    found = read_references(folder)
    assert {name: [path.name for path in own] for name, own in found.pictures.items()} == {
        "Bert B": ["b.WebP"],
        "Anna": ["1.jpg", "2.PNG", "fetched later.TIFF"],
        "Carl": ["1.jpg", "2.PNG", "fetched later.TIFF"],
    }
    assert found.passed_over == []


def test_what_systems_and_people_put_there_is_passed_over(tmp_path: Path) -> None:
    own = ["Thumbs.db", "ehthumbs.db", "Desktop.ini", ".DS_Store", "._1.jpg", "notes.TXT", "a.csv"]
    folder = made(
        tmp_path,
        "people/Anna/1.jpg",
        *(f"people/{place}{name}" for place in ("", "Anna/") for name in own),
        *(f"people/{place}__MACOSX/Anna/._1.jpg" for place in ("", "Anna/")),
        "people/@eaDir/Anna/SYNOPHOTO_THUMB_XL.jpg",
        "people/Bert.dvc",
    )
    found = read_references(folder)
    assert found.pictures == {"Anna": [folder / "Anna" / "1.jpg"]}
    assert found.passed_over == []


def test_what_may_be_meant_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = made(
        Path(),
        *("people/Anna/1.jpg", "people/Anna/2.jpg/3.jpg", "people/Anna/IMG_4.HEIC"),
        *("people/Bert/1.jpg", "people/faces.zip", "people/Bert/none"),
    )
    os.mkfifo(folder / "Bert" / "pipe.jpg")
    (folder / "Bert" / "lost").symlink_to("nowhere")
    found = read_references(folder)
    assert {name: len(own) for name, own in found.pictures.items()} == {"Anna": 1, "Bert": 1}
    paths = ["Anna/2.jpg", "Anna/IMG_4.HEIC", "Bert/lost", "Bert/none", "Bert/pipe.jpg"]
    assert found.passed_over == [*(folder / path for path in paths), folder / "faces.zip"]
    said = not_used(found.passed_over)
    assert said.startswith(
        "not used as pictures of people: people/Anna/2.jpg/, people/Anna/IMG_4.HEIC, people/Bert/"
    )
    assert " and 1 more (sub-folders, or without a picture's extension); to use them, save" in said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["nowhere"], ": is not a folder; make it, with a folder of pictures for each person"),
        (["people"], ": is not a folder; make it"),
        (["people/"], ": is empty; make a folder of pictures for each person in it"),
        (["people/faces.zip"], "in it; not used as pictures of people: "),
        (["people/face.jpg"], "face.jpg: is not in any person's folder; move it into one"),
        (["people/Anna/"], "Anna: has no picture (.bmp, .jpeg, .jpg, .png, .tif, .tiff, .webp); "),
        (["people/Anna/a.heic"], "remove the folder; not used as pictures of people: "),
        (["people/Anna/1.jpg/2.jpg"], "remove the folder; not used as pictures of people: "),
        (["people/Unknown/a.jpg"], "Unknown: cannot be a person's name; rename the folder"),
        (["people/Not a  face/a.jpg"], "Not a  face: cannot be a person's name"),
        (["people/\u2060/a.jpg"], ": cannot be a person's name"),
        (
            ["people/Anna B/a.jpg", "people/anna  b/a.jpg"],
            "is also another folder's name",
        ),
        (
            [f"people/{unicodedata.normalize(form, 'Ännä')}/a.jpg" for form in ("NFC", "NFD")],
            "is also another folder's name",
        ),
        (["people/Anna/a{b}.jpg"], "Anna: a{b}.jpg has { } or < > in its name, which Snakemake"),
        (["people/An{n}a/a.jpg"], "people: An{n}a has { } or < > in its name"),
        (["people/An\nna/a.jpg"], "people: An\\nna has the control character '\\n' in its name"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path: Path, names: list[str], said: str) -> None:
    made(tmp_path, *names)
    with pytest.raises(ConfigError, match=r"^config.yaml: people.references: ") as refused:
        read_references(tmp_path / "people")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_link_to_a_person_that_leads_nowhere(tmp_path: Path) -> None:
    folder = made(tmp_path, "people/Anna/1.jpg")
    (folder / "Bert").symlink_to("/mnt/not there")
    with pytest.raises(ConfigError, match="Bert: is a link that leads nowhere; mount or fetch"):
        read_references(folder)


@pytest.mark.parametrize("closed", ["", "Anna"])
def test_a_folder_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    folder = made(tmp_path, "people/Anna/1.jpg")
    scandir = os.scandir

    def refusing(path: Path) -> object:
        if Path(path) == folder / closed:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(
        ConfigError, match=rf"{closed}: cannot be read \(Permission denied\); make"
    ):
        read_references(folder)

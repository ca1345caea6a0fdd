"""Names of videos as people choose them: each works, is skipped, or is refused in one line."""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from facetally.errors import ConfigError
from facetally.study.datasets import files_of, notice, read_folder
from facetally.study.names import (
    counted,
    fault_on_a_cluster,
    is_or_are,
    normal,
    shown,
    visible,
)
from facetally.video.status import Problem, without_content
from support.names import DECOMPOSED, LINKS, NAMED, PASSED_OVER, REFUSED, WORKING, lay
from support.repository import documented


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """An empty folder for videos."""
    folder = tmp_path / "clips"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("case", WORKING)
def test_a_name_works(clips: Path, case: str) -> None:
    path = clips / WORKING[case]
    path.touch()
    assert read_folder("d", clips).videos == {path.name.rpartition(".")[0]: path}


@pytest.mark.parametrize("case", [*PASSED_OVER, *NAMED])
def test_a_name_is_passed_over_and_named_if_it_may_be_meant(clips: Path, case: str) -> None:
    path = clips / (PASSED_OVER | NAMED)[case]
    if "folder" in case and case in NAMED:
        path.mkdir()
    elif case == "a named pipe":
        os.mkfifo(path)
    else:
        path.touch()
    with pytest.raises(ConfigError, match="holds no video"):
        read_folder("d", clips)
    (clips / "a.mp4").touch()
    folder = read_folder("d", clips)
    assert list(folder.videos) == ["a"]
    assert folder.passed_over == [path] * (case in NAMED)


def test_what_is_passed_over_is_named_in_one_line(
    clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clips.parent)
    clips = Path("clips")
    (clips / "a.mp4").touch()
    for name in ("b.rm", "c\nd.wav"):
        (clips / name).touch()
    for name in ("old", "new", ".git"):
        (clips / name).mkdir()
    way_out = (
        " (sub-folders, or without a video's extension); to include them, move videos up into "
        "the dataset's folder or convert them to .mp4"
    )
    places = [f"{clips}/{name}" for name in ("new/", "old/", "b.rm", "c\\nd.wav")]
    said = notice(read_folder("d", clips).passed_over)
    assert said == f"not analysed: {', '.join(places)}{way_out}"
    for number in range(2000):
        (clips / f"z{number:04}.jpg").touch()
    said = notice(read_folder("d", clips).passed_over)
    assert said == (
        f"not analysed: {', '.join(places)}, {clips}/z0000.jpg and 1,999 more{way_out}"
    )


def test_a_folder_without_videos_names_what_is_there_instead(clips: Path) -> None:
    (clips / "more").mkdir()
    with pytest.raises(
        ConfigError, match=r"holds no video \(\*\.mp4 .*; not analysed: .*/more/ \("
    ):
        read_folder("d", clips)


def test_files_in_sub_folders_are_found_on_request(clips: Path) -> None:
    for name in ("more/deep/b.mp4", "more/.hidden.mp4", "more/notes.txt", "a.rm"):
        (clips / name).parent.mkdir(parents=True, exist_ok=True)
        (clips / name).touch()
    found = files_of([clips / "more", clips / "a.rm"])
    assert list(found) == [clips / "more", clips / "more" / "deep" / "b.mp4", clips / "a.rm"]


@pytest.mark.parametrize("case", LINKS)
def test_a_link_without_content_is_a_video_with_a_reason(clips: Path, case: str) -> None:
    (clips / "a.mp4").symlink_to(LINKS[case])
    assert read_folder("d", clips).videos == {"a": clips / "a.mp4"}
    problem = without_content(clips / "a.mp4")
    assert problem == Problem(
        "no_content",
        f"{clips}/a.mp4: is a link to a file that is not here; "
        "fetch it (git annex get, dvc pull) or remove it",
    )


@pytest.mark.parametrize("case", REFUSED)
def test_a_name_is_refused_in_one_line(clips: Path, case: str) -> None:
    lay(clips, case)
    with pytest.raises(ConfigError) as error:
        read_folder("d", clips)
    said = str(error.value)
    assert said.startswith(f"dataset d: {clips}/")
    assert said.endswith(f" {REFUSED[case][1]}")
    assert len(said.splitlines()) == 1
    assert said.isprintable()


def test_braces_in_a_folders_name_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "{x}"
    folder.mkdir()
    (folder / "a.mp4").touch()
    with pytest.raises(ConfigError, match=r"has \{ \} or < >"):
        read_folder("d", folder)


def test_a_path_is_never_taken_for_a_protocol_or_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (".", "http:clips", "-clips", "clips"):
        Path(folder).mkdir(exist_ok=True)
        for name in ("concat:a.mp4", "-i.mp4", "a.mp4"):
            Path(folder, name).touch()
    assert read_folder("d", Path()).videos == {
        "-i": tmp_path / "-i.mp4",
        "a": Path("a.mp4"),
        "concat:a": tmp_path / "concat:a.mp4",
    }
    assert read_folder("d", Path("http:clips")).videos["a"] == tmp_path / "http:clips" / "a.mp4"
    assert read_folder("d", Path("-clips")).videos["a"] == tmp_path / "-clips" / "a.mp4"
    # Nothing in it is ambiguous, and results stay valid when a study moves.
    assert read_folder("d", Path("clips")).videos["concat:a"] == Path("clips/concat:a.mp4")


def test_a_folder_that_cannot_be_read_is_refused(
    clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The superuser may read everything, so rights alone do not show it.
    def forbidden(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", forbidden)
    with pytest.raises(ConfigError, match=r"clips cannot be read \(Permission denied\); correct"):
        read_folder("d", clips)


def test_a_text_is_shown_in_one_printable_line() -> None:
    assert shown("a\nb\x1b\udce9é") == "a\\nb\\x1b\\udce9é"
    assert shown("x" * 100, 10) == "xxxxx … xxxxx"
    assert shown("clip1\u200b \xa0\ufeff") == (
        "clip1<ZERO WIDTH SPACE> <NO-BREAK SPACE><ZERO WIDTH NO-BREAK SPACE>"
    )
    for sign in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(sign) in ("Cf", "Zs") and sign != " ":
            assert shown(sign) == f"<{unicodedata.name(sign)}>"
            assert visible(f"a{sign}b") in ("ab", "a b")
    assert visible("a\u3000b\ufe0f c") == "a b c"
    assert normal(DECOMPOSED) == unicodedata.normalize("NFC", "Ångström") != DECOMPOSED


def test_the_table_of_the_documentation_says_what_happens() -> None:
    expected = dict.fromkeys(WORKING, "works") | dict.fromkeys(PASSED_OVER, "skipped")
    expected |= dict.fromkeys(NAMED, "skipped and listed")
    expected |= dict.fromkeys(LINKS, "`no_content`")
    expected |= {case: f"refused: `{said}`" for case, (_, said) in REFUSED.items()}
    assert documented("Names of videos") == expected


@pytest.mark.parametrize(
    ("name", "works"),
    [
        ("biden_58_0", True),
        (' $(touch pwned); `x` | y > z & "w" !', True),
        ("it's", True),
        ("日本語 😀", True),
        ("it's $(touch pwned)", False),
        ("it's `touch pwned`", False),
        ('it\'s "quoted"', False),
        ("one, two", False),
        ("back\\slash", False),
        ("zero\u200bwidth", False),
    ],
)
def test_what_a_cluster_can_be_told(name: str, works: bool) -> None:
    path = Path("videos") / f"{name}.mp4"
    assert (fault_on_a_cluster(path) is None) == works
    if works:
        command = ["sh", "-c", f"printf %s {str(path)!r}"]
        assert subprocess.run(command, capture_output=True, text=True).stdout == str(path)


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 videos"), (1, "1 video"), (2, "2 videos"), (1320, "1,320 videos")]
)
def test_one_is_not_counted_as_several(number: int, words: str) -> None:
    assert counted(number, "video") == words
    assert counted(number, "person", "people").endswith("person" if number == 1 else "people")
    assert is_or_are(number) == ("is" if number == 1 else "are")

"""Names of videos as people give them: each works, is passed over, or is refused in one line."""

import os
import subprocess
import unicodedata
from pathlib import Path

import pytest
from facetally.errors import ConfigError
from facetally.study.datasets import find_videos
from facetally.study.names import fault_on_a_cluster, normal, shown
from support.names import DECOMPOSED, PASSED_OVER, REFUSED, WORKING, lay
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
    assert find_videos("d", clips) == {path.name.rpartition(".")[0]: path}


@pytest.mark.parametrize("case", PASSED_OVER)
def test_a_name_is_passed_over(clips: Path, case: str) -> None:
    path = clips / PASSED_OVER[case]
    if case == "a folder named like a video":
        path.mkdir()
    elif case == "a named pipe":
        os.mkfifo(path)
    else:
        path.touch()
    with pytest.raises(ConfigError, match="holds no video"):
        find_videos("d", clips)
    (clips / "a.mp4").touch()
    assert list(find_videos("d", clips)) == ["a"]


@pytest.mark.parametrize("case", REFUSED)
def test_a_name_is_refused_in_one_line(clips: Path, case: str) -> None:
    lay(clips, case)
    with pytest.raises(ConfigError) as error:
        find_videos("d", clips)
    told = str(error.value)
    assert told.startswith(f"dataset d: {clips}/")
    assert told.endswith(f" {REFUSED[case][1]}")
    assert len(told.splitlines()) == 1
    assert told.isprintable()


def test_braces_in_a_folders_name_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "{x}"
    folder.mkdir()
    (folder / "a.mp4").touch()
    with pytest.raises(ConfigError, match=r"has \{ \} or < >"):
        find_videos("d", folder)


def test_a_path_is_never_taken_for_a_protocol_or_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (".", "http:clips", "-clips", "clips"):
        Path(folder).mkdir(exist_ok=True)
        for name in ("concat:a.mp4", "-i.mp4", "a.mp4"):
            Path(folder, name).touch()
    assert find_videos("d", Path()) == {
        "-i": tmp_path / "-i.mp4",
        "a": Path("a.mp4"),
        "concat:a": tmp_path / "concat:a.mp4",
    }
    assert find_videos("d", Path("http:clips"))["a"] == tmp_path / "http:clips" / "a.mp4"
    assert find_videos("d", Path("-clips"))["a"] == tmp_path / "-clips" / "a.mp4"
    # Nothing in it can be mistaken, and results stay as they are when a study moves.
    assert find_videos("d", Path("clips"))["concat:a"] == Path("clips/concat:a.mp4")


def test_a_folder_that_cannot_be_read_is_refused(
    clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The superuser may read everything, so rights alone do not show it.
    def forbidden(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    with pytest.raises(ConfigError, match=r"clips cannot be read \(Permission denied\); correct"):
        find_videos("d", clips)


def test_a_text_is_shown_in_one_printable_line() -> None:
    assert shown("a\nb\x1b\udce9é") == "a\\nb\\x1b\\udce9é"
    assert shown("x" * 100, 10) == "xxxxx … xxxxx"
    assert normal(DECOMPOSED) == unicodedata.normalize("NFC", "Ångström") != DECOMPOSED


def test_the_table_of_the_documentation_says_what_happens() -> None:
    expected = dict.fromkeys(WORKING, "works") | dict.fromkeys(PASSED_OVER, "passed over")
    expected |= {case: f"refused: `{told}`" for case, (_, told) in REFUSED.items()}
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

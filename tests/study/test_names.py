"""Names of videos as people give them: each works, is passed over, or is refused in one line."""

import csv
import os
import subprocess
import unicodedata
from pathlib import Path

import pytest
from facetally.errors import ConfigError
from facetally.files import atomic_path
from facetally.study.datasets import find_videos
from facetally.study.names import fault_on_a_cluster, normal, shown
from support.clips import noise, write_clip
from support.names import COMPOSED, DECOMPOSED, PASSED_OVER, REFUSED, WORKING, lay
from support.repository import documented
from support.snakemake_runs import GPU, jobs, refusal, snakemake
from support.studies import write_config


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


@pytest.mark.workflow
@pytest.mark.parametrize("case", ["a line break", "a pair of braces", "bytes that are not UTF-8"])
def test_the_workflow_refuses_a_name(tmp_path: Path, clips: Path, case: str) -> None:
    lay(clips, case)
    write_config(tmp_path, datasets={"d": {"videos": "clips"}})
    told = refusal(tmp_path)
    assert told.startswith("facetally: dataset d: clips/")
    assert told.endswith(REFUSED[case][1])


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


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / f"{'é' * 125}.html"
    with atomic_path(path) as partial:
        assert partial.suffix == ".html"
        partial.write_text("whole")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_partial_files_of_two_outputs_differ(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a.mp4") as one, atomic_path(tmp_path / "b.mp4") as other:
        assert one != other
        one.touch()
        other.touch()


def test_a_text_is_shown_in_one_printable_line() -> None:
    assert shown("a\nb\x1b\udce9é") == "a\\nb\\x1b\\udce9é"
    assert shown("x" * 100, 10) == "xxxxx … xxxxx"
    assert normal(DECOMPOSED) == unicodedata.normalize("NFC", "Ångström") != DECOMPOSED


def column(path: Path, name: str) -> list[str]:
    """A column of a CSV file, as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of videos with all the names that work, run once."""
    folder = tmp_path_factory.mktemp("names")
    clip = write_clip(folder / "clip.mp4", noise(2))
    elsewhere, here = folder / "elsewhere", folder / "study"
    elsewhere.mkdir()
    here.mkdir()
    for name in WORKING.values():
        (elsewhere / name).hardlink_to(clip)
    (here / "videos").symlink_to(elsewhere)
    for name in ("concat:a.mp4", "-i.mp4", "~.mp4"):
        (here / name).symlink_to("../clip.mp4")
    # Each written in the form of Unicode that the file's name is not in.
    rows = [f"{unicodedata.normalize('NFD', COMPOSED)};Pos", f"{normal(DECOMPOSED)};Neg", ";;"]
    (folder / "labels.csv").write_bytes("\r\n".join(["filename;label", *rows]).encode())
    datasets = {
        "linked": {"videos": "videos", "labels": "../labels.csv"},
        "here": {"videos": "."},
    }
    write_config(here, datasets=datasets, detectors=["haar"], sampling={"every_nth_frame": 1})
    process = snakemake(here, *GPU)
    assert process.returncode == 0, process.stdout
    return here


@pytest.mark.workflow
def test_all_names_are_counted_and_nothing_in_them_is_executed(study: Path) -> None:
    counts = study / "results" / "counts"
    names = sorted(name.rpartition(".")[0] for name in WORKING.values())
    assert column(counts / "linked" / "haar.csv", "filename") == names
    assert column(counts / "here" / "haar.csv", "filename") == ["-i", "concat:a", "~"]
    golden = dict(zip(names, column(counts / "linked" / "haar.csv", "golden"), strict=True))
    assert {name: label for name, label in golden.items() if label} == {
        COMPOSED: "Pos",
        DECOMPOSED: "Neg",
    }
    assert set(column(counts / "linked" / "haar.csv", "frames")) == {"2"}
    assert not list(study.parent.rglob("pwned"))
    assert not list((study / "results").rglob(".partial*"))


@pytest.mark.workflow
def test_a_second_run_does_nothing(study: Path) -> None:
    process = snakemake(study, *GPU)
    assert (process.returncode, jobs(process.stdout)) == (0, {}), process.stdout


@pytest.mark.workflow
def test_clips_and_pages_of_such_names_can_be_asked_for(study: Path) -> None:
    asked = [
        f"results/{place.format(WORKING[case].rpartition('.')[0])}"
        for case, place in {
            "a command in $( )": "report/videos/linked/{}.html",
            "& and < and >": "report/videos/linked/{}.html",
            "250 bytes without extension": "report/videos/linked/{}.html",
            "a protocol of FFmpeg": "annotated/here/haar/{}.mp4",
            "200 times one letter": "annotated/linked/haar/{}.gif",
            "a command in backticks": "annotated/linked/haar/{}.mp4",
            "* and ? and [x]": "annotated/linked/haar/{}.mp4",
        }.items()
    ]
    process = snakemake(study, *asked, *GPU)
    assert process.returncode == 0, process.stdout
    ran = jobs(process.stdout)
    assert (ran["video_page"], ran["annotate_video"]) == (3, 4)
    for path in asked:
        assert (study / path).stat().st_size > 0
    assert not list(study.parent.rglob("pwned"))


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

"""Problems of videos that no job opens, and the table of problems."""

from pathlib import Path

import pytest
from facetally.video.status import (
    Problem,
    Shot,
    VideoStatus,
    not_analysed,
    without_content,
    write_problems,
    write_shots,
)

WAY_OUT = (
    "is not analysed; move a video up into the dataset's folder, and convert it to .mp4 if it does "
    "not have a video's extension"
)


def test_what_has_a_label_and_is_passed_over_is_in_the_table_of_problems(tmp_path: Path) -> None:
    table = tmp_path / "problems.csv"
    statuses = {
        ("d", "a"): VideoStatus("a.mp4", 0, Problem("no_frames", "why")),
        ("d", "b"): VideoStatus("b.mp4", 3),
    }
    write_problems(table, statuses | not_analysed([("d", "c", "clips/more/c.mp4")]))
    assert table.read_text() == (
        "dataset,filename,reason,frames,detail\n"
        "d,a,no_frames,0,why\n"
        f'd,c,not_analysed,0,"clips/more/c.mp4: {WAY_OUT}"\n'
    )


def test_the_table_of_shots(tmp_path: Path) -> None:
    statuses = {
        ("d", "b"): VideoStatus("b.mp4", 3, shots=[Shot(0, 0.0, 0.8, 2), Shot(40, 0.8, 1.2, 1)]),
        ("d", "a"): VideoStatus("a.mp4", 0),
        ("c", "a, b"): VideoStatus("a, b.mp4", 1, shots=[Shot(0, 0.0, 0.0, 1)]),
    }
    write_shots(tmp_path / "shots.csv", statuses)
    assert (tmp_path / "shots.csv").read_text() == (
        "dataset,video,shot,start,end,frames\n"
        'c,"a, b",0,0.0,0.0,1\n'
        "d,b,0,0.0,0.8,2\n"
        "d,b,1,0.8,1.2,1\n"
    )


@pytest.mark.parametrize(
    "pointer",
    [
        "/annex/objects/SHA256E-s7--0123456789abcdef.mp4\n",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef\nsize 7\n",
    ],
)
def test_a_pointer_in_a_videos_place_is_no_content(tmp_path: Path, pointer: str) -> None:
    video = tmp_path / "a.mp4"
    video.write_text(pointer)
    assert without_content(video) == Problem(
        "no_content",
        f"{video}: is a pointer to a file that is not here; "
        "fetch it (git annex get, git lfs pull) or remove it",
    )
    video.write_text(f"a text with {pointer}")
    assert without_content(video) is None


def test_a_file_that_may_not_be_read_is_left_to_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The superuser may read everything, so rights alone do not show it.
    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "a.mp4").touch()
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    assert without_content(tmp_path / "a.mp4") is None


def test_a_file_that_is_not_there_at_all_is_left_to_the_job(tmp_path: Path) -> None:
    assert without_content(tmp_path / "a.mp4") is None

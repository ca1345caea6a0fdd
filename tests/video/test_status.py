"""The table of problems."""

from pathlib import Path

from facetally.video.status import Problem, VideoStatus, not_analysed, write_problems

WAY_OUT = (
    "is not analysed; move a video up into the dataset's folder, and convert it to .mp4 if it has "
    "another extension than videos have"
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

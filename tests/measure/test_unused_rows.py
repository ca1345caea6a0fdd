"""What files of people and events say about moments that no sampled frame shows."""

from pathlib import Path

import polars as pl
import pytest
from facetally.measure.unused_rows import FRAMES, unused_rows

SAMPLED = {
    ("d", "debate"): [0.0, 0.8, 1.6, 41.708333],
    ("d", "talk"): [0.0, 0.8],
    ("e", "talk"): [0.0, 10.0],
}
"""Times of sampled frames, as two detectors have them; ``bad`` could not be analysed."""

TABLE = pl.DataFrame(
    [
        (dataset, video, time)
        for _ in ("haar", "mtcnn")
        for (dataset, video), times in SAMPLED.items()
        for time in times
    ],
    schema=FRAMES,
    orient="row",
)


def said(folder: Path, name: str, content: str) -> list[str]:
    path = folder / name
    path.write_text(content)
    kind = "people" if name == "turns.csv" else "events"
    files: dict[str, list[Path]] = {"people": [], "events": []} | {kind: [path]}
    lines = unused_rows(files["people"], files["events"], {"debate", "talk", "bad"}, TABLE)
    return [line.removeprefix(f"{path}: ") for line in lines]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("debate,42,50", "begins at 42 s, after the last sampled frame at 41.708 s"),
        ("Debate.mp4,1:00,", "begins at 60 s, after the last sampled frame at 41.708 s"),
        ("debate,0.1,0.8", "no frame is sampled from 0.1 s to 0.8 s"),
        ("debate,1.7,1.8", "no frame is sampled from 1.7 s to 1.8 s"),
        ("talk,11,12", "begins at 11 s, after the last sampled frame at 0.8 s"),
        ("bad,,", "not analysed, see results/problems.csv"),
        # These have a frame, the last in one of the two videos of that name.
        ("debate,0.1,0.9", ""),
        ("debate,41.7,50", ""),
        ("debate,0.8,0.81", ""),
        ("talk,9,11", ""),
        ("talk,,", ""),
    ],
)
def test_a_row_without_a_frame(tmp_path: Path, row: str, why: str) -> None:
    lines = said(tmp_path, "turns.csv", f"filename,start,end,person\n{row},Anna\n")
    written = row.partition(",")[0]
    assert lines == [
        f"1 of 1 row is in no table: row 2 ({written}: {why}); correct or remove it, or "
        "sample more frames"
    ] * bool(why)


def test_one_line_for_each_file(tmp_path: Path) -> None:
    rows = "".join(f"debate,{50 + number},90,x\n" for number in range(7))
    (line,) = said(tmp_path, "e.csv", f"filename,start,end,event\n{rows}debate,0,1,x\n")
    assert line.startswith("7 of 8 events are in no table: row 2 (debate: begins at 50 s, after")
    assert "row 6 (debate" in line
    assert "row 7" not in line
    assert " and 2 more; correct or remove them, or" in line
    cues = "1\n0:00 --> 0:01\none\n\n2\n0:50 --> 0:51\ntwo\n"
    assert said(tmp_path, "debate.srt", cues) == [
        "1 of 2 events is in no table: line 6 (debate: begins at 50 s, after the last sampled "
        "frame at 41.708 s); correct or remove it, or sample more frames"
    ]
    path = tmp_path / "debate.srt"
    assert len(unused_rows([], [path, path], {"debate"}, TABLE)) == 2
    assert unused_rows([], [], {"debate"}, TABLE) == []

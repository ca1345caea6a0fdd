"""Which videos seem to show several people."""

from collections.abc import Sequence

import polars as pl
import pytest
from facetally.measure.expressions import EXPRESSIONS
from facetally.measure.several_people import (
    SEVERAL_PEOPLE,
    SHOTS,
    in_words,
    several_people,
)

Box = tuple[int, int, int, int]

LEFT: Box = (100, 100, 200, 200)
MOVED: Box = (110, 95, 205, 205)
RIGHT: Box = (400, 100, 200, 200)
LARGE: Box = (60, 60, 300, 300)


def frames_of(videos: dict[str, Sequence[Box | None]], detector: str = "mtcnn") -> pl.DataFrame:
    """One frame per second, with or without a face that counts."""
    rows = [
        {"dataset": "d", "detector": detector, "video": video, "frame": 25 * number}
        | {"time": float(number)}
        | dict(zip(("x", "y", "width", "height"), box or [None] * 4, strict=True))
        for video, boxes in videos.items()
        for number, box in enumerate(boxes)
    ]
    return pl.DataFrame(rows, schema=EXPRESSIONS)


def shots_of(videos: dict[str, Sequence[int]]) -> pl.DataFrame:
    """Shots by the seconds at which they begin."""
    rows = [
        ("d", video, number, float(start), float(start + 1), 1)
        for video, starts in videos.items()
        for number, start in enumerate(starts)
    ]
    return pl.DataFrame(rows, schema=SHOTS, orient="row")


def counts_of(videos: dict[str, tuple[int, int]]) -> pl.DataFrame:
    """Frames with several faces, and frames."""
    rows = [(video, several, frames) for video, (several, frames) in videos.items()]
    return pl.DataFrame(rows, schema=["filename", "several_faces", "frames"], orient="row")


def cuts_of(boxes: Sequence[Box | None], starts: Sequence[int]) -> int:
    table = several_people(
        "d",
        frames_of({"v": boxes}),
        shots_of({"v": starts}),
        {"mtcnn": counts_of({"v": (0, len(boxes))})},
        (),
    )
    assert table.schema == SEVERAL_PEOPLE
    (row,) = table.iter_rows(named=True)
    assert row["several"] == (row["cuts"] > 0)
    return int(row["cuts"])


@pytest.mark.parametrize("other", [RIGHT, LARGE])
def test_a_face_at_another_place_or_of_another_size_after_a_cut(other: Box) -> None:
    assert cuts_of([LEFT, LEFT, other, other, LEFT], [0, 2, 4]) == 2


def test_without_a_cut_a_face_may_move() -> None:
    assert cuts_of([LEFT, RIGHT, LARGE, LEFT], [0]) == 0


def test_beside_slides_a_face_stays() -> None:
    assert cuts_of([LEFT, MOVED] * 5, range(10)) == 0
    # It may move occasionally.
    assert cuts_of([LEFT, MOVED] * 5 + [RIGHT], range(11)) == 0


def test_shots_without_a_face_are_passed_over() -> None:
    assert cuts_of([LEFT, None, None, RIGHT], [0, 1, 3]) == 1
    assert cuts_of([LEFT, None, None, MOVED], [0, 1, 3]) == 0
    assert cuts_of([None, None, LEFT], [0, 1, 2]) == 0
    assert cuts_of([None, None], [0, 1]) == 0


def test_each_detector_is_asked() -> None:
    boxes = {"cut": [LEFT, RIGHT], "crowd": [LEFT, LEFT], "ghost": [LEFT, LEFT], "bad": []}
    nobody: dict[str, Sequence[Box | None]] = {video: [None, None] for video in boxes}
    frames = pl.concat([frames_of(nobody, "haar"), frames_of(boxes, "mtcnn")])
    haar = counts_of({"bad": (0, 0), "crowd": (2, 2), "cut": (0, 2), "ghost": (2, 2)})
    mtcnn = counts_of({"bad": (0, 0), "crowd": (1, 2), "cut": (0, 2), "ghost": (0, 2)})
    shots = shots_of({"cut": [0, 1], "crowd": [0], "ghost": [0]})
    counts = {"haar": haar, "mtcnn": mtcnn}
    table = several_people("d", frames, shots, counts, ())
    assert table.rows() == [
        ("bad", 0, 0.0, False, False, "d"),
        ("crowd", 0, 0.5, False, True, "d"),
        ("cut", 1, 0.0, False, True, "d"),
        ("ghost", 0, 0.0, False, False, "d"),
    ]
    given = several_people("d", frames, shots, counts, {"cut"})
    assert given.filter("given").rows() == [("cut", 1, 0.0, True, False, "d")]
    tracked = several_people("d", frames, shots, counts, (), tracked=True)
    assert tracked.filter("several")["video"].to_list() == ["cut"]


def test_five_videos_are_named() -> None:
    rows = [(f"v{number}", number, 0.8, False, number < 7, "d") for number in range(9)]
    assert in_words(pl.DataFrame(rows, schema=SEVERAL_PEOPLE, orient="row")) == (
        "d: 7 of 9 videos may show several people, yet each counts as one person: v6 (6 cuts), "
        "v5 (5 cuts), v4 (4 cuts), v3 (3 cuts), v2 (2 cuts) and 2 more; to say who is seen "
        "when, set people in config.yaml: see docs/people.md"
    )
    assert "v1 (1 cut), v0 (80% of its frames have several faces); to say" in in_words(
        pl.DataFrame(rows[:2], schema=SEVERAL_PEOPLE, orient="row")
    )
    assert in_words(pl.DataFrame(rows[7:], schema=SEVERAL_PEOPLE, orient="row")) == ""

"""Face heights, and accuracy by face height."""

from pathlib import Path

import polars as pl
import pytest
from facetally.detect.face import Face
from facetally.faces.raw import frame_record, write_raw
from facetally.faces.table import face_table
from facetally.measure.counts import count_labels
from facetally.measure.face_size import (
    HEIGHTS,
    accuracy_by_height,
    height_histogram,
    median_heights,
)
from support.raw_files import scores

HAPPY = scores(happy=1.0)


def video(path: Path, heights: list[int | None], second: int = 1000) -> Path:
    """A raw file whose first faces have these heights; None is a frame without a face."""
    frames = [
        [] if height is None else [Face((0, 0, 9, height), HAPPY), Face((0, 0, 9, second), HAPPY)]
        for height in heights
    ]
    write_raw(path, (frame_record(number, number, faces) for number, faces in enumerate(frames)))
    return path


@pytest.fixture
def faces(tmp_path: Path) -> pl.DataFrame:
    videos = {
        "large": [300, 301, None],
        "mixed": [39, 40, 59, 60],
        "nobody": [None],
        "other": [50],
        "small": [39, None, 39],
    }
    return face_table(
        {name: video(tmp_path / f"{name}.json", heights) for name, heights in videos.items()}
    )


def test_the_median_is_that_of_the_first_faces(faces: pl.DataFrame) -> None:
    assert median_heights(faces).rows() == [
        ("large", 300.5),
        ("mixed", 49.5),
        ("nobody", None),
        ("other", 50.0),
        ("small", 39.0),
    ]


def test_the_histogram_has_all_classes_and_counts_first_faces(faces: pl.DataFrame) -> None:
    table = height_histogram(faces)
    assert table["height"].to_list() == list(HEIGHTS)
    assert dict(table.rows()) == dict.fromkeys(HEIGHTS, 0) | {
        "below 40": 3, "40 to 60": 3, "60 to 90": 1, "300 or more": 2,
    }  # fmt: skip


def test_accuracy_is_told_for_each_class_with_a_labelled_video(faces: pl.DataFrame) -> None:
    golden = {"large": "Neg", "mixed": "Pos", "nobody": "Pos", "other": "Neg"}
    table = accuracy_by_height(count_labels(faces, golden), median_heights(faces))
    assert table.select("height", "labelled", "correct", "accuracy").rows() == [
        ("40 to 60", 2, 1, 0.5),
        ("300 or more", 1, 0, 0.0),
    ]
    # Wilson's formula for 1 of 2, worked out by hand with z = 1.959964.
    assert table.row(0)[4:] == pytest.approx((0.094531, 0.905469), abs=1e-6)


def test_without_a_label_there_is_no_row(faces: pl.DataFrame) -> None:
    assert accuracy_by_height(count_labels(faces, {}), median_heights(faces)).is_empty()

"""Scores over time."""

from pathlib import Path

import polars as pl
import pytest
from facetally.emotions import EMOTIONS
from facetally.measure.counts import count_segments
from facetally.report.timeline import SPANS, TIMELINE, timeline_figure, timelines
from support.raw_files import scores
from support.tables import ANGRY, HAPPY, NOBODY, faces_of


def test_each_sampled_frame_is_a_point_with_the_scores_of_the_first_face(tmp_path: Path) -> None:
    faces = faces_of(tmp_path, {"b": [[HAPPY, ANGRY], NOBODY], "a": [[ANGRY]]})
    table = timelines(faces)
    shown = table.select("video", "frame", "time", "frames", "no_face", "happy", "angry").rows()
    assert shown == [
        ("a", 0, 0.0, 1, 0, 0.0, 0.8),
        ("b", 0, 0.0, 1, 0, 0.9, 0.0),
        ("b", 20, 0.8, 1, 1, None, None),
    ]


def test_long_videos_are_drawn_in_means_of_the_frames_with_a_face(tmp_path: Path) -> None:
    high, low = scores(happy=0.8, sad=0.2), scores(happy=0.4, sad=0.6)
    frames = [[high], [low], [low], NOBODY, NOBODY, NOBODY, [high]]
    table = timelines(faces_of(tmp_path, {"long": frames, "short": [[low]]}), points=4)
    shown = table.select("video", "frame", "frames", "no_face", "happy").rows()
    assert shown == [
        ("long", 0, 2, 0, pytest.approx(0.6)),
        ("long", 40, 2, 1, pytest.approx(0.4)),
        ("long", 80, 2, 2, None),
        ("long", 120, 1, 0, pytest.approx(0.8)),
        ("short", 0, 1, 0, pytest.approx(0.4)),
    ]


def test_the_chart_has_the_scores_and_the_segments(tmp_path: Path) -> None:
    frames = [[HAPPY]] * 3 + [[ANGRY]] * 3
    faces = faces_of(tmp_path, {"clip": frames})
    figure = timeline_figure("2019", "haar", timelines(faces), count_segments(faces, {}, 60))
    datasets = figure.spec()["datasets"]
    points = pl.read_csv(datasets[TIMELINE].encode())
    assert points["happy"].to_list() == [0.9] * 3 + [0.0] * 3
    assert set(EMOTIONS) < set(points.columns)
    assert [(span["start"], span["end"], span["predict"]) for span in datasets[SPANS]] == [
        (0.0, 2.4, "Pos"),
        (2.4, 4.0, "Neg"),
    ]


def test_a_video_without_a_face_has_words_in_place_of_a_chart(tmp_path: Path) -> None:
    faces = faces_of(tmp_path, {"clip": [NOBODY, NOBODY]})
    figure = timeline_figure("2019", "haar", timelines(faces), count_segments(faces, {}, 60))
    assert figure.chart is None
    assert figure.caption == "haar found no face in this video."

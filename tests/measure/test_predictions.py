"""One prediction a video, by each method."""

from pathlib import Path

import polars as pl
import pytest
from facetally.measure.counts import SCORES
from facetally.measure.out_of_fold import OUT_OF_FOLD
from facetally.measure.predictions import PREDICTIONS, combined_faces, predictions
from facetally.study.folds import groups_of
from facetally.study.methods import METHODS
from polars.testing import assert_frame_equal
from support.raw_files import scores
from support.tables import ANGRY, HAPPY, NOBODY, SAD, Videos, faces_of

GOLDEN = {"a": "Pos", "b": "Neg", "c": "Neut"}


def predicted(
    folder: Path, methods: tuple[str, ...] = METHODS[:3], **detectors: Videos
) -> pl.DataFrame:
    """The predictions for videos given by detector."""
    faces = {name: faces_of(folder / name, videos) for name, videos in detectors.items()}
    groups = groups_of(dict.fromkeys(GOLDEN, ""))
    return predictions(faces, GOLDEN, groups, methods, {"c": "truncated"}, {})


def labels(table: pl.DataFrame, method: str, detector: str) -> dict[str, str | None]:
    rows = table.filter(method=method, detector=detector)
    return dict(rows.select("filename", "predict").iter_rows())


def test_each_method_has_its_rows_in_order(tmp_path: Path) -> None:
    videos = {"a": [[HAPPY]], "b": [[ANGRY]], "c": [NOBODY]}
    table = predicted(tmp_path, haar=videos, mtcnn=videos)
    assert table.schema == PREDICTIONS
    assert table.select("method", "detector", "filename").rows() == [
        (method, detector, video)
        for method, detector in (
            ("majority", "haar"), ("majority", "mtcnn"),
            ("mean_score", "haar"), ("mean_score", "mtcnn"),
            ("ensemble", "haar+mtcnn"),
        )
        for video in "abc"
    ]  # fmt: skip
    assert table.filter(filename="c").select(
        "predict", "golden", "problem", *SCORES
    ).unique().rows() == [(None, "Neut", "truncated", None, None, None)]
    assert table["fold"].null_count() == table.height


def test_the_mean_score_weighs_what_the_majority_counts(tmp_path: Path) -> None:
    # Two frames are a little happy, one is angry beyond doubt.
    little = scores(happy=0.4, angry=0.35, sad=0.25)
    table = predicted(tmp_path, haar={"a": [[little], [little], [scores(angry=1.0)], NOBODY]})
    assert labels(table, "majority", "haar") == {"a": "Pos"}
    assert labels(table, "mean_score", "haar") == {"a": "Neg"}
    row = table.filter(method="mean_score").row(0, named=True)
    wanted = [0.8 / 3, 1.7 / 3, 0.5 / 3]
    assert [row[score] for score in SCORES] == pytest.approx(wanted)
    assert (row["frames"], row["no_face"]) == (4, 1)


def test_equal_mean_scores_are_neutral_and_rounding_does_not_decide(tmp_path: Path) -> None:
    # In floats, 0.1 + 0.2 > 0.3.
    frames = [[scores(happy=0.1, angry=0.3, sad=0.6)], [scores(happy=0.2, angry=0.0, sad=0.8)],
              [scores(happy=0.7, angry=0.7)]]  # fmt: skip
    table = predicted(tmp_path, haar={"a": frames})
    assert labels(table, "mean_score", "haar") == {"a": "Neut"}


def test_a_detector_that_finds_nothing_leaves_the_frame_to_the_other(tmp_path: Path) -> None:
    table = predicted(
        tmp_path,
        haar={"a": [[HAPPY], NOBODY, NOBODY], "b": [NOBODY], "c": [[SAD]]},
        mtcnn={"a": [NOBODY, [ANGRY], [ANGRY]], "b": [NOBODY], "c": [[SAD]]},
    )
    assert labels(table, "ensemble", "haar+mtcnn") == {"a": "Neg", "b": None, "c": "Neut"}
    row = table.filter(method="ensemble", filename="a").row(0, named=True)
    assert (row["frames"], row["no_face"]) == (3, 0)
    assert [row[score] for score in SCORES] == pytest.approx([0.9 / 3, 1.6 / 3, 0.5 / 3])


def test_detectors_that_differ_meet_at_the_mean_of_their_scores(tmp_path: Path) -> None:
    one, other = scores(happy=0.6, angry=0.4), scores(happy=0.1, angry=0.5, sad=0.4)
    combined = combined_faces(
        [
            faces_of(tmp_path / "one", {"a": [[one, SAD]]}),
            faces_of(tmp_path / "other", {"a": [[other]]}),
        ]
    )
    assert combined.select("happy", "angry", "sad", "status", "face").rows() == [
        (0.35, 0.45, 0.2, "ok", 0)
    ]


def test_two_copies_of_a_detector_are_as_good_as_one(tmp_path: Path) -> None:
    videos = {"a": [[HAPPY], [ANGRY], NOBODY], "b": [[ANGRY, HAPPY]], "c": [[SAD], [HAPPY]]}
    table = predicted(tmp_path, haar=videos, mtcnn=videos)
    assert labels(table, "ensemble", "haar+mtcnn") == labels(table, "mean_score", "haar")


def test_one_detector_makes_no_ensemble(tmp_path: Path) -> None:
    table = predicted(tmp_path, haar={"a": [[HAPPY]]})
    assert table["method"].unique(maintain_order=True).to_list() == ["majority", "mean_score"]


def test_what_learns_is_left_out_without_labels(tmp_path: Path) -> None:
    faces = {"haar": faces_of(tmp_path, {"a": [[HAPPY]]})}
    table = predictions(faces, {}, {"a": "a"}, METHODS, {}, {})
    assert set(table["method"]) == {"majority", "mean_score"}


def test_a_finetuned_networks_probabilities_are_taken_over(tmp_path: Path) -> None:
    faces = {"haar": faces_of(tmp_path, {"a": [[HAPPY]], "b": [[HAPPY]], "c": [NOBODY]})}
    finetuned = pl.DataFrame(
        {"filename": ["a", "b", "c"], "fold": [0, 1, None], "predict": ["Neg", "Pos", None],
         "pos": [0.1, 0.8, None], "neg": [0.7, 0.1, None], "neut": [0.2, 0.1, None]}
    )  # fmt: skip
    table = predictions(faces, GOLDEN, {}, ("finetuned",), {}, {"haar": finetuned})
    assert table.select("filename", "predict", "fold", *SCORES).rows() == [
        ("a", "Neg", 0, 0.1, 0.7, 0.2), ("b", "Pos", 1, 0.8, 0.1, 0.1), ("c", None, None, None, None, None),
    ]  # fmt: skip


def test_finetuned_predictions_of_videos_named_like_numbers_are_read(tmp_path: Path) -> None:
    rows = pl.DataFrame({name: [None, None] for name in OUT_OF_FOLD}, schema=OUT_OF_FOLD)
    rows = rows.with_columns(filename=pl.Series(["007", "8"]))
    rows.write_csv(tmp_path / "d.csv")
    assert_frame_equal(pl.read_csv(tmp_path / "d.csv", schema=OUT_OF_FOLD), rows)

"""One prediction per video and method."""

from pathlib import Path

import polars as pl
import pytest
from facetally.measure.counts import SCORES
from facetally.measure.out_of_fold import OUT_OF_FOLD
from facetally.measure.predictions import LEAST, PREDICTIONS, combined_faces, predictions, together
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


def test_confidence_is_the_score_of_the_predicted_class(tmp_path: Path) -> None:
    videos = {"a": [[HAPPY], [HAPPY], [SAD]], "b": [[ANGRY]], "c": [NOBODY]}
    table = predicted(tmp_path, haar=videos)
    confidence = {
        method: table.filter(method=method)["confidence"].to_list()
        for method in ("majority", "mean_score")
    }
    assert confidence["majority"] == pytest.approx([2 / 3, 1, None])
    assert confidence["mean_score"] == pytest.approx([1.8 / 3, 0.8, None])


def test_the_confidence_in_neutral_is_neutrals_where_the_others_are_equal(tmp_path: Path) -> None:
    # Positive and Negative have two fifths each and equal scores: Neutral is predicted.
    happy, angry = scores(happy=0.8, sad=0.2), scores(angry=0.8, sad=0.2)
    table = predicted(tmp_path, haar={"a": [[happy], [angry], [happy], [angry], [SAD]]})
    assert table["predict"].to_list() == ["Neut"] * 2
    assert table["confidence"].to_list() == pytest.approx([1 / 5, (4 * 0.2 + 1.0) / 5])


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


def learned(
    rows: dict[str, tuple[float | None, float | None, float | None]], fold: int = 0
) -> pl.DataFrame:
    """What was learned from one detector's faces: probabilities by video."""
    return pl.DataFrame(
        [
            (video, None, None if scores[0] is None else fold, *scores)
            for video, scores in rows.items()
        ],
        {
            "video": pl.String,
            "predict": pl.String,
            "fold": pl.Int64,
            **dict.fromkeys(SCORES, pl.Float64),
        },
        orient="row",
    )


def test_detectors_together_are_the_geometric_mean_of_their_probabilities() -> None:
    table = together([learned({"a": (0.9, 0.1, 0.0)}), learned({"a": (0.4, 0.1, 0.5)})])
    # Square roots of products, and of 0.5 times LEAST for what the first rules out.
    pooled = [0.6, 0.1, (0.5 * LEAST) ** 0.5]
    (row,) = table.to_dicts()
    assert [row[score] for score in SCORES] == pytest.approx(
        [value / sum(pooled) for value in pooled], abs=1e-6
    )
    assert sum(row[score] for score in SCORES) == pytest.approx(1, abs=3e-6)
    assert (row["video"], row["fold"], row["predict"]) == ("a", 0, "Pos")


def test_one_that_all_but_rules_out_a_class_is_heard_and_two_that_agree_are_not_surer() -> None:
    # The mean of the probabilities would be Positive.
    table = together(
        [learned({"a": (0.9, 0.05, 0.05), "b": (0.6, 0.3, 0.1)}),
         learned({"a": (0.001, 0.3, 0.699), "b": (0.6, 0.3, 0.1)})]
    )  # fmt: skip
    assert table["predict"].to_list() == ["Neut", "Pos"]
    assert table.row(1)[2:5] == pytest.approx((0.6, 0.3, 0.1), abs=1e-6)


def test_a_video_that_one_detector_has_a_face_in_is_its_alone_and_of_none_nothing_is_said() -> (
    None
):
    nothing = (None, None, None)
    table = together(
        [learned({"a": (0.2, 0.7, 0.1), "b": nothing}), learned({"a": nothing, "b": nothing, "c": (0.1, 0.1, 0.8)})]
    )  # fmt: skip
    assert table["video"].to_list() == ["a", "b", "c"]
    assert table["predict"].to_list() == ["Neg", None, "Neut"]
    assert table["fold"].to_list() == [0, None, 0]
    assert table.select(SCORES).row(0) == pytest.approx((0.2, 0.7, 0.1), abs=1e-6)
    assert table.select(SCORES).row(1) == nothing


def test_what_learns_has_a_row_for_all_detectors_after_theirs(tmp_path: Path) -> None:
    videos = {"a": [[HAPPY], NOBODY], "b": [NOBODY, NOBODY]}
    other = {"a": [[ANGRY], [ANGRY]], "b": [NOBODY, [SAD]]}
    faces = {
        "haar": faces_of(tmp_path / "haar", videos),
        "mtcnn": faces_of(tmp_path / "mtcnn", other),
    }
    finetuned = {
        "haar": pl.DataFrame(
            {"filename": ["a", "b"], "fold": [1, None], "predict": ["Pos", None],
             "pos": [0.9, None], "neg": [0.1, None], "neut": [0.0, None]},
        ),
        "mtcnn": pl.DataFrame(
            {"filename": ["a", "b"], "fold": [1, 0], "predict": ["Neut", "Neut"],
             "pos": [0.4, 0.1], "neg": [0.1, 0.2], "neut": [0.5, 0.7]},
        ),
    }  # fmt: skip
    table = predictions(faces, GOLDEN, {}, ("finetuned",), {}, finetuned)
    assert table["detector"].unique(maintain_order=True).to_list() == [
        "haar",
        "mtcnn",
        "haar+mtcnn",
    ]
    both = table.filter(detector="haar+mtcnn")
    assert both.select("filename", "predict", "golden", "fold", "frames", "no_face").rows() == [
        ("a", "Pos", "Pos", 1, 2, 0), ("b", "Neut", "Neg", 0, 2, 1),
    ]  # fmt: skip
    total = 0.6 + 0.1 + (0.5 * LEAST) ** 0.5
    assert both["confidence"].to_list() == pytest.approx([0.6 / total, 0.7], abs=1e-6)
    alone = predictions({"haar": faces["haar"]}, GOLDEN, {}, ("finetuned",), {}, finetuned)
    assert alone["detector"].unique().to_list() == ["haar"]


def test_the_calibrated_predictions_of_all_detectors_are_those_of_each_together(
    tmp_path: Path,
) -> None:
    videos = {f"p{number}": [[(HAPPY, ANGRY, SAD)[number % 3]]] for number in range(12)}
    other = videos | {"p0": [NOBODY], "p1": [[SAD]]}
    faces = {
        "haar": faces_of(tmp_path / "haar", videos),
        "mtcnn": faces_of(tmp_path / "mtcnn", other),
    }
    golden = {name: ("Pos", "Neg", "Neut")[int(name[1:]) % 3] for name in videos}
    table = predictions(faces, golden, {name: name for name in videos}, ("calibrated",), {}, {})
    of = {
        str(detector): part.rename({"filename": "video"})
        for (detector,), part in table.partition_by("detector", as_dict=True).items()
    }
    assert list(of) == ["haar", "mtcnn", "haar+mtcnn"]
    wanted = together([of["haar"], of["mtcnn"]]).sort("video")
    assert_frame_equal(of["haar+mtcnn"].select(wanted.columns).sort("video"), wanted)
    assert of["haar+mtcnn"]["fold"].null_count() == 0

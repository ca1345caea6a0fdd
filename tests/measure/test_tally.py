"""The paper's arithmetic."""

from pathlib import Path

import polars as pl
import pytest
from facetally.detect.face import Face
from facetally.faces.raw import frame_record, write_raw
from facetally.faces.table import face_table
from facetally.measure.counts import count_labels, count_segments, prediction
from support.raw_files import raw_file, scores

PAPER_ROWS = [
    ("biden_58_0", "Neut", "Neg", 77, 67, 187),
    ("biden_124_0", "Neut", "Neut", 13, 5, 42),
    ("biden_138_0", "Neut", "Neut", 0, 0, 4),
    ("biden_139_2", "Neut", "Neut", 0, 3, 120),
    ("biden_143_0", "Neut", "Neg", 23, 42, 139),
    ("biden_143_2", "Neut", "Neut", 14, 88, 179),
    ("biden_274_0", "Pos", "Neg", 31, 0, 25),
    ("biden_308_0", "Pos", "Neg", 55, 1, 20),
    ("biden_411_0", "Neut", "Neg", 0, 0, 112),
]

HAPPY = scores(happy=0.9, neutral=0.1)
SURPRISE = scores(surprise=0.8, sad=0.2)
NEUTRAL = scores(neutral=0.7, angry=0.3)
FEAR = scores(fear=0.6, happy=0.4)
SAD = scores(sad=0.9, happy=0.1)
ANGRY = scores(angry=0.9, neutral=0.1)
DISGUST = scores(disgust=0.5, angry=0.3, neutral=0.2)
FACE_OF = {"pos": HAPPY, "neg": ANGRY, "neut": NEUTRAL}


def counts(
    tmp_path: Path, frames: list[list[list[float]]], golden: dict[str, str] | None = None
) -> dict:
    table = face_table({"clip": raw_file(tmp_path / "clip.json", frames)})
    return count_labels(table, golden or {}).row(0, named=True)


def test_the_papers_nine_rows_come_out(tmp_path: Path) -> None:
    raw, golden = {}, {}
    for name, _, label, pos, neg, neut in PAPER_ROWS:
        frames = [[HAPPY]] * pos + [[ANGRY]] * neg + [[NEUTRAL]] * neut
        raw[name] = raw_file(tmp_path / f"{name}.json", frames)
        golden[name] = label
    table = count_labels(face_table(raw), golden)
    shown = table.select("filename", "predict", "golden", "pos", "neg", "neut").rows()
    assert shown == sorted(PAPER_ROWS)


@pytest.mark.parametrize(
    ("face", "label"),
    [
        (HAPPY, "Pos"),
        (SURPRISE, "Pos"),
        (NEUTRAL, "Neut"),
        (FEAR, "Neut"),
        (SAD, "Neut"),
        (ANGRY, "Neg"),
        (DISGUST, "Neg"),
    ],
)
def test_each_emotion_counts_for_its_class(tmp_path: Path, face: list[float], label: str) -> None:
    row = counts(tmp_path, [[face]])
    assert row["predict"] == label
    assert {key: row[key] for key in ("pos", "neg", "neut")} == {
        key: int(key == label.lower()) for key in ("pos", "neg", "neut")
    }


@pytest.mark.parametrize(
    ("tied", "winner"),
    [
        (("angry", "neutral"), "angry"),
        (("disgust", "happy"), "disgust"),
        (("fear", "surprise"), "fear"),
        (("happy", "sad"), "happy"),
        (("surprise", "neutral"), "surprise"),
    ],
)
def test_a_tie_of_scores_goes_to_the_earlier_emotion(
    tmp_path: Path, tied: tuple[str, str], winner: str
) -> None:
    row = counts(tmp_path, [[scores(**dict.fromkeys(tied, 0.5))]])
    assert row[winner] == 1
    assert (
        sum(
            row[emotion]
            for emotion in ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
        )
        == 1
    )


def test_a_tie_of_frames_goes_to_the_higher_summed_score(tmp_path: Path) -> None:
    strong, weak = scores(happy=0.9, angry=0.1), scores(angry=0.6, happy=0.4)
    assert counts(tmp_path, [[strong], [weak]])["predict"] == "Pos"
    strong, weak = scores(angry=0.9, happy=0.1), scores(happy=0.6, angry=0.4)
    assert counts(tmp_path, [[strong], [weak]])["predict"] == "Neg"


def test_the_summed_score_of_a_class_includes_all_its_emotions(tmp_path: Path) -> None:
    # Happy and angry lead one frame each, but disgust adds to the negative sum.
    happy = scores(happy=0.5, disgust=0.4, angry=0.1)
    angry = scores(angry=0.5, happy=0.1, sad=0.4)
    assert counts(tmp_path, [[happy], [angry]])["predict"] == "Neg"


def test_a_tie_in_everything_goes_to_neutral(tmp_path: Path) -> None:
    assert counts(tmp_path, [[scores(happy=1.0)], [scores(angry=1.0)]])["predict"] == "Neut"
    assert counts(tmp_path, [[scores(happy=1.0)], [scores(neutral=1.0)]])["predict"] == "Neut"


def test_rounding_does_not_decide_a_tie() -> None:
    tenths = [0.1, 0.2]
    table = pl.DataFrame(
        {
            "pos": [2],
            "neg": [2],
            "neut": [0],
            "pos_sum": [3000],
            "neg_sum": [round(sum(tenths) * 10000)],
            "neut_sum": [0],
        }
    )
    assert table.select(prediction()).item() == "Neut"


def test_the_first_of_several_faces_counts(tmp_path: Path) -> None:
    row = counts(tmp_path, [[HAPPY, ANGRY, ANGRY], [HAPPY], [ANGRY, HAPPY]])
    assert (row["pos"], row["neg"], row["neut"]) == (2, 1, 0)
    assert row["several_faces"] == 2


def test_frames_without_a_face_are_counted_apart(tmp_path: Path) -> None:
    row = counts(tmp_path, [[], [SAD], []])
    assert (row["frames"], row["no_face"], row["neut"], row["predict"]) == (3, 2, 1, "Neut")


def test_a_video_without_any_face_has_no_prediction(tmp_path: Path) -> None:
    row = counts(tmp_path, [[], []], {"clip": "Pos"})
    assert (row["predict"], row["golden"], row["frames"], row["no_face"]) == (None, "Pos", 2, 2)
    assert (row["pos"], row["neg"], row["neut"]) == (0, 0, 0)


def test_videos_are_sorted_by_filename_and_keep_names_that_look_like_numbers(
    tmp_path: Path,
) -> None:
    raw = {
        name: raw_file(tmp_path / f"{name}.json", [[HAPPY]]) for name in ("b", "007", "10", "a")
    }
    assert count_labels(face_table(raw), {})["filename"].to_list() == ["007", "10", "a", "b"]


def test_segments_split_at_source_frames(tmp_path: Path) -> None:
    frames = [[HAPPY]] * 50 + [[ANGRY]] * 50 + [[NEUTRAL]]
    table = face_table({"clip": raw_file(tmp_path / "clip.json", frames)})
    segments = count_segments(table, {"clip": "Pos"}, 1000)
    assert segments.select(
        "segment",
        "start_frame",
        "start_time",
        "end_time",
        "predict",
        "golden",
        "pos",
        "neg",
        "neut",
        "frames",
    ).rows() == [
        (0, 0, 0.0, 39.2, "Pos", "Pos", 50, 0, 0, 50),
        (1, 1000, 40.0, 79.2, "Neg", "Pos", 0, 50, 0, 50),
        (2, 2000, 80.0, 80.0, "Neut", "Pos", 0, 0, 1, 1),
    ]


def test_a_frame_belongs_to_the_segment_its_index_lies_in(tmp_path: Path) -> None:
    table = face_table({"clip": raw_file(tmp_path / "clip.json", [[HAPPY]] * 10, step=7)})
    assert count_segments(table, {}, 15)["frames"].to_list() == [3, 2, 2, 2, 1]


def scored_by_a_model(
    path: Path, frames: list[tuple[list[float], tuple[float, ...] | None]]
) -> Path:
    """Raw FER JSON of one face a frame: seven scores, and an emotion model's three."""
    faces = [Face((0, 0, 60, 60), seven, None, three) for seven, three in frames]
    write_raw(
        path, (frame_record(number, number / 25, [face]) for number, face in enumerate(faces))
    )
    return path


def test_an_emotion_models_classes_take_the_place_of_the_mapping(tmp_path: Path) -> None:
    frames = [
        (HAPPY, (0.1, 0.8, 0.1)),
        (HAPPY, (0.3, 0.4, 0.3)),
        (HAPPY, (0.2, 0.2, 0.6)),
        (HAPPY, None),
    ]
    table = face_table({"clip": scored_by_a_model(tmp_path / "clip.json", frames)})
    (row,) = count_labels(table, {}).rows(named=True)
    assert (row["pos"], row["neg"], row["neut"], row["predict"]) == (1, 2, 1, "Neg")
    # Emotions are counted as before.
    assert row["happy"] == 4


def test_a_frame_that_an_emotion_model_leaves_undecided_is_neutral(tmp_path: Path) -> None:
    frames = [(HAPPY, (0.4, 0.4, 0.2)), (HAPPY, (0.5, 0.0, 0.5)), (HAPPY, (0.0, 0.5, 0.5))]
    table = face_table({"clip": scored_by_a_model(tmp_path / "clip.json", frames)})
    assert count_labels(table, {}).select("pos", "neg", "neut").row(0) == (0, 0, 3)


def test_a_tie_of_frames_goes_to_what_the_emotion_model_scores_higher(tmp_path: Path) -> None:
    # By fer's own scores, Positive would win.
    frames = [(HAPPY, (0.5, 0.4, 0.1)), (HAPPY, (0.0, 0.9, 0.1))]
    table = face_table({"clip": scored_by_a_model(tmp_path / "clip.json", frames)})
    assert count_labels(table, {})["predict"].item() == "Neg"

"""What each mapping makes of the same faces, against figures worked out by hand."""

from pathlib import Path

import polars as pl
import pytest
from facetally.emotions import CLASS_OF
from facetally.measure.bias import BIAS, bias_rows
from facetally.measure.counts import count_labels
from facetally.measure.predictions import predictions
from facetally.measure.summary import SUMMARY, summarize
from facetally.study.methods import MAJORITY
from support.raw_files import scores
from support.tables import ANGRY, HAPPY, NOBODY, faces_of

SAD = scores(sad=0.8, happy=0.2)
FEAR = scores(fear=0.9, neutral=0.1)
MAPPINGS = {
    "paper": dict(CLASS_OF),
    "sad_negative": CLASS_OF | {"sad": "Neg"},
    "no_neutral": CLASS_OF | {"sad": "Neg", "fear": "Neg", "neutral": "Pos"},
}
VIDEOS = {
    "a": [[HAPPY], [HAPPY], [SAD]],
    "b": [[SAD], [SAD], NOBODY],
    "c": [[SAD], [ANGRY, HAPPY], [FEAR]],
    "d": [NOBODY],
    "e": [[ANGRY]],
}
GOLDEN = {"a": "Pos", "b": "Neg", "c": "Neg", "d": "Neut"}


@pytest.fixture
def faces(tmp_path: Path) -> pl.DataFrame:
    return faces_of(tmp_path, VIDEOS)


def table_of(faces: pl.DataFrame, golden: dict[str, str], own: str = "paper") -> pl.DataFrame:
    counts = count_labels(faces, golden)
    return pl.DataFrame(bias_rows("2019", "haar", faces, counts, MAPPINGS, own), BIAS)


def test_the_figures_are_those_worked_out_by_hand(faces: pl.DataFrame) -> None:
    table = table_of(faces, GOLDEN)
    assert table.schema == BIAS
    paper, sad, none = table.to_dicts()
    assert [row["mapping"] for row in (paper, sad, none)] == list(MAPPINGS)
    # Of nine frames with a face, two are happy, four sad, one fear, two angry. By the paper's
    # mapping, a is Pos, b and c are Neut; d has no face.
    assert paper == pytest.approx(
        {
            "dataset": "2019", "detector": "haar", "mapping": "paper",
            "prior_pos": 2 / 7, "prior_neg": 2 / 7, "prior_neut": 3 / 7,
            "share_pos": 2 / 9, "share_neg": 2 / 9, "share_neut": 5 / 9,
            "predicted_pos": 1 / 4, "predicted_neg": 0, "predicted_neut": 2 / 4,
            "golden_pos": 1 / 4, "golden_neg": 2 / 4, "golden_neut": 1 / 4,
            "recall_pos": 1, "recall_neg": 0, "recall_neut": 0,
            # Wilson's formula for 1 of 4, with z = 1.959964.
            "accuracy": 1 / 4, "accuracy_low": 0.0455873, "accuracy_high": 0.6993582,
            "accuracy_change": 0, "balanced_accuracy": 1 / 3, "majority_baseline": 2 / 4,
            "labelled": 4,
        },
        abs=1e-6,
    )  # fmt: skip
    # Sad frames make b and c Neg.
    assert [sad[name] for name in ("prior_pos", "prior_neg", "prior_neut")] == [
        2 / 7,
        3 / 7,
        2 / 7,
    ]
    assert [sad[name] for name in ("share_pos", "share_neg", "share_neut")] == [
        2 / 9,
        6 / 9,
        1 / 9,
    ]
    assert (sad["predicted_neg"], sad["recall_neg"], sad["accuracy"]) == (1 / 2, 1, 3 / 4)
    assert (sad["accuracy_change"], sad["balanced_accuracy"]) == (1 / 2, 2 / 3)
    # A class may have no emotion.
    assert (none["prior_neut"], none["share_neut"], none["predicted_neut"]) == (0, 0, 0)
    assert (none["accuracy"], none["recall_neut"]) == (3 / 4, 0)


def test_changes_are_told_against_the_studys_own_mapping(faces: pl.DataFrame) -> None:
    assert table_of(faces, GOLDEN, "sad_negative")["accuracy_change"].to_list() == [-0.5, 0, 0]


def test_the_measures_are_those_of_the_summary(faces: pl.DataFrame) -> None:
    for row in table_of(faces, GOLDEN).to_dicts():
        mapping = MAPPINGS[row["mapping"]]
        predicted = predictions({"haar": faces}, GOLDEN, {}, [MAJORITY], {}, {}, mapping)
        (summary,) = summarize("2019", predicted)
        shared = [name for name in BIAS if name in SUMMARY]
        assert len(shared) == 8
        assert {name: row[name] for name in shared} == pytest.approx(
            {name: summary[name] for name in shared}
        )


def test_a_golden_class_without_a_video_has_no_recall(faces: pl.DataFrame) -> None:
    row = table_of(faces, {"a": "Pos", "c": "Neg"}).row(0, named=True)
    assert (row["recall_pos"], row["recall_neg"], row["recall_neut"]) == (1, 0, None)
    assert row["balanced_accuracy"] == 1 / 2


def test_without_labels_or_faces_there_is_nothing_to_tell(
    tmp_path: Path, faces: pl.DataFrame
) -> None:
    known = {"dataset", "detector", "mapping", "prior_pos", "prior_neg", "prior_neut", "labelled"}
    row = table_of(faces, {}).row(0, named=True)
    assert {name for name, value in row.items() if value is not None} == known | {
        "share_pos", "share_neg", "share_neut",
    }  # fmt: skip
    row = table_of(faces_of(tmp_path / "nobody", {"d": [NOBODY]}), {}).row(0, named=True)
    assert {name for name, value in row.items() if value is not None} == known
    assert row["labelled"] == 0


def test_names_like_numbers_stay_text_in_the_file(tmp_path: Path, faces: pl.DataFrame) -> None:
    table = table_of(faces, GOLDEN).with_columns(mapping=pl.lit("007"))
    table.write_csv(tmp_path / "bias.csv")
    assert pl.read_csv(tmp_path / "bias.csv", schema=BIAS).equals(table)

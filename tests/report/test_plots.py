"""DVC compares and plots the study's own figures."""

from pathlib import Path

import polars as pl
import pytest
from facetally.emotions import EMOTIONS
from facetally.measure.people import PEOPLE
from facetally.measure.summary import SUMMARY, measures
from facetally.report.dvc_plots import (
    accuracies,
    confusion,
    emotion_shares,
    people_metrics,
    people_shares,
)

NO_VALUES = dict.fromkeys(SUMMARY)
LABELLED = {
    "dataset": "2019",
    "detector": "haar",
    "method": "majority",
    "count": 4,
    "accuracy": 0.75,
    "majority_baseline": 0.5,
}
UNLABELLED = {"dataset": "2020", "detector": "haar", "method": "majority", "count": 9}


@pytest.fixture
def summary(tmp_path: Path) -> pl.DataFrame:
    table = pl.DataFrame(
        [
            NO_VALUES | LABELLED,
            NO_VALUES | LABELLED | {"detector": "mtcnn"},
            NO_VALUES
            | LABELLED
            | {"method": "ensemble", "detector": "haar+mtcnn", "accuracy": 0.8},
            NO_VALUES | UNLABELLED,
        ],
        SUMMARY,
    )
    table.write_csv(tmp_path / "summary.csv")
    return pl.read_csv(tmp_path / "summary.csv", schema=SUMMARY)


def test_measures_are_those_with_a_value(summary: pl.DataFrame) -> None:
    assert measures(summary, "2019", "mtcnn") == {
        "count": 4, "accuracy": 0.75, "majority_baseline": 0.5,
    }  # fmt: skip
    assert measures(summary, "2020", "haar") == {"count": 9}


def test_each_run_has_a_bar_and_each_dataset_its_baseline(summary: pl.DataFrame) -> None:
    assert accuracies(summary).rows() == [
        ("2019, haar", 0.75),
        ("2019, always guessing the commonest label", 0.5),
        ("2019, mtcnn", 0.75),
        ("2019, ensemble, haar+mtcnn", 0.8),
    ]


def counts(**emotions: int) -> pl.DataFrame:
    rows = {
        "filename": ["a", "b", "c"],
        "predict": ["Pos", None, "Neg"],
        "golden": ["Pos", "Neut", None],
        "frames": 9,
    }
    return pl.DataFrame(rows | {name: [emotions.get(name, 0), 0, 0] for name in EMOTIONS})


def test_confusion_has_the_labelled_videos() -> None:
    assert confusion(counts()).rows() == [("a", "Pos", "Pos"), ("b", "Neut", "none")]
    assert confusion(counts().with_columns(frames=0)).is_empty()


def test_shares_of_emotions() -> None:
    shares = dict(emotion_shares(counts(happy=3, sad=1)).iter_rows())
    assert list(shares) == list(EMOTIONS)
    assert shares["happy"] == 0.75
    assert shares["sad"] == 0.25
    assert sum(shares.values()) == 1
    assert sum(dict(emotion_shares(counts()).iter_rows()).values()) == 0


def test_people_without_a_name_or_a_face_have_no_shares() -> None:
    shares = {f"share_{emotion}": 0.0 for emotion in EMOTIONS} | {"share_happy": 1.0}
    classes = {"share_pos": 1.0, "share_neg": 0.0, "share_neut": 0.0}
    rows = [
        {"person": "Anna", "valence": 0.5, **shares, **classes},
        {"person": "Bert"},
        {"person": None, **shares},
    ]
    people = pl.DataFrame(rows, PEOPLE)
    assert people_metrics(people) == {"Anna": classes | {"valence": 0.5}, "Bert": {}}
    table = people_shares(people)
    assert table.rows() == [("Anna", emotion, float(emotion == "happy")) for emotion in EMOTIONS]
    assert table.columns == ["person", "emotion", "share"]

"""A three-class head on each video's emotion profile, learned from golden labels.

The paper's mapping assigns two emotions to Positive, two to Negative and three to Neutral, however
often the network reports each and however common each class is. A linear model learns from
labelled videos how to weight them; all classes carry the same weight, whatever their size.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from facetally.emotions import CLASSES, EMOTIONS
from facetally.measure.counts import SCORES, counted_faces, highest, top_emotion

PROFILE: Final = (
    *(f"mean_{emotion}" for emotion in EMOTIONS),
    *(f"top_{emotion}" for emotion in EMOTIONS),
)
"""A video's mean score of each emotion, and the share of its frames whose top emotion it is."""


def profiles(faces: pl.DataFrame) -> pl.DataFrame:
    """Describe each video that has a face by its emotions.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table`.

    Returns:
        ``video`` and the columns of PROFILE (fractions of the frames with a face), sorted.
    """
    return (
        counted_faces(faces)
        .filter(pl.col("face").is_not_null())
        .with_columns(top=top_emotion())
        .group_by("video")
        .agg(
            *(pl.col(emotion).mean().alias(f"mean_{emotion}") for emotion in EMOTIONS),
            *((pl.col("top") == emotion).mean().alias(f"top_{emotion}") for emotion in EMOTIONS),
        )
        .sort("video")
    )


def calibrated(
    profile: pl.DataFrame, golden: Mapping[str, str], folds: Mapping[str, int]
) -> pl.DataFrame:
    """Predict each video from what was learned on other videos.

    This is scikit-learn's logistic regression with an L2 penalty of the default strength and
    classes weighted by the inverse of their size. Profiles are all fractions and are not scaled:
    with few videos that hardly differ in an emotion, scaling would exaggerate it. A labelled video
    is predicted from the other folds, one without a label from all folds.

    Args:
        profile: the table of :func:`profiles`.
        golden: the golden label by video.
        folds: the fold by labelled video.

    Returns:
        ``video, predict, fold`` and the probabilities of the classes, named as in
        :data:`facetally.measure.counts.SCORES`.
    """
    videos = profile["video"].to_list()
    features = profile.select(PROFILE).to_numpy()
    fold = np.array([folds.get(video, -1) for video in videos], int)
    labels = np.array([golden.get(video, "") for video in videos])
    scores = np.full((len(videos), len(CLASSES)), np.nan)
    for held_out in np.unique(fold):
        there = fold == held_out
        others = (labels != "") & (fold != held_out)
        scores[there] = _learned(features[others], labels[others], features[there])
    return (
        pl.DataFrame({"video": videos, "fold": fold}, {"video": pl.String, "fold": pl.Int64})
        .with_columns(pl.Series(name, scores[:, place]) for place, name in enumerate(SCORES))
        .with_columns(pl.col(SCORES).fill_nan(None), pl.col("fold").replace(-1, None))
        .with_columns(predict=highest(SCORES))
    )


def _learned(
    features: npt.NDArray[np.float64], labels: npt.NDArray[Any], asked: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the probabilities of CLASSES for each row ``asked``, (n, 3); NaN without labels."""
    from sklearn.linear_model import LogisticRegression

    known = sorted(set(labels))
    probabilities = np.zeros((len(asked), len(CLASSES)))
    if not known:
        return np.full_like(probabilities, np.nan)
    if len(known) == 1:
        probabilities[:, CLASSES.index(known[0])] = 1
        return probabilities
    head = LogisticRegression(class_weight="balanced", max_iter=1000).fit(features, labels)
    probabilities[:, [CLASSES.index(label) for label in head.classes_]] = head.predict_proba(asked)
    return probabilities

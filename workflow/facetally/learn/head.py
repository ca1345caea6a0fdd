"""A linear head on fer's network, learned from labelled crops by logistic regression.

The network is not changed. Its outputs for a crop, 128 pooled features and the logarithms of its
seven scores, are computed once; the head is fitted on these in seconds and then appended to the
network, so that one file goes from a picture to probabilities.
"""

import warnings
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper
from threadpoolctl import threadpool_limits

from facetally.detect.export import continued
from facetally.detect.recognizer import CLASSES_KEY, MADE_BY, softmax
from facetally.emotions import CLASSES
from facetally.errors import FoldError
from facetally.learn.training import (
    FINAL,
    SEARCH,
    Floats,
    Labelled,
    Places,
    training_crops,
)
from facetally.study.folds import fold_of

CHOICES_OF_C: Final = (0.001, 0.003, 0.01, 0.03, 0.1)
"""scikit-learn's C, the inverse of the L2 penalty, for videos with a mean weight of 1."""

USUAL_C: Final = 0.003
"""The C to use if there are too few groups or classes to choose one."""

IMPOSSIBLE: Final = -1e4
"""The logit of a class that had no training videos: its probability is 0."""


class LinearHead:
    """A learner (:class:`facetally.learn.training.Learner`): a linear head on fixed features.

    Args:
        features: the features of all crops from the network ``features``, float32, (n, m).
        seed: the seed for choosing the groups that C is tested on.
    """

    def __init__(self, features: Floats, seed: int) -> None:
        self._features = features
        self._seed = seed
        self._weights = np.zeros((features.shape[1], len(CLASSES)), np.float32)
        self._bias = np.zeros(len(CLASSES), np.float32)

    def learn(self, labelled: Labelled, fold: str) -> list[dict[str, object]]:
        """Refit the head, with the C that does best on groups held out of these videos.

        Features are standardised over the crops. All classes have the same weight, as do all
        videos in a class.

        Args:
            labelled: videos of at least two classes, all with crops.
            fold: the name of the fold in the history.

        Returns:
            Rows of HISTORY: one for each C of the stage ``search``, if there are enough groups and
            classes, and one of the stage ``final``.
        """
        # The products are small: BLAS's threads would mostly wait for each other.
        with threadpool_limits(1):
            return self._learn(labelled, fold)

    def _learn(self, labelled: Labelled, fold: str) -> list[dict[str, object]]:
        crops, classes, weights = training_crops(labelled)
        features = self._features[crops]
        # Otherwise the penalty would shrink with more crops per video, which add little
        # information.
        weights = weights * np.float32(len(labelled.golden) / len(crops))
        losses = self._losses(features, classes, weights, labelled)
        rows: list[dict[str, object]] = [
            {"fold": fold, "stage": SEARCH, "c": c, "val_loss": loss, "val_accuracy": accuracy}
            for c, (loss, accuracy) in losses.items()
        ]
        # The first of equal ones, which is the smoothest.
        c = min(losses, key=lambda choice: losses[choice][0]) if losses else USUAL_C
        model = _model(c).fit(features, classes, **_weighing(weights))
        self._keep(model)
        probabilities = self.probabilities(crops)
        loss, accuracy = _measured(classes, probabilities[:, np.unique(classes)], weights)
        rows.append({"fold": fold, "stage": FINAL, "c": c, "loss": loss, "accuracy": accuracy})
        return rows

    def probabilities(self, crops: Places) -> Floats:
        """Return the probabilities of CLASSES, float32, (n, 3), for some crops."""
        logits = self._features[crops] @ self._weights + self._bias
        return np.asarray(softmax(logits), np.float32)

    def export(self, body: onnx.ModelProto) -> onnx.ModelProto:
        """Append the head to the network that made the features.

        Args:
            body: the network ``features``, which is not changed.

        Returns:
            The network from grey float32 pictures (n, 64, 64, 1), from -1 to 1, to float32
            probabilities (n, 3) in the order of CLASSES, which its metadata names.
        """
        (features,) = body.graph.output
        nodes = [
            helper.make_node(
                "Gemm", [features.name, "head.weights", "head.bias"], ["head.logits"]
            ),
            helper.make_node("Softmax", ["head.logits"], ["head.probabilities"], axis=1),
        ]
        constants = {"head.weights": self._weights, "head.bias": self._bias}
        model = continued(body, nodes, constants, len(CLASSES))
        helper.set_model_props(model, {MADE_BY[0]: MADE_BY[1], CLASSES_KEY: ",".join(CLASSES)})
        return model

    def _losses(
        self, features: Floats, classes: Places, weights: Floats, labelled: Labelled
    ) -> dict[float, tuple[float, float]]:
        """Return log loss and accuracy on held-out groups by C; empty if none can be held out."""
        from sklearn.model_selection import PredefinedSplit, cross_val_predict

        try:
            folds = fold_of(labelled.golden, labelled.groups, self._seed)
        except FoldError:
            return {}
        videos = sorted(labelled.golden)
        sizes = [len(labelled.places[video]) for video in videos]
        of_crop = np.repeat([folds[video] for video in videos], sizes)
        for held_out in np.unique(of_crop):
            if len(np.unique(classes[of_crop != held_out])) < 2:
                return {}
        found = {}
        with warnings.catch_warnings():
            # A missing class gets a probability of 0, which is what should be measured.
            warnings.filterwarnings("ignore", message="Number of classes in training fold")
            for c in CHOICES_OF_C:
                probabilities = cross_val_predict(
                    _model(c),
                    features,
                    classes,
                    cv=PredefinedSplit(of_crop),
                    method="predict_proba",
                    params=_weighing(weights),
                )
                found[c] = _measured(classes, probabilities, weights)
        return found

    def _keep(self, model: Any) -> None:
        """Merge standardisation and regression: features times weights, plus a bias."""
        scaler, regression = model
        coefficients = regression.coef_.astype(np.float64)
        intercepts = regression.intercept_.astype(np.float64)
        if len(regression.classes_) == 2:
            # scikit-learn stores only the second class's lead over the first.
            coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
            intercepts = np.concatenate([[0.0], intercepts])
        weights = coefficients / scaler.scale_
        known = regression.classes_
        self._weights[:] = 0
        self._bias[:] = IMPOSSIBLE
        self._weights[:, known] = weights.T
        self._bias[known] = intercepts - weights @ scaler.mean_


def _model(c: float) -> Any:
    """Return an unfitted pipeline of standardisation and logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000))


def _weighing(weights: Floats) -> dict[str, Floats]:
    """Return the weights as arguments for scikit-learn's pipeline."""
    return {f"{step}__sample_weight": weights for step in ("standardscaler", "logisticregression")}


def _measured(classes: Places, probabilities: Any, weights: Floats) -> tuple[float, float]:
    """Return the weighted log loss and accuracy; the probabilities are of the classes present."""
    from sklearn.metrics import log_loss

    known = np.unique(classes)
    # Float64, so that sums stay close to 1.
    exact = np.asarray(probabilities, np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    loss = log_loss(classes, exact, sample_weight=weights, labels=known)
    right = known[exact.argmax(axis=1)] == classes
    return float(loss), float(np.average(right, weights=weights))

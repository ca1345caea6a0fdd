"""The emotions that fer scores, and the three classes they are counted as."""

from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""fer's seven emotions in the order of its network's output, which also breaks ties."""

CLASSES: Final = ("Pos", "Neg", "Neut")
"""The three classes, spelt and ordered as in the paper's tables."""

CLASS_SCORES: Final = tuple(label.lower() for label in CLASSES)
"""The keys of the classes' probabilities, without the face's number in raw FER JSON."""

CLASS_OF: Final = {
    "happy": "Pos",
    "surprise": "Pos",
    "neutral": "Neut",
    "fear": "Neut",
    "sad": "Neut",
    "disgust": "Neg",
    "angry": "Neg",
}
"""The paper's mapping from seven emotions to three classes."""

COLOURS: Final = {
    "angry": "#D55E00",
    "disgust": "#009E73",
    "fear": "#9467BD",
    "happy": "#C28400",
    "sad": "#2878C8",
    "surprise": "#E0529C",
    "neutral": "#808080",
}
"""One colour per emotion, as RGB: mid tones with a contrast of at least 3 against white and near
black."""

LABELS: Final = {
    "pos": "Pos",
    "positive": "Pos",
    "neg": "Neg",
    "negative": "Neg",
    "neut": "Neut",
    "neutral": "Neut",
}
"""The labels a label file may use, in lower case, and the class each one means."""

CANNOT_TELL: Final = "cannot tell"
"""A rater's answer when none of the three classes fits; label files may use it too."""

"""The page on which a rater labels the videos of a dataset."""

from collections.abc import Iterable, Mapping
from typing import Final

from facetally.emotions import CANNOT_TELL, LABELS
from facetally.report.render import render

ANSWERS: Final = {
    "1": "Positive",
    "2": "Neutral",
    "3": "Negative",
    "0": CANNOT_TELL.capitalize(),
}
"""What a rater may answer, by key."""


def label_page(
    dataset: str,
    clips: Mapping[str, str],
    unshown: Iterable[tuple[str, str]],
    mapping: Mapping[str, str],
    seed: int,
    sound: bool,
) -> str:
    """Write the page, which asks for nothing but the videos, and sends nothing.

    Args:
        dataset: its name.
        clips: the address of each video's file, relative to the page, by the video's name.
        unshown: videos that cannot be shown, and why.
        mapping: the class of each emotion, by which the answers are explained.
        seed: of the order in which each rater sees the videos.
        sound: whether raters hear them.
    """
    classes = {word: LABELS[word.lower()] for word in ANSWERS.values() if word.lower() in LABELS}
    return render(
        "label.html",
        dataset=dataset,
        clips=[{"name": name, "src": address} for name, address in clips.items()],
        unshown=list(unshown),
        answers=ANSWERS,
        meanings={
            answer: [emotion for emotion, label in mapping.items() if label == own]
            for answer, own in classes.items()
        },
        seed=seed,
        sound=sound,
    )

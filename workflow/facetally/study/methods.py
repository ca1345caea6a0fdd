"""How a video's frames become one prediction: the paper's method, and others.

Imports only the standard library, because the workflow reads this when it is parsed.
"""

from typing import Final

MAJORITY: Final = "majority"
"""The paper's method: the class with the most frames."""

MEAN_SCORE: Final = "mean_score"
"""The class with the highest score, averaged over the frames with a face."""

ENSEMBLE: Final = "ensemble"
"""Like ``mean_score``, on the average scores of all detectors that find a face in a frame."""

CALIBRATED: Final = "calibrated"
"""The prediction of a class-balanced logistic regression on the video's emotion profile."""

FINETUNED: Final = "finetuned"
"""The prediction of fer's network with a new head, trained on the study's own videos."""

METHODS: Final = (MAJORITY, MEAN_SCORE, ENSEMBLE, CALIBRATED, FINETUNED)
LEARNED: Final = (CALIBRATED, FINETUNED)
"""The methods that learn from golden labels."""

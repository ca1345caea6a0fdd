"""How a video's frames become one prediction: the paper's method, and others.

Only the standard library is imported: the workflow itself reads this.
"""

from typing import Final

MAJORITY: Final = "majority"
"""The paper's: the class with the most frames."""

MEAN_SCORE: Final = "mean_score"
"""The class with the highest score, averaged over the frames with a face."""

ENSEMBLE: Final = "ensemble"
"""As ``mean_score``, of the scores of all detectors that find a face in a frame, averaged."""

CALIBRATED: Final = "calibrated"
"""What a class-balanced logistic regression makes of the video's emotion profile."""

FINETUNED: Final = "finetuned"
"""What fer's network says with a new head that was trained on the study's own videos."""

METHODS: Final = (MAJORITY, MEAN_SCORE, ENSEMBLE, CALIBRATED, FINETUNED)
LEARNED: Final = (CALIBRATED, FINETUNED)
"""The methods that learn from golden labels."""

"""The paper's own results, to stand beside a study's."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class PaperResult:
    """An accuracy as the paper prints it.

    Attributes:
        dataset: the debates of this year.
        count: labelled videos.
        detector: the face detector.
        accuracy: a fraction of the videos.
    """

    dataset: str
    count: int
    detector: str
    accuracy: float

    @property
    def correct(self) -> int:
        """Videos predicted right, as they follow from count and accuracy."""
        return round(self.count * self.accuracy)


RESULTS: Final = (
    PaperResult("2019 debates", 1320, "haar", 0.5394),
    PaperResult("2019 debates", 1320, "mtcnn", 0.6005),
    PaperResult("2020 debates", 1506, "haar", 0.5775),
    PaperResult("2020 debates", 1506, "mtcnn", 0.5535),
)

"""The paper's own results, for comparison with a study's."""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from facetally.errors import ConfigError
from facetally.measure.intervals import wilson_interval


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
    def year(self) -> str:
        """The year of the debates, which has to be the name of a study's dataset."""
        return self.dataset.split()[0]

    @property
    def correct(self) -> int:
        """Videos predicted right, as derived from count and accuracy."""
        return round(self.count * self.accuracy)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.count)


RESULTS: Final = (
    PaperResult("2019 debates", 1320, "haar", 0.5394),
    PaperResult("2019 debates", 1320, "mtcnn", 0.6005),
    PaperResult("2020 debates", 1506, "haar", 0.5775),
    PaperResult("2020 debates", 1506, "mtcnn", 0.5535),
)

BESIDE: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "detector": pl.String(),
        "paper_count": pl.Int64(),
        "paper_accuracy": pl.Float64(),
        "paper_low": pl.Float64(),
        "paper_high": pl.Float64(),
        "labelled": pl.Int64(),
        "accuracy": pl.Float64(),
        "accuracy_low": pl.Float64(),
        "accuracy_high": pl.Float64(),
        "difference": pl.Float64(),
        "majority_baseline": pl.Float64(),
    }
)


def beside_the_paper(summary: pl.DataFrame) -> pl.DataFrame:
    """Put the paper's accuracies and a study's side by side, by the paper's method.

    Args:
        summary: the measures by the paper's method, of datasets whose names are the years of
            the debates.

    Returns:
        The columns of BESIDE, one row for each of RESULTS that the study also has: fractions, 95 %
        Wilson intervals, and the study's accuracy less the paper's.

    Raises:
        ConfigError: if the study has none of them.
    """
    rows: list[dict[str, Any]] = []
    for result in RESULTS:
        low, high = result.interval
        theirs = {
            "paper_count": result.count,
            "paper_accuracy": result.accuracy,
            "paper_low": low,
            "paper_high": high,
        }
        run = summary.filter(dataset=result.year, detector=result.detector).drop_nulls("accuracy")
        for ours in run.iter_rows(named=True):
            row = {name: ours[name] for name in BESIDE if name in ours} | theirs
            rows.append(row | {"difference": ours["accuracy"] - result.accuracy})
    if not rows:
        years = " and ".join(dict.fromkeys(result.year for result in RESULTS))
        raise ConfigError(
            f"config.yaml: no dataset with labels is named as the paper's are; name the paper's "
            f"videos {years} to see its accuracies beside this study's"
        )
    return pl.DataFrame(rows, BESIDE)


def beside_as_markdown(beside: pl.DataFrame) -> str:
    """Format the table of :func:`beside_the_paper` as Markdown."""
    lines = [
        "| Datasets | Use MTCNN? | Paper | of | Here | of | 95 % interval | Difference |",
        "|---|:---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in beside.iter_rows(named=True):
        mtcnn = "Yes" if row["detector"] == "mtcnn" else "No"
        interval = f"{row['accuracy_low']:.1%} to {row['accuracy_high']:.1%}"
        lines.append(
            f"| {row['dataset']} | {mtcnn} | {row['paper_accuracy']:.2%} | "
            f"{row['paper_count']:,} | {row['accuracy']:.2%} | {row['labelled']:,} | "
            f"{interval} | {row['difference']:+.2%} |"
        )
    return "\n".join(lines) + "\n"

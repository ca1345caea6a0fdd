"""How far raters agree on golden labels, and what that means for a method's accuracy.

"Cannot tell" is an answer like the three classes: a rater who gives it disagrees with one who
gives a class.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from facetally.emotions import CANNOT_TELL, CLASSES
from facetally.measure.agreement import all_pairs
from facetally.measure.intervals import RESAMPLES, SEED, expanded_interval
from facetally.study.golden import Labelled, golden_of

ANSWERS: Final = (*CLASSES, CANNOT_TELL)

COHEN: Final = "Cohen"
FLEISS: Final = "Fleiss"

RATINGS: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "filename": pl.String(),
        "group": pl.String(),
        "rater": pl.String(),
        "label": pl.String(),
        "others": pl.String(),
        "golden": pl.String(),
    }
)
UNRESOLVED: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "filename": pl.String(),
        "reason": pl.String(),
        "labels": pl.String(),
    }
)
AGREEMENT: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "raters": pl.Int64(),
        "videos": pl.Int64(),
        "agreement": pl.Float64(),
        "agreement_low": pl.Float64(),
        "agreement_high": pl.Float64(),
        "kappa_of": pl.String(),
        "kappa_videos": pl.Int64(),
        "kappa": pl.Float64(),
        "kappa_low": pl.Float64(),
        "kappa_high": pl.Float64(),
        "alpha": pl.Float64(),
        "alpha_low": pl.Float64(),
        "alpha_high": pl.Float64(),
        "unresolved": pl.Int64(),
    }
)
RATER_PAIRS: Final = pl.Schema(
    {
        "dataset": pl.String(),
        "first": pl.String(),
        "second": pl.String(),
        "first_label": pl.String(),
        "second_label": pl.String(),
        "videos": pl.Int64(),
    }
)

Table = npt.NDArray[np.int64]


def ratings(
    dataset: str, labelled: Mapping[str, Labelled], groups: Mapping[str, str]
) -> pl.DataFrame:
    """Put all labels of a dataset into one tidy table, one row per video and rater.

    Args:
        dataset: its name.
        labelled: what its label files say, by video.
        groups: the group by video.

    Returns:
        The columns of RATINGS, by video and in the order of the raters. ``others`` is the majority
        of the video's other raters, ``golden`` its golden label; both are null if there is none.
    """
    rows = []
    for video in sorted(labelled):
        each = labelled[video]
        for rater, label in each.answers.items():
            rest = {name: given for name, given in each.answers.items() if name != rater}
            others = golden_of(rest)[0] if rest else None
            rows.append((dataset, video, groups[video], rater, label, others, each.golden))
    return pl.DataFrame(rows, RATINGS, orient="row")


def unresolved(dataset: str, labelled: Mapping[str, Labelled]) -> pl.DataFrame:
    """List the labelled videos of a dataset that have no golden label, and why.

    Returns:
        The columns of UNRESOLVED, by video.
    """
    rows = [
        (
            dataset,
            video,
            each.why,
            ", ".join(f"{rater}: {label}" for rater, label in each.answers.items()),
        )
        for video, each in sorted(labelled.items())
        if each.why
    ]
    return pl.DataFrame(rows, UNRESOLVED, orient="row")


def agreement(dataset: str, given: pl.DataFrame) -> pl.DataFrame:
    """Measure how far the raters of a dataset agree.

    Args:
        dataset: its name.
        given: the dataset's rows of :func:`ratings`.

    Returns:
        One row with the columns of AGREEMENT, or none if no video has two raters. ``videos``
        counts those with two or more raters; ``agreement`` is the fraction of them that all raters
        answer alike. ``kappa`` is Cohen's for two raters (Educational and Psychological
        Measurement 20, 1960) and Fleiss' for more (Psychological Bulletin 76, 1971), which needs
        the same number of answers for every video: it covers the ``kappa_videos`` with the
        commonest number of raters, the larger number if two are equally common. ``alpha`` is
        Krippendorff's for nominal data (Content Analysis, 1980) over all ``videos``. Kappa and
        alpha are null if all answers are the same; each measure has a 95 % interval from a
        bootstrap over videos. ``unresolved`` videos have no golden label.
    """
    answers = [
        dict(zip(table["rater"], table["label"], strict=True))
        for table in given.partition_by("filename", maintain_order=True)
    ]
    several = [each for each in answers if len(each) > 1]
    if not several:
        return AGREEMENT.to_frame()
    raters = given["rater"].unique(maintain_order=True).to_list()
    counts = _counts(several)
    two = len(raters) == 2
    kappa_rows = _pairs(several, raters) if two else _commonest(counts)
    row: dict[str, Any] = {
        "dataset": dataset,
        "raters": len(raters),
        "videos": len(several),
        "kappa_of": COHEN if two else FLEISS,
        "kappa_videos": len(kappa_rows),
        "unresolved": given.filter(pl.col("golden").is_null())["filename"].n_unique(),
    }
    for name, measure, rows in (
        ("agreement", _all_agree, counts),
        ("kappa", _cohen if two else _fleiss, kappa_rows),
        ("alpha", _alpha, counts),
    ):
        row[name] = measure(rows)
        row[f"{name}_low"], row[f"{name}_high"] = _interval(rows, measure)
    return pl.DataFrame([row], AGREEMENT)


def _counts(answers: Iterable[Mapping[str, str]]) -> Table:
    """Count the answers for each video: (videos, ANSWERS)."""
    counted = [Counter(each.values()) for each in answers]
    return np.array([[each[answer] for answer in ANSWERS] for each in counted])


def _pairs(answers: Iterable[Mapping[str, str]], raters: Sequence[str]) -> Table:
    """Return the answers for each video as indices into ANSWERS: (videos, raters)."""
    return np.array([[ANSWERS.index(each[rater]) for rater in raters] for each in answers])


def _commonest(counts: Table) -> Table:
    """Choose the videos with the commonest number of raters."""
    raters = counts.sum(axis=1)
    commonest = max(set(raters.tolist()), key=lambda number: ((raters == number).sum(), number))
    return np.asarray(counts[raters == commonest])


def _all_agree(counts: Table) -> float:
    return float(((counts > 0).sum(axis=1) == 1).mean())


def _cohen(pairs: Table) -> float | None:
    from statsmodels.stats.inter_rater import cohens_kappa

    if len(np.unique(pairs)) < 2:
        return None
    crossed = np.zeros((len(ANSWERS), len(ANSWERS)))
    np.add.at(crossed, tuple(pairs.T), 1)
    return float(cohens_kappa(crossed, return_results=False))


def _fleiss(counts: Table) -> float | None:
    from statsmodels.stats.inter_rater import fleiss_kappa

    return float(fleiss_kappa(counts)) if _differ(counts) else None


def _alpha(counts: Table) -> float | None:
    from nltk.metrics.agreement import AnnotationTask

    if not _differ(counts):
        return None
    answers = [np.repeat(np.arange(len(ANSWERS)), each).tolist() for each in counts]
    # For nominal data, it does not matter who gave an answer.
    task = AnnotationTask(
        [
            (rater, video, given)
            for video, own in enumerate(answers)
            for rater, given in enumerate(own)
        ]
    )
    return float(task.alpha())


def _differ(counts: Table) -> bool:
    """Return whether there is more than one answer; otherwise chance would agree too."""
    return bool((counts.sum(axis=0) > 0).sum() > 1)


def _interval(
    rows: Table, measure: Callable[[Table], float | None]
) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a measure by a bootstrap over videos.

    Resamples for which the measure is undefined are left out.
    """
    number = len(rows)
    if number < 2 or measure(rows) is None:
        return None, None
    rng = np.random.default_rng(SEED)
    drawn = (measure(rows[rng.integers(number, size=number)]) for _ in range(RESAMPLES))
    distribution = np.array([value for value in drawn if value is not None])
    low, high = expanded_interval(distribution[:, np.newaxis], number)
    return float(low[0]), float(high[0])


def rater_pairs(dataset: str, given: pl.DataFrame) -> pl.DataFrame:
    """Count how every pair of raters in a dataset labels the videos they share.

    Args:
        dataset: its name.
        given: the dataset's rows of :func:`ratings`.

    Returns:
        The columns of RATER_PAIRS: all pairs of ANSWERS for every pair of raters with a video in
        common.
    """
    tables = [RATER_PAIRS.to_frame()]
    labels = given.select("filename", "rater", "label")
    for first, second in combinations(given["rater"].unique(maintain_order=True), 2):
        both = labels.filter(rater=first).join(labels.filter(rater=second), "filename")
        if both.is_empty():
            continue
        found = both.group_by(first_label="label", second_label="label_right").agg(
            pl.len().cast(pl.Int64).alias("videos")
        )
        table = all_pairs("first_label", ANSWERS, "second_label", ANSWERS, found)
        who = {"dataset": dataset, "first": first, "second": second}
        tables.append(table.with_columns(**{key: pl.lit(value) for key, value in who.items()}))
    return pl.concat(table.select(RATER_PAIRS.names()) for table in tables)


def judgements(given: pl.DataFrame) -> pl.DataFrame:
    """Return raters' labels as predictions of what the others say: the human ceiling.

    Args:
        given: a dataset's rows of :func:`ratings`.

    Returns:
        One row for each label of a video on which the other raters have a majority: ``filename,
        group, predict`` (null for CANNOT_TELL) and ``golden``, the others' majority.
    """
    judged = given.filter(pl.col("others").is_not_null())
    return judged.select(
        "filename",
        "group",
        predict=pl.when(pl.col("label") != CANNOT_TELL).then("label"),
        golden="others",
    )

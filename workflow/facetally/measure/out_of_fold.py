"""The table of what finetuned networks predict of videos that they have not learned from.

Apart from how videos are predicted otherwise: a change to that retrains no network.
"""

from typing import Final

import polars as pl

from facetally.emotions import CLASS_SCORES

DECIMALS: Final = 6
"""Of the probabilities."""

OUT_OF_FOLD: Final = pl.Schema(
    {
        "filename": pl.String(),
        "golden": pl.String(),
        "group": pl.String(),
        "fold": pl.Int64(),
        **{name: pl.Float64() for name in CLASS_SCORES},
        "predict": pl.String(),
    }
)
"""One row a video; the probabilities of the classes are from 0 to 1.

A labelled video was held out of what predicts it, with its fold; one without a label is predicted
by what all labels teach.
"""

"""The table of finetuned networks' predictions for videos that they have not learned from.

It is separate from the other methods, so that a change to those retrains no network.
"""

from typing import Final

import polars as pl

from facetally.emotions import CLASS_SCORES

DECIMALS: Final = 6
"""Decimals of the probabilities."""

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
"""One row per video; the probabilities of the classes are from 0 to 1.

A labelled video is predicted by a network that was trained without its fold, one without a label
by a network trained on all labels.
"""

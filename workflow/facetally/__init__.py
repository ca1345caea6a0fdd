"""Facial-emotion statistics from folders of videos.

The modules follow the data: :mod:`facetally.config` and :mod:`facetally.datasets` say what
is studied, :mod:`facetally.video` samples frames, :mod:`facetally.fer_engine` finds faces and
scores emotions, :mod:`facetally.raw` keeps them as JSON, :mod:`facetally.faces` as a table,
:mod:`facetally.tally` counts labels and :mod:`facetally.summary` measures accuracy.
"""

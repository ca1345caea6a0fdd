"""Facial-emotion statistics from folders of videos.

The modules follow the data: :mod:`facetally.config` and :mod:`facetally.datasets` say what
is studied, :mod:`facetally.video` samples frames, :mod:`facetally.fer_engine` finds faces and
scores emotions, :mod:`facetally.raw` keeps them as JSON, :mod:`facetally.faces` as a table,
:mod:`facetally.tally` counts labels and :mod:`facetally.summary` measures accuracy.
"""

import os

# Since 1.29 ONNX Runtime's packages report each process to their maker, and keep an identifier
# of the machine, unless this is set before their first import (microsoft/onnxruntime, pull
# requests 27379 and 29843).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

"""The exported networks, made as the workflow makes them."""

from collections.abc import Callable
from pathlib import Path

Networks = Callable[[Path], Path]
"""A function that puts the networks into a study, so that its first run need not make them, and
returns the study."""

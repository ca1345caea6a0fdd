"""The exported networks, made as the workflow makes them."""

from collections.abc import Callable
from pathlib import Path

Networks = Callable[[Path], Path]
"""Puts the networks into a study, whose first run then needs none; gives the study."""

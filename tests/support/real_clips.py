"""Clips of real people, which are no part of the repository, and rendered ones in their place."""

import os
from pathlib import Path
from typing import Final

from facetally.study.demo import encode, render
from facetally.study.storyboard import Clip, Move

VARIABLE: Final = "FACETALLY_CLIPS"
"""The environment variable that names the folder of real clips, ``videos`` and ``people``."""

WANTED: Final = f"want of real clips (name a folder of them in {VARIABLE}: see CONTRIBUTING.md)"

VIDEOS: Final = ("no_face", "single_face", "woman2")
SPEAKERS: Final = ("speaker_a", "speaker_b", "speaker_c")
"""Names of clips below ``videos`` and below ``people``."""

RENDERED: Final = {
    "videos/no_face": [Move("coffee", (0.9, 1.1))],
    "videos/single_face": [Move("hopper", (0.75, 0.95), (0.45, 0.65), (0.5, 0.75))],
    "videos/woman2": [Move("astronaut", (1.2, 1.4), (0.5, 0.8), (0.55, 0.85))],
    "people/speaker_a": [Move("astronaut", (1.4, 1.6), (0.55, 0.85), (0.5, 0.9))],
    "people/speaker_b": [Move("hopper", (0.8, 0.9), (0.5, 0.7), (0.55, 0.7))],
    "people/speaker_c": [Move("lfw35", (11.0, 12.0), (0.48, 0.5), (0.52, 0.5))],
}


def render_clips(folder: Path) -> None:
    """Render clips of the same names below a folder, from portraits in installed packages."""
    for name, moves in RENDERED.items():
        path = folder / f"{name}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        encode(path, render(Clip("", path.stem, tuple(moves))))


def real_clips() -> Path | None:
    """Return the folder of real clips, if one is named.

    Raises:
        AssertionError: if there are none.
    """
    if not (named := os.environ.get(VARIABLE)):
        return None
    for name in RENDERED:
        assert (path := Path(named, f"{name}.mp4")).is_file(), f"{VARIABLE}: {path} is missing"
    return Path(named).resolve()

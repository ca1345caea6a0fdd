"""The demo's clips: which picture moves how.

The pictures are portraits inside installed packages: scikit-image's astronaut (Eileen
Collins, NASA, public domain) and lfw_subset (25 x 25 px faces from Labeled Faces in the
Wild), and matplotlib's Grace Hopper (US Navy, public domain); scikit-image's coffee cup
(CC0) has no face. The golden labels, in ``data/demo/*.csv``, say what a person saw in the still
pictures.

Imports only the standard library, so that the workflow can be parsed where nothing but Snakemake
is installed; :mod:`facetally.study.demo` renders the clips.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path("data/demo")
CLONE: Final = Path(__file__).parents[3]
"""The folder that the workflow was cloned into."""


@dataclass(frozen=True)
class Move:
    """A picture that moves across the clip in a straight line.

    Attributes:
        picture: ``astronaut``, ``hopper``, ``coffee``, or ``lfw`` and a number from 0 to 99.
        scale: magnification of the picture at the start and at the end.
        start: where the picture's centre is at the start, x and y as fractions of the frame.
        end: where the centre is at the end.
    """

    picture: str
    scale: tuple[float, float]
    start: tuple[float, float] = (0.5, 0.5)
    end: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True)
class Clip:
    """A clip of the demo.

    Attributes:
        dataset: the folder it goes into.
        name: the file's name without extension.
        moves: the pictures, from the back to the front.
    """

    dataset: str
    name: str
    moves: tuple[Move, ...]

    @property
    def path(self) -> Path:
        """The path of the video file."""
        return FOLDER / self.dataset / f"{self.name}.mp4"


CLIPS: Final = (
    Clip("large_faces", "collins", (Move("astronaut", (1.6, 1.9), (0.55, 0.9), (0.6, 1.05)),)),
    Clip("large_faces", "hopper", (Move("hopper", (0.75, 0.95), (0.45, 0.65), (0.5, 0.75)),)),
    Clip("large_faces", "delegate", (Move("lfw35", (10.0, 12.0), (0.45, 0.5), (0.55, 0.5)),)),
    Clip("small_faces", "collins_far", (Move("astronaut", (0.36, 0.62), (0.3, 0.6), (0.5, 0.6)),)),
    Clip(
        "small_faces",
        "hopper_in_company",
        (
            Move("lfw52", (2.0, 2.2), (0.85, 0.3), (0.8, 0.3)),
            Move("hopper", (0.3, 0.4), (0.3, 0.6), (0.4, 0.6)),
        ),
    ),
    Clip("small_faces", "heckler", (Move("lfw97", (1.8, 3.2), (0.6, 0.4), (0.5, 0.5)),)),
    Clip("small_faces", "coffee", (Move("coffee", (0.9, 1.1)),)),
)
"""All clips of the demo, grouped by dataset."""


RENDERED: Final = FOLDER / "rendered.json"
"""The file with the checksum of each rendered video, by which a replaced one is recognised."""


@cache
def videos() -> tuple[Path, ...]:
    """Return the paths of the demo's videos."""
    return tuple(clip.path for clip in CLIPS)


def labels(path: Path) -> Path:
    """Return the file of golden labels that is meant by a path in the study's folder.

    The demo's labels come with the workflow, and a study elsewhere may use them.
    """
    own = CLONE / path
    return own if path.parent == FOLDER and not path.exists() and own.exists() else path


def is_as_rendered(video: Path, digest: Callable[[Path], str]) -> bool:
    """Return whether a demo video is the workflow's own: as rendered, or not there yet."""
    if not video.exists():
        return True
    try:
        rendered = json.loads(RENDERED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(rendered.get(str(video)) == digest(video))

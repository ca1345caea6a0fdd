"""How well people are distinguished as their faces get small, blurred and turned.

    .venv/bin/python benchmarks/identities.py results/models --clips FOLDER ... [--csv FILE]

Each clip shows one person, named by the start of the file name up to the first underscore, or with
--one-each by the whole name. Each quarter of a clip yields a track of up to five faces that look
into the camera; portraits inside installed packages yield one face each. A step changes one thing
in the frames, and MTCNN then looks for the face again. Faces, and means of tracks, are compared
with each other and with the unchanged ones. Pairs of one person are from different tracks.

Recall is the fraction of the pairs of one person that are at most NEAR, and precision the fraction
of the pairs at most NEAR that are of one person; from FAR on, two faces certainly belong to two
people. Intervals are Wilson's, 95 %, as if each person had been seen once, since errors on one
person's pictures are alike. For pairs of two people, the count is the number of pairs with nobody
in common (Hoeffding, JASA 58, 1963, section 5).
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import cv2
import numpy as np
import numpy.typing as npt
import polars as pl
from facetally.detect.detector import Image, open_detector
from facetally.detect.embedding import EYES, AlignedFace, Embedder, Points, Vectors
from facetally.detect.networks import Networks
from facetally.detect.recognition import recognition_model, weights
from facetally.faces.identities import FAR, NEAR
from facetally.faces.portraits import FEW
from facetally.study.datasets import VIDEO_SUFFIXES
from facetally.study.demo import picture
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import sample_frames
from scipy.spatial.distance import cdist, pdist
from statsmodels.stats.proportion import proportion_confint

PARTS: Final = 4
"""Parts of a clip, each of which yields one track."""

FRAMES: Final = 150
"""The minimum number of frames of a clip to look at, if it has as many."""

FRONTAL: Final = 0.1
"""The maximum distance of the nose from the midpoint between the eyes for a face that looks into
the camera, as a fraction of the distance between the eyes."""

AS_FILMED: Final = "as filmed"
STEPS: Final = {
    **{f"{eyes} px between the eyes": (eyes, 0, 0) for eyes in (27, 18, 12, 9, 7)},
    **{f"blurred by {blur} px": (EYES, blur, 0) for blur in (1, 2, 4, 8)},
    **{f"rolled by {turn}°": (EYES, 0, turn) for turn in (30, 45, 60)},
}
"""Pixels between the eyes, standard deviation of the blur in px, and degrees in the image
plane."""

PORTRAITS: Final = ("astronaut", "hopper")

SMALL: Final = 100
"""Faces of scikit-image's lfw_subset: 25 x 25 px, grey, without names. They were drawn from 13,233
pictures of 5,749 people, some of whom are in hundreds, so a few pairs are of one person."""


@dataclass(frozen=True)
class Seen:
    """A face in a frame.

    Attributes:
        bgr: the frame around it, uint8, (height, width, 3), blue first.
        eyes: where the eyes are in the frame, px, float64, (2, 2).
        face: the face cut out of the frame.
    """

    bgr: Image
    eyes: Points
    face: AlignedFace


Tracks = dict[tuple[str, str], list[Seen]]
"""Faces of a step by person and part."""

Embedded = dict[tuple[str, str], Vectors]
"""Vectors of a step by person and part, float32, (n, 128)."""


class Finder:
    """A finder that finds and embeds faces as the workflow does."""

    def __init__(self, models: Path) -> None:
        networks = Networks(models, "cpu")
        self._detector = open_detector("mtcnn", networks)
        with TemporaryDirectory() as folder:
            recognition = Path(folder, "recognition.onnx")
            recognition.write_bytes(recognition_model(weights()).SerializeToString())
            self.embedder = Embedder(networks, recognition)

    def __call__(self, bgr: Image) -> Seen | None:
        """Return the largest face of a picture, if any."""
        found = self._detector.find([bgr])[0]
        if not found:
            return None
        box, _, landmarks = max(found, key=lambda each: each.box[2] * each.box[3])
        eyes = np.array(landmarks, np.float64)[:2]
        start = np.maximum(0, eyes.min(axis=0) - 2 * max(box[2:])).astype(int)
        end = np.ceil(eyes.max(axis=0) + 2 * max(box[2:])).astype(int)
        around = bgr[start[1] : end[1], start[0] : end[0]].copy()
        return Seen(around, eyes - start, self.embedder.align(bgr, box, landmarks))

    def vectors(self, tracks: Tracks) -> Embedded:
        """Return the vectors of each track that has faces."""
        faces = {of: [each.face for each in seen] for of, seen in tracks.items() if seen}
        return {of: self.embedder.embed(some) for of, some in faces.items()}

    def small(self) -> tuple[int, int, int]:
        """Compare all pairs of SMALL."""
        pictures = [picture(f"lfw{number}") for number in range(SMALL)]
        faces = [self.embedder.align(bgr, (0, 0, *bgr.shape[1::-1])) for bgr in pictures]
        return decided(pdist(self.embedder.embed(faces)))


def decided(distances: npt.NDArray[np.float64]) -> tuple[int, int, int]:
    """Count the distances that are at most NEAR, in between, and at least FAR."""
    near, far = int((distances <= NEAR).sum()), int((distances >= FAR).sum())
    return near, distances.size - near - far, far


def sampled(clip: Path) -> Iterator[Image]:
    """Read at least FRAMES evenly spaced pictures of a clip."""
    number = sum(1 for _ in sample_frames(clip, EveryNthFrame(1)))
    return (each.bgr for each in sample_frames(clip, EveryNthFrame(max(1, number // FRAMES))))


def few(faces: Sequence[Seen], frontal: bool) -> list[Seen]:
    """Return up to FEW faces, looking into the camera or not, from the whole track."""
    fit = [seen for seen in faces if (abs(seen.face.nose - 0.5) <= FRONTAL) == frontal]
    return [fit[len(fit) * place // FEW] for place in range(FEW)] if len(fit) > FEW else fit


def changed(seen: Seen, eyes: float, blur: float, turn: float) -> Image:
    """Draw a face with ``eyes`` pixels between the eyes, turned by degrees, then blurred."""
    left, right = seen.eyes
    scale = eyes / float(np.hypot(*(right - left)))
    middle = (left + right) / 2
    side = round(6 * eyes)
    matrix = cv2.getRotationMatrix2D(middle.tolist(), turn, scale)
    matrix[:, 2] += side * np.array([0.5, 0.45]) - middle
    # Shrinking samples the picture sparsely: smooth it first to avoid aliasing.
    bgr = cv2.GaussianBlur(seen.bgr, (0, 0), 0.5 / scale) if scale < 1 else seen.bgr
    bgr = cv2.warpAffine(
        bgr, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.GaussianBlur(bgr, (0, 0), blur) if blur else bgr, np.uint8)


def steps(finder: Finder, clips: Sequence[tuple[str, Path]]) -> Iterator[tuple[str, int, Tracks]]:
    """Yield each step's name, the number of frames searched, and its faces."""
    parts: Tracks = {}
    for person, clip in clips:
        faces = [seen for bgr in sampled(clip) if (seen := finder(bgr))]
        for part in range(PARTS):
            some = slice(len(faces) * part // PARTS, len(faces) * (part + 1) // PARTS)
            parts[person, f"{clip}:{part}"] = faces[some]
    filmed = {of: few(faces, frontal=True) for of, faces in parts.items()}
    filmed |= {(name, name): [seen] for name in PORTRAITS if (seen := finder(picture(name)))}
    frames = sum(map(len, filmed.values()))
    yield AS_FILMED, frames, filmed
    for name, how in STEPS.items():
        found = {
            of: [again for seen in faces if (again := finder(changed(seen, *how)))]
            for of, faces in filmed.items()
        }
        yield name, frames, found
    turned = {of: few(faces, frontal=False) for of, faces in parts.items()}
    yield f"nose off by more than {FRONTAL}", sum(map(len, turned.values())), turned


@dataclass(frozen=True)
class Outcome:
    """How pairs were classified.

    Attributes:
        people: the number of people.
        with_pairs: the number of people with two tracks.
        one: pairs of one person that are near, doubtful, and far.
        two: the same for pairs of two people.
        nearest: the distance of the nearest pair of two people; nan without pairs.
        who: the two people.
    """

    people: int
    with_pairs: int
    one: tuple[int, int, int]
    two: tuple[int, int, int]
    nearest: float
    who: str

    @property
    def recall(self) -> str:
        """As text, with its interval."""
        return fraction(self.one[0], sum(self.one), self.with_pairs)

    @property
    def precision(self) -> str:
        """As text, with its interval."""
        return fraction(self.one[0], self.one[0] + self.two[0], self.people // 2)

    @property
    def surely_two(self) -> str:
        """The fraction of the pairs of two people that are far, as text, with its interval."""
        return fraction(self.two[2], sum(self.two), self.people // 2)

    def counts(self) -> dict[str, object]:
        """Return all attributes, one per column."""
        row: dict[str, object] = {"people": self.people, "with_pairs": self.with_pairs}
        for pairs, numbers in (("one", self.one), ("two", self.two)):
            kinds = (f"{pairs}_{kind}" for kind in ("near", "doubtful", "far"))
            row |= zip(kinds, numbers, strict=True)
        return row | {"nearest": self.nearest, "who": self.who}


def compared(some: Embedded, others: Embedded, once: bool) -> Outcome:
    """Compare vectors with others; ``once`` if both are the same, to count each pair once."""
    (people, tracks), (their_people, their_tracks) = (
        np.array([of for of, vectors in each.items() for _ in vectors]).T
        for each in (some, others)
    )
    distances = cdist(*(np.concatenate(list(each.values())) for each in (some, others)))
    one = people[:, np.newaxis] == their_people
    counted = np.triu(np.ones_like(one), 1) if once else np.ones_like(one)
    of_one = one & counted & (tracks[:, np.newaxis] != their_tracks)
    between = np.where(~one & counted, distances, np.inf)
    row, column = np.unravel_index(between.argmin(), between.shape)
    apart = np.isfinite(between)
    return Outcome(
        people=len({*people, *their_people}),
        with_pairs=len({*people[of_one.any(axis=1)]}),
        one=decided(distances[of_one]),
        two=decided(distances[apart]),
        nearest=float(between[row, column]) if apart.any() else np.nan,
        who=" and ".join(sorted((people[row], their_people[column]))) if apart.any() else "",
    )


def fraction(part: int, whole: int, observations: int) -> str:
    """Format a fraction with its interval for a number of observations."""
    if not whole or not observations:
        return "-"
    share = part / whole
    ends = proportion_confint(share * observations, observations, method="wilson")
    low, high = (f"{end:.2f}".removeprefix("0") for end in ends)
    return f"{share:.3f} ({low} to {high})".removeprefix("0")


def means(tracks: Embedded) -> Embedded:
    """Return the mean of each track as its only vector."""
    return {of: vectors.mean(axis=0, keepdims=True) for of, vectors in tracks.items()}


def main() -> None:
    """Print a row per step and comparison, and the result for SMALL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, help="the networks of a study: its results/models")
    parser.add_argument("--clips", type=Path, nargs="+", default=[], help="folders of clips")
    parser.add_argument("--one-each", action="store_true", help="no two clips show one person")
    parser.add_argument("--csv", type=Path, help="also write all counts to this file")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    files = sorted(path for folder in given.clips for path in folder.iterdir())
    clips = [
        (path.stem if given.one_each else path.stem.partition("_")[0], path)
        for path in files
        if path.suffix.lower() in VIDEO_SUFFIXES
    ]
    finder = Finder(given.models)
    print("| faces | found | compared with | of one person, of two | recall | precision ", end="")
    print("| means: pairs | recall | precision | correctly kept apart | nearest two people |")
    print("|---" * 11 + "|")
    rows: list[dict[str, object]] = []
    filmed: Embedded = {}
    for step, frames, tracks in steps(finder, clips):
        vectors = finder.vectors(tracks)
        if not vectors:
            continue
        found = f"{sum(map(len, vectors.values()))} of {frames}"
        comparisons = {"each other": vectors} | ({AS_FILMED: filmed} if filmed else {})
        filmed = filmed or vectors
        for name, others in comparisons.items():
            once = others is vectors
            faces = compared(vectors, others, once)
            mean = compared(means(vectors), means(others), once)
            cells = [step, found, name]
            for kind, outcome in (("faces", faces), ("means", mean)):
                cells += [f"{sum(outcome.one):,}, {sum(outcome.two):,}"]
                cells += [outcome.recall, outcome.precision]
                row = {"step": step, "compared_with": name, "of": kind}
                rows.append(row | outcome.counts())
            cells += [mean.surely_two, f"{mean.nearest:.2f} {mean.who}" if mean.who else "-"]
            print(f"| {' | '.join(cells)} |", flush=True)
    near, doubtful, far = finder.small()
    print(f"\nlfw_subset, {near + doubtful + far:,} pairs of faces, hardly any of one person:")
    print(f"{near} at most {NEAR} apart, {doubtful:,} doubtful, {far:,} from {FAR} on.")
    if given.csv:
        pl.DataFrame(rows).write_csv(given.csv)


if __name__ == "__main__":
    main()

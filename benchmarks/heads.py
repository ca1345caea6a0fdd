"""How accurate a head learned from labels is, and which attempts to improve it were tried.

    .venv/bin/python benchmarks/heads.py results/models [--seeds 10] [--blocks 1 2] [--csv FILE]

Public faces, from Labeled Faces in the Wild (scikit-image) and portraits inside installed
packages. Nobody has labelled them: the label is what the paper's mapping makes of the clear, large
face, found by MTCNN. The clips for training and testing show the same faces small, blurred, dark,
turned and noisy, slightly or strongly; each face is a group. So the mapping has an advantage here
that it does not have on people's labels, and only the comparison between ways of learning is
meaningful.

Accuracies are means over seeds, which determine the folds and everything random. Differences are
relative to the head that ships, on the same videos and folds, with 95 % intervals over faces.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Final

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import cv2
import numpy as np
import numpy.typing as npt
import polars as pl
from facetally.detect.crops import face_crops
from facetally.detect.engine import open_engine
from facetally.detect.networks import Networks
from facetally.emotions import CLASS_OF, CLASSES, EMOTIONS
from facetally.learn.crop_files import VideoCrops
from facetally.learn.features import features_of
from facetally.learn.head import LinearHead
from facetally.learn.training import Floats, Labelled, Learner, labelled_crops, out_of_fold
from facetally.measure.intervals import grouped_interval
from facetally.study.finetuning import Finetuning
from facetally.study.folds import fold_of
from facetally.video.frames import Frame
from support.labelled_faces import MUCH, Faults, degraded, faces, shown

Picture = npt.NDArray[np.uint8]

FACES: Final = 100
CLIPS: Final = 3
FRAMES: Final = 4
DETECTORS: Final = ("mtcnn", "haar")
POOLED: Final = 128


SETS: Final = {
    "a little": Faults((0.6, 1.0), 8, (0.3, 1.0), (0.7, 1.1), 6),
    "much": MUCH,
}
CLEAR: Final = "clear"

WARPS: Final = (
    *((size, 0.0, 0.0, mirrored) for size in (1.0, 0.9, 1.1) for mirrored in (False, True)),
    *((1.0, right, down, False) for right, down in ((0.04, 0), (-0.04, 0), (0, 0.04), (0, -0.04))),
)
"""Ten views of a crop: size, shift right and down as fractions of it, and whether mirrored."""


def main() -> None:
    """Print a table of accuracies and differences by set and detector."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, help="the folder of the exported networks")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--blocks", type=int, nargs="*", default=[], help="unfreeze this many too")
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    frames = list(rendered())
    network = Networks(options.models, "cpu")("features")
    found = {detector: crops_of(frames, detector, options.models) for detector in DETECTORS}
    golden_of = {
        name: label for (part, name, _), (_, label) in found["mtcnn"].items() if part == CLEAR
    }
    rows = []
    for part in SETS:
        for detector, crops in found.items():
            videos = {
                f"{name}_{clip}": VideoCrops(np.arange(len(own)), np.stack(own), FRAMES)
                for (of, name, clip), (own, _) in crops.items()
                if of == part and name in golden_of
            }
            golden = {video: golden_of[video.rsplit("_", 1)[0]] for video in videos}
            groups = {video: video.rsplit("_", 1)[0] for video in videos}
            pictures, labelled = labelled_crops(videos, golden, groups)
            features = features_of(pictures, network, os.cpu_count() or 1)
            ways = learners(pictures, features, network, labelled, options.blocks)
            rows += measured(part, detector, ways, labelled, features, options.seeds)
    table = pl.DataFrame(rows)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=150, float_precision=3):
        print(table)
    if options.csv:
        table.write_csv(options.csv)


def rendered() -> Iterator[tuple[tuple[str, str, int], Picture]]:
    """Draw the clear faces, then each set's clips; yield (set, face, clip) and a frame."""
    rng = np.random.default_rng(0)
    every = list(faces(FACES))
    for name, image, scale in every:
        yield (CLEAR, name, 0), shown(image, scale)
    for part, faults in SETS.items():
        for name, image, scale in every:
            for number in range(CLIPS * FRAMES):
                yield (part, name, number // FRAMES), degraded(image, scale, faults, rng)


def crops_of(
    frames: Sequence[tuple[tuple[str, str, int], Picture]], detector: str, models: Path
) -> dict[tuple[str, str, int], tuple[list[Picture], str]]:
    """Find the first face of each frame; return crops and the last one's class by the mapping."""
    engine = open_engine("onnx", detector, models, "cpu", os.cpu_count() or 1)
    found: dict[tuple[str, str, int], tuple[list[Picture], str]] = {}
    numbered = (Frame(number, number, Fraction(1), bgr) for number, (_, bgr) in enumerate(frames))
    for frame, own in engine.faces(numbered):
        if not own:
            continue
        (crop,) = face_crops(frame.bgr, [own[0].box])
        label = CLASS_OF[EMOTIONS[int(np.argmax(own[0].scores))]]
        if crop is not None:
            key = frames[frame.index][0]
            found[key] = ([*found.get(key, ([], ""))[0], crop], label)
    return found


def learners(
    pictures: Picture,
    features: Floats,
    network: Callable[..., list[npt.NDArray[np.float32]]],
    labelled: Labelled,
    blocks: Sequence[int],
) -> dict[str, tuple[Labelled, Callable[[int], Learner]]]:
    """Return the ways by name, as functions from seed to learner; the shipped one first."""
    views = [np.stack([viewed(crop, *warp) for crop in pictures]) for warp in WARPS]
    of_views = [features_of(view, network, os.cpu_count() or 1) for view in views]

    def of_several(number: int) -> tuple[Labelled, Callable[[int], Learner]]:
        together = np.concatenate(of_views[:number])
        shifts = np.arange(number) * len(pictures)
        places = {
            video: (own + shifts[:, np.newaxis]).ravel() for video, own in labelled.places.items()
        }
        several = Labelled(labelled.golden, labelled.groups, places)
        return several, lambda seed: LinearHead(together, seed)

    ways: dict[str, tuple[Labelled, Callable[[int], Learner]]] = {
        "linear head": (labelled, lambda seed: LinearHead(features, seed)),
        "of pooled features alone": (
            labelled,
            lambda seed: LinearHead(features[:, :POOLED].copy(), seed),
        ),
        "of the scores' logarithms alone": (
            labelled,
            lambda seed: LinearHead(features[:, POOLED:].copy(), seed),
        ),
        "of each crop and its mirror image": of_several(2),
        "of ten views of each crop": of_several(len(WARPS)),
    }
    for number in blocks:

        def network_of(seed: int, number: int = number) -> Learner:
            from facetally.learn.network import Network

            return Network(pictures, Finetuning(unfreeze_blocks=number, seed=seed))

        ways[f"{number} blocks trained (Keras)"] = (labelled, network_of)
    return ways


def viewed(crop: Picture, size: float, right: float, down: float, mirrored: bool) -> Picture:
    """Enlarge, shift and mirror a crop; its edge is repeated outside."""
    side = crop.shape[0]
    affine = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), 0, size)
    affine[:, 2] += right * side, down * side
    moved = cv2.warpAffine(crop, affine, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved[:, ::-1] if mirrored else moved, np.uint8)


def measured(
    part: str,
    detector: str,
    ways: Mapping[str, tuple[Labelled, Callable[[int], Learner]]],
    labelled: Labelled,
    features: Floats,
    seeds: int,
) -> Iterator[dict[str, object]]:
    """Return a row for each way, and one for the mapping."""
    videos = sorted(labelled.golden)
    groups = pl.Series([labelled.groups[video] for video in videos])
    golden = [labelled.golden[video] for video in videos]
    of_class = np.array(
        [[CLASS_OF[emotion] == label for label in CLASSES] for emotion in EMOTIONS]
    )
    emotions = np.exp(features[:, POOLED:])
    by_mapping = [
        CLASSES[int((emotions[labelled.places[video]].mean(axis=0) @ of_class).argmax())]
        for video in videos
    ]
    right = {"the mapping, mean score": np.equal(by_mapping, golden).astype(float)}
    seconds = {}
    for way, (known, learner) in ways.items():
        start = time.perf_counter()
        of_seeds = []
        for seed in range(seeds):
            folds = fold_of(labelled.golden, labelled.groups, seed)
            with redirect_stdout(StringIO()):
                predicted, _ = out_of_fold(learner(seed + 1), known, folds)
            said = [CLASSES[int(predicted[video].argmax())] for video in videos]
            of_seeds.append(np.equal(said, golden))
        right[way] = np.mean(of_seeds, axis=0)
        seconds[way] = (time.perf_counter() - start) / seeds
        print(part, detector, way, f"{right[way].mean():.3f}", file=sys.stderr, flush=True)
    ships = right["linear head"]
    for way, own in right.items():
        difference = pl.Series(own - ships)
        low, high = grouped_interval(difference, groups) or (None, None)
        yield {
            "degraded": part,
            "detector": detector,
            "way": way,
            "videos": len(videos),
            "accuracy": float(own.mean()),
            "difference": float(difference.mean()),  # type: ignore[arg-type]
            "low": low,
            "high": high,
            "seconds": seconds.get(way),
        }


if __name__ == "__main__":
    main()

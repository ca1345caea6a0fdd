"""How many faces each detector finds (small, turned, blurred, many), and how fast.

.venv/bin/python benchmarks/recall.py            the tables of docs/detectors.md
.venv/bin/python benchmarks/recall.py --curve F  CenterFace at several sizes, as a table and an SVG

Pictures are made by pasting the portraits inside installed packages onto pictures without a face.
A face counts as found if a box has its centre in the face and half to twice its height.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import cv2
import numpy as np
from facetally.detect import centerface
from facetally.detect.detector import Detection, open_detector
from facetally.detect.export import export_models
from facetally.detect.networks import Networks
from facetally.study.demo import picture
from facetally.study.detectors import NETWORKS_OF
from skimage import data

HEIGHTS = (20, 30, 40, 60, 90, 150)
LARGE = {250: (2, 1), 400: (1, 1)}
FRAMES = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080)}
SCENES = 8
GRID = (3, 2)
CROWD = (8, 5)
SHORT_SIDES = (240, 360, 480, 720, 1080)


class Portrait(NamedTuple):
    """A picture of a head and its surroundings.

    Attributes:
        bgr: pixels.
        face: centre and height of the face, brow to chin, as MTCNN and CenterFace agree on it.
    """

    bgr: np.ndarray
    face: tuple[float, float, float]


class Scene(NamedTuple):
    """A frame and where its faces are: centre and height of each."""

    bgr: np.ndarray
    faces: list[tuple[float, float, float]]


@cache
def portraits() -> list[Portrait]:
    """Return the two large portraits of the installed packages."""
    return [
        Portrait(picture("astronaut")[:256, 96:352], (127, 119, 108)),
        Portrait(picture("hopper")[:460, 20:500], (245, 224, 210)),
    ]


@cache
def backgrounds() -> list[np.ndarray]:
    """Return pictures without a face."""
    grey = [cv2.cvtColor(each(), cv2.COLOR_GRAY2BGR) for each in (data.grass, data.brick)]
    return [*grey, data.coffee()[..., ::-1], data.rocket()[..., ::-1]]


def scene(
    random: np.random.Generator,
    frame: tuple[int, int],
    height: float,
    grid: tuple[int, int] = GRID,
    change: Callable[[Portrait], tuple[np.ndarray, np.ndarray]] | None = None,
    turn: float = 0,
    blur: float = 0,
) -> Scene:
    """Paste portraits in a grid onto a picture without a face.

    Args:
        random: chooses backgrounds, portraits, places, light and mirroring.
        frame: width and height.
        height: the height of the faces in pixels.
        grid: columns and rows.
        change: turns a portrait into another picture and its mask, with the face in the same
            place.
        turn: degrees in the image plane.
        blur: standard deviation in face heights.
    """
    background = backgrounds()[random.integers(len(backgrounds()))]
    canvas = cv2.resize(background, frame, interpolation=cv2.INTER_AREA)
    faces = []
    for place in range(grid[0] * grid[1]):
        portrait = portraits()[random.integers(2)]
        bgr, mask = change(portrait) if change else (portrait.bgr, feathered(portrait))
        x, y, face = portrait.face
        if random.integers(2):
            bgr, mask, x = bgr[:, ::-1], mask[:, ::-1], bgr.shape[1] - 1 - x
        scale = height / face
        if scale < 1:
            bgr = cv2.GaussianBlur(bgr, (0, 0), 0.5 / scale)
        cell = frame[0] / grid[0], frame[1] / grid[1]
        centre = (
            (place % grid[0] + random.uniform(0.4, 0.6)) * cell[0],
            (place // grid[0] + random.uniform(0.4, 0.6)) * cell[1],
        )
        affine = cv2.getRotationMatrix2D((x, y), turn * random.choice((-1, 1)), scale)
        affine[:, 2] += np.subtract(centre, (x, y))
        layer, alpha = (cv2.warpAffine(each, affine, frame) for each in (bgr, mask))
        if blur:
            layer = cv2.GaussianBlur(layer, (0, 0), blur * height)
        light = random.uniform(0.6, 1.1)
        alpha = alpha[..., np.newaxis]
        canvas = (canvas * (1 - alpha) + np.clip(layer * light, 0, 255) * alpha).astype(np.uint8)
        faces.append((*centre, height))
    return Scene(canvas, faces)


def feathered(portrait: Portrait) -> np.ndarray:
    """Return a mask that fades out at the portrait's edges."""
    height, width = portrait.bgr.shape[:2]
    edges = [np.minimum(np.arange(n), np.arange(n)[::-1]) / (n / 12) for n in (height, width)]
    return np.clip(np.minimum(*np.meshgrid(*edges, indexing="ij")), 0, 1).astype(np.float32)


def yawed(degrees: float) -> Callable[[Portrait], tuple[np.ndarray, np.ndarray]]:
    """Turn heads about the vertical axis, as if the picture were wrapped around a cylinder."""

    def change(portrait: Portrait) -> tuple[np.ndarray, np.ndarray]:
        x, y, face = portrait.face
        height, width = portrait.bgr.shape[:2]
        radius = 0.62 * face
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        angle = np.arcsin(np.clip((columns - x) / radius, -1, 1)) - np.radians(degrees)
        source = x + radius * np.sin(angle)
        turned = cv2.remap(portrait.bgr, source.astype(np.float32), rows, cv2.INTER_LINEAR)
        seen = (abs(columns - x) < radius) & (abs(angle) < np.pi / 2) & (abs(rows - y) < face)
        mask = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), face / 60)
        return turned, mask

    return change


def judged(found: Sequence[Detection], faces: Sequence[tuple[float, float, float]]) -> int:
    """Return how many faces are found."""
    boxes = [
        (x + width / 2, y + height / 2, height) for x, y, width, height in (f.box for f in found)
    ]
    return sum(
        any(
            max(abs(x - left), abs(y - top)) < height / 2 and 0.5 <= tall / height <= 2
            for left, top, tall in boxes
        )
        for x, y, height in faces
    )


def recall(detector, scenes: Sequence[Scene]) -> tuple[float, float]:
    """Return the fraction of faces found, and the false boxes per scene."""
    found = [detector.find([each.bgr])[0] for each in scenes]
    right = [judged(some, each.faces) for some, each in zip(found, scenes, strict=True)]
    wrong = sum(map(len, found)) - sum(right)
    return sum(right) / sum(len(each.faces) for each in scenes), wrong / len(scenes)


def milliseconds(detector, bgr: np.ndarray) -> float:
    """Return the CPU time per frame on one thread, the best of three rounds."""
    detector.find([bgr] * 4)
    rounds = []
    for _ in range(3):
        start = time.process_time()
        detector.find([bgr] * 4)
        rounds.append((time.process_time() - start) / 4 * 1e3)
    return min(rounds)


def scenes_of(*arguments, frame: str = "720p", **options) -> list[Scene]:
    """Make scenes reproducibly."""
    random = np.random.default_rng(19)
    return [scene(random, FRAMES[frame], *arguments, **options) for _ in range(SCENES)]


def conditions() -> Iterator[tuple[str, list[Scene]]]:
    """Yield a description of the faces and 720p scenes with them."""
    for height in HEIGHTS:
        yield f"{height} px", scenes_of(height)
    for height, grid in LARGE.items():
        yield f"{height} px", scenes_of(height, grid=grid)
    for degrees in (15, 30, 45, 60):
        yield f"yaw {degrees} degrees, 90 px", scenes_of(90, change=yawed(degrees))
    for degrees in (20, 40, 90):
        yield f"turned {degrees} degrees, 90 px", scenes_of(90, turn=degrees)
    for blur in (0.03, 0.06):
        yield f"blurred by {blur} of the height, 60 px", scenes_of(60, blur=blur)
    yield f"crowd of {CROWD[0] * CROWD[1]}, 40 px", scenes_of(40, grid=CROWD)


def compare(networks: Networks) -> None:
    """Print recall and time of all detectors."""
    detectors = {name: open_detector(name, networks) for name in NETWORKS_OF}
    print(f"| faces in 720p | {' | '.join(detectors)} | boxes that are no face, a frame |")
    print(f"|---|{'---:|' * len(detectors)}---:|")
    for title, scenes in conditions():
        results = [recall(detector, scenes) for detector in detectors.values()]
        shares = " | ".join(f"{share:.0%}" for share, _ in results)
        print(f"| {title} | {shares} | {', '.join(f'{wrong:.1f}' for _, wrong in results)} |")
    print(f"\n| CPU ms a frame | {' | '.join(detectors)} |\n|---|{'---:|' * len(detectors)}")
    for name in FRAMES:
        (bgr, _), *_ = scenes_of(40, frame=name)
        spent = " | ".join(f"{milliseconds(each, bgr):.0f}" for each in detectors.values())
        print(f"| {name} | {spent} |")


def curve(networks: Networks, path: Path) -> None:
    """Print and draw CenterFace's recall of small faces against its time, by input size."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "facetally", "svg.fonttype": "none"})
    from matplotlib import pyplot as plt

    detector = open_detector("centerface", networks)
    heights = (15, *HEIGHTS[:4])
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    print(f"| frame | looked at | CPU ms | {' | '.join(f'{height} px' for height in heights)} |")
    print(f"|---|---:|---:|{'---:|' * len(heights)}")
    for name in FRAMES:
        scenes = [scenes_of(height, frame=name) for height in heights]
        points = []
        sides = [side for side in SHORT_SIDES if side <= FRAMES[name][1]]
        for side in sides:
            centerface.SHORT_SIDE = side
            spent = milliseconds(detector, scenes[2][0].bgr)
            shares = [recall(detector, some)[0] for some in scenes]
            points.append((spent, float(np.mean(shares))))
            found = " | ".join(f"{share:.0%}" for share in shares)
            print(f"| {name} | {side}p | {spent:.0f} | {found} |")
        axes.plot(*zip(*points, strict=True), "o-", label=name)
        for side, point in zip(sides, points, strict=True):
            axes.annotate(f"{side}p", point, xytext=(4, -10), textcoords="offset points")
    axes.set(
        xscale="log",
        xlabel="CPU ms a frame, one thread",
        ylabel=f"recall, mean of {heights[0]} to {heights[-1]} px",
        ylim=(0, 1),
    )
    axes.legend(title="frame", loc="lower right")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Print the tables that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--curve", type=Path, metavar="F", help="the SVG to write")
    parser.add_argument("--models", type=Path, help="exported networks, if there are any")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        models = options.models or Path(folder)
        if not options.models:
            export_models(models)
        networks = Networks(models, "cpu")
        cv2.setNumThreads(1)
        if options.curve:
            curve(networks, options.curve)
        else:
            compare(networks)


if __name__ == "__main__":
    main()

"""How well cuts are found between sampled frames, in recordings assembled from clips.

    .venv/bin/python benchmarks/cuts.py CLIP CLIP ...

Each clip shows one person, without a cut. Shots of two to four clips follow each other, unchanged
or zoomed in, and are sampled every 10, 15 and 25 frames. In one set of recordings, all clips have
the same mean and spread of colour, as in one studio. If PySceneDetect is installed (uv pip install
--no-deps scenedetect), its detectors are compared on the same frames at 64 x 36.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from facetally.video.cuts import Shots
from facetally.video.frames import Frame

Pictures = list[np.ndarray]

SIZE = (64, 36)
STEPS = (10, 15, 25)
RATE = 30
LONG = (3, 5, 8, 12)
SHORT = (1, 1.5, 2, 3)
"""Length of a shot in seconds."""

RECORDINGS = 16
"""The number of recordings of each kind and step."""

SHOTS_EACH = 8
STUDIO = (np.array([110, 133, 136]), np.array([45, 8, 8]))
"""Mean and spread of L, a and b, as OpenCV scales them."""


def read(path: Path, closer: bool) -> Pictures:
    """Read a clip's pictures, scaled down; if ``closer``, only their inner two thirds."""
    with av.open(str(path)) as container:
        found = []
        for frame in container.decode(video=0):
            bgr = frame.to_ndarray(format="bgr24")
            height, width = bgr.shape[0] // 6, bgr.shape[1] // 6
            inner = bgr[height:-height, width:-width] if closer else bgr
            found.append(cv2.resize(inner, SIZE, interpolation=cv2.INTER_AREA))
        return found


def in_studio(pictures: Pictures) -> Pictures:
    """Give pictures the colours of a studio."""
    lab = np.stack([cv2.cvtColor(each, cv2.COLOR_BGR2LAB) for each in pictures]).astype(float)
    mean, spread = STUDIO
    lab = (lab - lab.mean((0, 1, 2))) / lab.std((0, 1, 2)) * spread + mean
    return [
        cv2.cvtColor(each, cv2.COLOR_LAB2BGR) for each in np.clip(lab, 0, 255).astype(np.uint8)
    ]


def shot(clip: Pictures, frames: int, step: int, rng: random.Random) -> Iterator[np.ndarray]:
    """Sample a clip from a random place on, forwards and backwards, so that nothing jumps."""
    there_and_back = clip + clip[-2:0:-1]
    start = rng.randrange(len(there_and_back))
    for number in range(frames):
        yield there_and_back[(start + number * step) % len(there_and_back)]


def recording(
    clips: Sequence[Sequence[Pictures]], step: int, seconds: Sequence[float], rng: random.Random
) -> tuple[Pictures, set[int]]:
    """Join shots, and return which frames are the first after a cut."""
    people = rng.sample(clips, min(len(clips), rng.choice((2, 3, 4))))
    pictures: Pictures = []
    cuts: set[int] = set()
    last = None
    for _ in range(SHOTS_EACH):
        last = rng.choice([each for each in people if each is not last])
        cuts |= {len(pictures)} if pictures else set()
        frames = max(1, round(rng.choice(seconds) * RATE / step))
        pictures += shot(rng.choice(last), frames, step, rng)
    return pictures, cuts


def own(pictures: Pictures) -> set[int]:
    """Find cuts as the workflow does."""
    shots = Shots()
    for number, bgr in enumerate(pictures):
        shots.see(Frame(number, number, Fraction(1, 2), bgr))
    return set(shots.cuts())


def contestants() -> dict[str, Callable[[Pictures], set[int]]]:
    """Return the ways to find cuts, by name."""
    found = {"facetally": own}
    try:
        from scenedetect import AdaptiveDetector, ContentDetector, FrameTimecode
    except ImportError:
        return found

    def by(make: Callable[[], object]) -> Callable[[Pictures], set[int]]:
        def cuts(pictures: Pictures) -> set[int]:
            detector = make()
            times = [FrameTimecode(number, 2.0) for number in range(len(pictures))]
            results = [detector.process_frame(*each) for each in zip(times, pictures, strict=True)]
            return {cut.frame_num for each in results for cut in each}

        return cuts

    return found | {
        "AdaptiveDetector": by(lambda: AdaptiveDetector(min_scene_len=0)),
        "AdaptiveDetector(2.0)": by(lambda: AdaptiveDetector(2.0, min_scene_len=0)),
        "ContentDetector": by(lambda: ContentDetector(min_scene_len=0)),
    }


def main() -> None:
    """Print the precision and recall of each, and the cost of finding cuts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+", help="each of one person, without a cut")
    rng = random.Random(1)  # noqa: S311
    as_they_are = [[read(path, False), read(path, True)] for path in parser.parse_args().clips]
    studio = [[in_studio(each) for each in clip] for clip in as_they_are]
    kinds = {
        "shots of 3 to 12 s": (as_they_are, LONG),
        "the same in one studio": (studio, LONG),
        "shots of 1 to 3 s": (as_they_are, SHORT),
    }
    recordings = {
        kind: [recording(clips, step, seconds, rng) for step in STEPS for _ in range(RECORDINGS)]
        for kind, (clips, seconds) in kinds.items()
    }
    print("| | cuts |", " | ".join(f"{name}: precision | recall" for name in contestants()), "|")
    for kind, every in recordings.items():
        cells = [f"{sum(len(cuts) for _, cuts in every):,}"]
        for find in contestants().values():
            found = [(find(pictures), cuts) for pictures, cuts in every]
            right = sum(len(said & cuts) for said, cuts in found)
            cells += [
                f"{right / sum(len(one) for one in which):.3f}"
                for which in zip(*found, strict=True)
            ]
        print(f"| {kind} |", " | ".join(cells), "|")
    large = np.random.default_rng(1).integers(0, 256, (20, 720, 1280, 3), dtype=np.uint8)
    start = time.process_time()
    own([*large] * 10)
    print(f"{(time.process_time() - start) * 5:.2f} ms of CPU a frame of 720p")


if __name__ == "__main__":
    main()

"""How many faces MTCNN finds in RGB, on which it was trained, and in BGR, which fer passes.

.venv/bin/python benchmarks/rgb_or_bgr.py [--every N] VIDEO ...
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

from facetally.study.steps import EveryNthFrame
from facetally.video.frames import sample_frames
from mtcnn import MTCNN


def main() -> None:
    """Print one row per video."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    parser.add_argument("--every", type=int, default=20, metavar="N", help="take each Nth frame")
    options = parser.parse_args()
    detector = MTCNN()
    print("| Video | Frames | Faces, RGB | Faces, BGR | Largest difference of a side, px |")
    print("|---|---:|---:|---:|---:|")
    for video in options.videos:
        frames, rgb_faces, bgr_faces, difference = 0, 0, 0, 0
        for frame in sample_frames(video, EveryNthFrame(options.every)):
            bgr = [face["box"] for face in detector.detect_faces(frame.bgr)]
            rgb = [face["box"] for face in detector.detect_faces(frame.bgr[:, :, ::-1].copy())]
            frames, rgb_faces, bgr_faces = frames + 1, rgb_faces + len(rgb), bgr_faces + len(bgr)
            if len(rgb) == len(bgr) == 1:
                sides = (abs(a - b) for a, b in zip(rgb[0][2:], bgr[0][2:], strict=True))
                difference = max(difference, *sides)
        print(f"| {video.name} | {frames} | {rgb_faces} | {bgr_faces} | {difference} |")


if __name__ == "__main__":
    main()

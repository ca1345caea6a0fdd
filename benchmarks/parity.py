"""How closely the fast engine follows the packages fer, mtcnn and deface, on your own videos.

    make parity VIDEO=clip.mp4
    .venv/bin/python benchmarks/parity.py [--every N] VIDEO ...

Exits with status 1 if one of the videos breaks the promise in facetally/detect/parity.py.
"""

import argparse
import logging
import os
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from facetally.detect.engine import open_engine
from facetally.detect.export import export_models
from facetally.detect.parity import compare
from facetally.errors import FacetallyError
from facetally.study.detectors import PUBLISHED
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import sample_frames

HEADER = """\
| Video | Detector | Frames | Same number of faces | Faces | Same box | Same scores \
| Same emotion | Largest difference |
|---|---|---:|---:|---:|---:|---:|---:|---:|"""


def main() -> None:
    """Print one row per video and detector."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    parser.add_argument("--every", type=int, default=20, metavar="N", help="take each Nth frame")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    broken = False
    with TemporaryDirectory() as folder:
        models = Path(folder)
        # TensorFlow takes its number of threads only before it is first used, by the export.
        reference = {name: open_engine("fer", name, models, threads=2) for name in PUBLISHED}
        logging.getLogger().setLevel(logging.WARNING)
        export_models(models)
        print(HEADER)
        for detector in PUBLISHED:
            engines = reference[detector], open_engine("onnx", detector, models, threads=2)
            for video in options.videos:
                expected, found = (
                    (
                        faces
                        for _, faces in engine.faces(
                            sample_frames(video, EveryNthFrame(options.every))
                        )
                    )
                    for engine in engines
                )
                parity = compare(detector, expected, found)
                broken |= not parity.holds()
                print(
                    f"| {video.name} | {detector} | {parity.frames} | {parity.same_count} "
                    f"| {parity.faces} | {parity.same_box} | {parity.same_scores} "
                    f"| {parity.same_emotion} | {parity.box_difference} px, "
                    f"{parity.score_difference:.4f} |"
                )
    sys.exit(broken and "facetally: the engines differ by more than is promised")


if __name__ == "__main__":
    try:
        main()
    except FacetallyError as error:
        sys.exit(f"facetally: {error}")

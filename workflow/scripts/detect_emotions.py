"""Find the faces in sampled frames, score their emotions and keep their pictures.

Writes raw FER JSON: boxes and landmarks in pixels, scores from 0 to 1, time in seconds; if the
card's network predicts the three classes, also their scores. What is found must not depend on
this file, which only names files and settings: see facetally.study.code.
"""

import argparse
from pathlib import Path

from facetally.detect.engine import open_engine
from facetally.detect.face import Face
from facetally.errors import RecognizerError
from facetally.faces.detection import detect_faces
from facetally.run.job import logged_job
from facetally.run.progress import Progress
from facetally.study.recognizer import card_of

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--frames", type=Path, required=True, help="sampled frames")
parser.add_argument("--index", type=Path, required=True, help="their indices")
parser.add_argument("--models", type=Path, nargs="*", default=[], help="the networks' files")
parser.add_argument("--network", type=Path, nargs="*", default=[], help="that of a card")
parser.add_argument("--settings", default="", help="the card's settings")
parser.add_argument("--card", default="", help="the card, to name it")
parser.add_argument("--engine", required=True)
parser.add_argument("--detector", required=True)
parser.add_argument("--device", required=True)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--raw", type=Path, required=True, help="the raw FER JSON to write")
parser.add_argument("--pictures", type=Path, required=True, help="the pictures to write")
parser.add_argument("--title", required=True, help="the start of progress lines")
parser.add_argument("--log", required=True)
options = parser.parse_args()


def checked(frame: int, faces: list[Face]) -> list[Face]:
    """Return the faces of a frame; refuse scores that a network cannot mean.

    Raises:
        RecognizerError: that names the network, the video and the frame.
    """
    # Imported with the engine, which says what is missing if it cannot be.
    from facetally.detect.recognizer import fault_of_scores

    if fault := fault_of_scores(faces):
        network = f"{options.card}: {options.network[0]}" if options.network else "fer's network"
        raise RecognizerError(
            f"{network} gives wrong numbers: in {options.title}, frame {frame}, {fault}; name "
            "another network, or correct what its card says of the picture and the values"
        )
    return faces


with logged_job(options.log) as terminal:
    models = Path(*options.models[:1]).parent
    engine = open_engine(
        options.engine,
        options.detector,
        models,
        options.device,
        options.threads,
        *(card_of(network, options.settings) for network in options.network[:1]),
    )
    progress = Progress(terminal, options.title)
    detect_faces(
        engine,
        options.frames,
        options.index,
        options.raw,
        options.pictures,
        seen=lambda index, faces: progress.add(checked(index, faces)),
        threads=options.threads,
    )
    progress.done()

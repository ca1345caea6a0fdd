"""What the benchmark compares against: fer and mtcnn, used as in their own documentation.

    .venv/bin/python benchmarks/contestants.py {video,loop,networks,bare} ... VIDEO ...

Each runs in its own process, so that its memory and start-up count.
"""

import json
import os
import sys
import time
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import cv2
from facetally.video.frames import read_frames

EVERY = 20
BATCH = 16


def fer_video(video: str) -> None:
    """Run fer.Video.analyze with Haar, its fastest network and nothing saved."""
    # Both need a display, which OpenCV's headless package does not have.
    cv2.waitKey, cv2.destroyAllWindows = (lambda _: -1), (lambda: None)
    from fer.classes import Video
    from fer.fer import FER

    Video(video).analyze(
        FER(),
        frequency=EVERY,
        save_frames=False,
        save_video=False,
        annotate_frames=False,
        zip_images=False,
    )


def fer_loop(detectors: list[str], videos: list[str]) -> None:
    """Run a loop over fer, and over mtcnn with fer, loading the networks once."""
    from fer.fer import FER

    # fer's default network is the faster one for single faces.
    fer = FER()
    mtcnn = None
    if "mtcnn" in detectors:
        from mtcnn import MTCNN

        mtcnn = MTCNN()
    for video in videos:
        capture = cv2.VideoCapture(video)
        index = 0
        while capture.grab():
            if index % EVERY == 0:
                _, frame = capture.retrieve()
                if "haar" in detectors:
                    fer.detect_emotions(frame)
                if mtcnn is not None:
                    faces = mtcnn.detect_faces(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
                    fer.detect_emotions(frame, face_rectangles=[face["box"] for face in faces])
            index += 1


def networks(frames_file: str, models: str, count: int) -> dict[str, float]:
    """Time only detection and classification on prepared frames, in ms per frame.

    This compares mtcnn in batches of BATCH plus fer with the fast engine.
    """
    path = Path(frames_file)
    frames = list(islice(read_frames(path, path.with_suffix(".json")), count))

    from facetally.detect.engine import open_engine

    engine = open_engine("onnx", "mtcnn", Path(models), "cpu", os.cpu_count() or 1)
    list(engine.faces(frames[:BATCH]))
    start = time.perf_counter()
    list(engine.faces(frames))
    ours = time.perf_counter() - start

    from fer.fer import FER
    from mtcnn import MTCNN

    fer, mtcnn = FER(), MTCNN()
    rgb = [cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2RGB) for frame in frames]
    cv2.setNumThreads(-1)
    times = {}
    for batch in (1, BATCH):
        mtcnn.detect_faces(rgb[:batch])
        start = time.perf_counter()
        for first in range(0, len(frames), batch):
            found = mtcnn.detect_faces(rgb[first : first + batch])
            for frame, faces in zip(frames[first:], found, strict=False):
                fer.detect_emotions(frame.bgr, face_rectangles=[face["box"] for face in faces])
        times[f"mtcnn {batch}"] = (time.perf_counter() - start) / len(frames) * 1e3
    return {**times, "ours": ours / len(frames) * 1e3}


def bare(frames_file: str, models: str, detector: str) -> dict[str, float]:
    """Return the CPU seconds of just OpenCV's Haar, or the networks, on prepared frames."""
    from facetally.detect import haar, networks, recognizer
    from facetally.detect.engine import open_engine

    spent = 0.0

    def timed(function):
        def run(*arguments, **options):
            nonlocal spent
            start = time.process_time()
            result = function(*arguments, **options)
            spent += time.process_time() - start
            return result

        return run

    plain = networks.as_function
    networks.as_function = recognizer.as_function = lambda session: timed(plain(session))
    engine = open_engine("onnx", detector, Path(models), "cpu", 1)
    if detector == "haar":

        class Timed:
            """A classifier that records its time."""

            detectMultiScale = staticmethod(  # noqa: N815
                timed(cv2.CascadeClassifier(str(haar.CASCADE)).detectMultiScale)
            )

        engine._detector._own.classifier = Timed
    for _ in engine.faces(read_frames(Path(frames_file), Path(frames_file).with_suffix(".json"))):
        pass
    return {"cpu": spent}


def main() -> None:
    """Run the contestant named on the command line; print what it measures."""
    name, *arguments = sys.argv[1:]
    if name == "video":
        fer_video(*arguments)
    elif name == "loop":
        fer_loop(arguments[0].split(","), arguments[1:])
    elif name == "networks":
        print(json.dumps(networks(arguments[0], arguments[1], int(arguments[2]))))
    elif name == "bare":
        print(json.dumps(bare(*arguments)))


if __name__ == "__main__":
    main()

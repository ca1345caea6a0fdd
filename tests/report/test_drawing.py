"""Faces drawn on a picture: what changes, what stays, and that nothing leaves the picture."""

import numpy as np
import pytest
from facetally.detect.face import Box, Face
from facetally.emotions import COLOURS, EMOTIONS
from facetally.report.drawing import bgr, draw_faces, draw_labelled_box
from support.clips import noise
from support.raw_files import scores

GREY = np.full((360, 640, 3), 120, np.uint8)
WHITE = np.full((360, 640, 3), 255, np.uint8)
BOX = (200, 120, 100, 100)
MIXED = scores(angry=0.5, fear=0.2, sad=0.3)


def changed(picture: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Which pixels differ: bool, (height, width)."""
    return (picture != drawn).any(axis=2)


def painted(drawn: np.ndarray, emotion: str) -> np.ndarray:
    """Return which pixels have the exact colour of an emotion: bool, (height, width)."""
    return (drawn == bgr(COLOURS[emotion])).all(axis=2)


def luminance(rgb: str) -> float:
    """WCAG 2's relative luminance."""
    parts = np.array(bgr(rgb)[::-1]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_colours_are_blue_first() -> None:
    assert bgr("#D55E00") == (0x00, 0x5E, 0xD5)


def test_each_emotion_has_a_colour_that_is_seen_on_white_and_on_black() -> None:
    assert tuple(COLOURS) == EMOTIONS
    for colour in COLOURS.values():
        assert 1.05 / (luminance(colour) + 0.05) >= 3
        assert (luminance(colour) + 0.05) / (luminance("#101010") + 0.05) >= 3


def test_without_a_face_only_the_lower_left_corner_changes() -> None:
    picture = noise(1, 360, 640)[0]
    before = picture.copy()
    drawn = draw_faces(picture, [], "frame 20 · 0.67 s · no face")
    rows, columns = np.nonzero(changed(picture, drawn))
    assert (rows.min(), rows.max(), columns.min()) == (346, 359, 0)
    assert 100 < columns.max() < 320
    assert np.array_equal(picture, before)


def test_the_face_itself_and_what_is_far_from_it_stay() -> None:
    picture = noise(1, 360, 640)[0]
    drawn = draw_faces(picture, [Face(BOX, MIXED)], "frame 0")
    difference = changed(picture, drawn)
    assert not difference[124:216, 204:296].any()
    assert not difference[:90].any()
    assert not difference[240:340].any()
    assert not difference[:340, :190].any()
    assert not difference[:, 480:].any()
    for edge in (
        drawn[120, 200:300],
        drawn[219, 200:300],
        drawn[120:220, 200],
        drawn[120:220, 299],
    ):
        assert (edge == bgr(COLOURS["angry"])).all()


def test_bars_are_as_long_as_the_scores() -> None:
    drawn = draw_faces(GREY, [Face(BOX, MIXED)], "frame 0")
    # Except neutral, whose grey also occurs at the edges of letters.
    beside = {emotion: painted(drawn[:, 305:], emotion) for emotion in EMOTIONS[:-1]}
    lengths = {emotion: int(bar.any(axis=0).sum()) for emotion, bar in beside.items()}
    assert lengths == dict.fromkeys(EMOTIONS[:-1], 0) | {"angry": 25, "fear": 10, "sad": 15}
    starts = {int(np.nonzero(bar.any(axis=0))[0][0]) for bar in beside.values() if bar.any()}
    assert len(starts) == 1
    tops = [
        int(np.nonzero(beside[emotion].any(axis=1))[0][0]) for emotion in ("angry", "fear", "sad")
    ]
    assert np.diff(tops).tolist() == [28, 28]


@pytest.mark.parametrize(
    "box",
    [
        (-30, -20, 120, 120),
        (580, 290, 120, 120),
        (590, -10, 80, 80),
        (-10, 300, 60, 60),
        (0, 0, 640, 360),
        (-50, -50, 800, 500),
        (700, 400, 50, 50),
        (-90, -90, 50, 50),
    ],
)
def test_label_and_bars_stay_inside_the_picture(box: Box) -> None:
    def white_and_bars(box: Box) -> tuple[int, dict[str, int]]:
        drawn = draw_faces(GREY, [Face(box, MIXED)], "frame 0")
        bars = {emotion: int(painted(drawn, emotion).sum()) for emotion in ("fear", "sad")}
        return int((drawn == 255).all(axis=2).sum()), bars

    assert white_and_bars(box) == white_and_bars(BOX)


def test_bars_do_not_hide_faces_where_there_is_room() -> None:
    boxes = [(200, 120, 100, 100), (310, 120, 100, 100), (90, 120, 100, 100)]
    picture = noise(1, 360, 640)[0]
    drawn = draw_faces(picture, [Face(box, MIXED) for box in boxes], "frame 0")
    for x, y, width, height in boxes:
        inner = np.s_[y + 4 : y + height - 4, x + 4 : x + width - 4]
        assert np.array_equal(drawn[inner], picture[inner])


def test_the_first_face_is_drawn_stronger_and_alone_has_bars() -> None:
    boxes = [(60, 60, 80, 80), (400, 200, 80, 80)]
    alone, both = (
        draw_faces(GREY, faces, "frame 0")
        for faces in (
            [Face(boxes[0], MIXED)],
            [Face(boxes[0], MIXED), Face(boxes[1], scores(happy=0.9, fear=0.1))],
        )
    )
    assert np.array_equal(alone[:, :380], both[:, :380])
    across = np.s_[240, 380:440]
    assert painted(both, "happy")[across].sum() == 1
    assert painted(both, "angry")[100, 40:100].sum() > 1
    assert not painted(both, "fear")[:, 380:].any()


def test_another_face_may_be_the_one_that_counts() -> None:
    one, other = (
        Face((60, 60, 80, 80), MIXED),
        Face((400, 200, 80, 80), scores(happy=0.9, fear=0.1)),
    )
    swapped = draw_faces(GREY, [one, other], "frame 0", counted=1)
    assert np.array_equal(swapped, draw_faces(GREY, [other, one], "frame 0"))
    none = draw_faces(GREY, [one, other], "frame 0", counted=None)
    assert painted(none, "angry")[100, 40:100].sum() == 1
    assert painted(none, "happy")[240, 380:440].sum() == 1
    assert not painted(none, "fear").any()


def test_text_can_be_read_on_white() -> None:
    drawn = draw_faces(WHITE, [Face(BOX, MIXED)], "frame 0")
    caption = drawn[346:, :40]
    plate, text = int(caption.min()), int(caption.max())
    assert plate <= 60
    assert text >= 240
    assert 0.5 < (caption == plate).mean() < 0.95


def test_sizes_follow_the_picture() -> None:
    def plate_height(picture: np.ndarray) -> int:
        drawn = draw_faces(picture, [], "frame 0")
        return int(changed(picture, drawn)[:, 2].sum())

    small = plate_height(np.full((540, 960, 3), 120, np.uint8))
    large = plate_height(np.full((1080, 1920, 3), 120, np.uint8))
    upright = plate_height(np.full((1920, 1080, 3), 120, np.uint8))
    assert large == upright == pytest.approx(2 * small, abs=2)


@pytest.mark.parametrize(
    "shape", [(48, 64), (120, 160), (16, 16), (2, 2), (1, 1), (300, 3), (5, 400)]
)
@pytest.mark.parametrize("box", [(20, 10, 24, 24), (-8, -8, 40, 40), (0, 0, 1, 1)])
def test_small_pictures_are_drawn_on(shape: tuple[int, int], box: Box) -> None:
    picture = np.full((*shape, 3), 255, np.uint8)
    faces = [Face(box, MIXED), Face((1, 1, 9, 9), scores(happy=1.0))]
    drawn = draw_faces(picture, faces, "frame 20 · 0.67 s")
    assert (drawn.shape, drawn.dtype) == (picture.shape, np.uint8)
    assert changed(picture, drawn).any()


def test_a_tiny_picture_has_box_and_bars_without_words() -> None:
    picture = np.full((48, 64, 3), 120, np.uint8)
    drawn = draw_faces(picture, [Face((36, 16, 18, 14), MIXED)], "frame 20")
    lengths = [int(painted(drawn, emotion).any(axis=0).sum()) for emotion in ("fear", "sad")]
    assert lengths == [3, 5]
    assert painted(drawn, "angry")[16:30, 53].any()


def test_words_that_do_not_fit_are_left_out() -> None:
    narrow = np.full((200, 70, 3), 120, np.uint8)
    short = draw_faces(narrow, [], "frame 20")
    assert np.array_equal(draw_faces(narrow, [], "frame 20 · 0.67 s · no face"), short)
    assert changed(narrow, short).any()


def test_boxes_of_two_detectors_have_their_labels_apart() -> None:
    haar, mtcnn = (200, 120, 40), (0, 94, 213)
    above = draw_labelled_box(GREY, BOX, "haar", haar)
    both = draw_labelled_box(above, (202, 122, 96, 96), "mtcnn", mtcnn, strong=False, below=True)
    assert not changed(GREY, above)[225:].any()
    assert changed(GREY, above)[100:116, 200:230].any()
    assert np.array_equal(above[:118], both[:118])
    assert changed(above, both)[225:235, 204:230].any()
    assert (both[122, 210:290] == mtcnn).all()

"""The promise of the fast engine is measured as it is written down."""

import pytest
from facetally.detect.face import Face
from facetally.detect.parity import compare
from support.raw_files import scores

FACE = Face((10, 20, 30, 40), scores(happy=0.6, neutral=0.4), 0.9)


def like(box: tuple[int, int, int, int] = FACE.box, happy: float = 0.6) -> Face:
    return Face(box, scores(happy=happy, neutral=1 - happy), 0.9)


@pytest.mark.parametrize("detector", ["haar", "mtcnn"])
def test_the_same_faces(detector: str) -> None:
    parity = compare(detector, [[FACE], [], [FACE, FACE]], [[FACE], [], [FACE, FACE]])
    assert (parity.frames, parity.same_count, parity.faces) == (3, 3, 3)
    assert (parity.same_box, parity.same_scores, parity.same_emotion) == (3, 3, 3)
    assert (parity.box_difference, parity.score_difference) == (0, 0)
    assert parity.holds()


@pytest.mark.parametrize(("detector", "same"), [("haar", 0), ("mtcnn", 1), ("centerface", 1)])
def test_a_pixel_counts_for_haar_alone(detector: str, same: int) -> None:
    parity = compare(detector, [[FACE]], [[like((10, 21, 30, 40))]])
    assert (parity.same_box, parity.box_difference, parity.holds()) == (same, 1, bool(same))


def test_two_pixels_count() -> None:
    parity = compare("mtcnn", [[FACE]], [[like((10, 20, 28, 40))]])
    assert (parity.same_box, parity.box_difference, parity.holds()) == (0, 2, False)


@pytest.mark.parametrize(("happy", "same"), [(0.605, True), (0.62, False)])
def test_scores(happy: float, same: bool) -> None:
    parity = compare("haar", [[FACE]], [[like(happy=happy)]])
    assert (parity.same_scores, parity.same_emotion, parity.holds()) == (same, 1, same)
    assert parity.score_difference == pytest.approx(happy - 0.6)


def test_the_top_emotion() -> None:
    parity = compare("haar", [[like(happy=0.501)]], [[like(happy=0.499)]])
    assert (parity.same_scores, parity.same_emotion, parity.holds()) == (1, 0, False)


def test_a_frame_with_another_number_of_faces_is_one_frame_less() -> None:
    parity = compare("mtcnn", [[FACE], [FACE]], [[FACE], []])
    assert (parity.frames, parity.same_count, parity.faces) == (2, 1, 1)
    assert not parity.holds()


@pytest.mark.parametrize(("others", "holds"), [(1, True), (2, False)])
def test_one_frame_in_two_hundred_may_differ(others: int, holds: bool) -> None:
    found = [[FACE]] * (200 - others) + [[]] * others
    assert compare("haar", [[FACE]] * 200, found).holds() == holds


@pytest.mark.parametrize(("others", "holds"), [(2, True), (3, False)])
def test_one_box_of_mtcnn_in_a_hundred_may_differ(others: int, holds: bool) -> None:
    found = [[FACE]] * (200 - others) + [[like((0, 0, 9, 9))]] * others
    assert compare("mtcnn", [[FACE]] * 200, found).holds() == holds


def test_engines_must_see_the_same_frames() -> None:
    with pytest.raises(ValueError, match="shorter"):
        compare("haar", [[FACE], [FACE]], [[FACE]])

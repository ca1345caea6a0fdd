"""Which pictures are sampled, whatever the frame rate."""

from fractions import Fraction

import pytest
from facetally.study.steps import EveryNthFrame, EverySeconds


def picked(step: EveryNthFrame | EverySeconds, times: list[Fraction]) -> list[int]:
    around = zip([None, *times], times, [*times[1:], None], strict=False)
    return [index for index, times_around in enumerate(around) if step.picks(index, times_around)]


def rate(per_second: int, frames: int, start: int = 0) -> list[Fraction]:
    return [start + Fraction(n, per_second) for n in range(frames)]


def test_every_nth_is_by_number() -> None:
    assert picked(EveryNthFrame(20), rate(30, 50)) == [0, 20, 40]


@pytest.mark.parametrize(
    ("seconds", "times", "expected"),
    [
        ("1/2", rate(30, 61), [0, 15, 30, 45, 60]),
        ("1/2", rate(2, 4), [0, 1, 2, 3]),
        ("1/2", [Fraction(n, 1000) for n in (0, 499, 1001, 1499, 2001)], [0, 1, 2, 3, 4]),
        ("1/10", rate(2, 4), [0, 1, 2, 3]),
        ("1/2", [Fraction(0)], [0]),
        ("100", rate(30, 61), [0]),
    ],
    ids=["faster", "as fast", "unsteady", "slower", "one frame", "one step"],
)
def test_seconds_take_the_nearest_picture_once(
    seconds: str, times: list[Fraction], expected: list[int]
) -> None:
    assert picked(EverySeconds(Fraction(seconds)), times) == expected


def test_mixed_rates_have_their_share_of_time() -> None:
    times = rate(2, 20) + rate(30, 60, start=10)
    assert len([index for index in picked(EveryNthFrame(1), times) if index < 20]) / 80 == 0.25
    chosen = picked(EverySeconds(Fraction(1, 2)), times)
    assert len([index for index in chosen if index < 20]) / len(chosen) == pytest.approx(10 / 12)

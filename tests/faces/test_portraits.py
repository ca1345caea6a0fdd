"""Which few faces represent a track."""

import pytest
from facetally.faces.portraits import FEW, WORST, portraits
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("qualities", "few", "chosen"),
    [
        ([], 3, []),
        ([0.0], 3, []),
        ([0.1], 3, [0]),
        ([0.5, 0.5], 3, [0, 1]),
        ([0.6, 0.7, 0.8, 0.9, 0.8, 0.7], 3, [1, 3, 4]),
        ([0.9, 0.8, 0.1, 0.2, 0.7, 0.8], 3, [0, 5]),
        ([0.9, 0.8, 0.1], 1, [0]),
        ([0.0, 0.0, 0.1, 0.1, 0.0], 2, [2, 3]),
        ([0.0, 0.0, 0.0], 2, []),
    ],
)
def test_the_best_of_each_part(qualities: list[float], few: int, chosen: list[int]) -> None:
    assert portraits(qualities, few) == chosen


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_best_speaks_and_none_that_is_much_worse(qualities: list[float]) -> None:
    chosen = portraits(qualities)
    best = max(qualities)
    assert (best > 0) <= len(chosen) <= (best > 0) * FEW
    assert chosen == sorted(set(chosen))
    assert max((qualities[place] for place in chosen), default=0) == best
    assert all(qualities[place] >= WORST * best for place in chosen)

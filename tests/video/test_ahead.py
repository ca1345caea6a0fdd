"""Iterators that work ahead."""

import threading
from collections.abc import Iterator

import pytest
from facetally.video.ahead import ahead, map_ahead


def test_items_come_in_order() -> None:
    assert list(ahead(range(100))) == list(range(100))
    assert list(ahead([])) == []
    assert list(ahead([[], None, 0])) == [[], None, 0]


def test_only_a_few_items_are_made_ahead_and_on_another_thread() -> None:
    made: list[int] = []
    threads: set[int] = set()

    def numbers() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            threads.add(threading.get_ident())
            yield number

    for number in ahead(numbers(), 3):
        assert len(made) <= number + 1 + 3
    assert made == list(range(20))
    assert threading.get_ident() not in threads


def test_an_error_comes_in_its_place() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("2 is missing")

    given = ahead(numbers())
    assert next(given) == 1
    with pytest.raises(ValueError, match="2 is missing"):
        next(given)


def test_it_can_be_left_early() -> None:
    given = ahead(range(1000))
    assert next(given) == 0
    given.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_their_items(threads: int) -> None:
    assert list(map_ahead(lambda number: number**2, range(50), threads)) == [
        (number, number**2) for number in range(50)
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_of_the_function_is_raised(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_ahead(lambda number: 1 // number, [1, 0, 2], threads))

"""Iterators that work ahead, so that producer and consumer run at the same time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(items: Iterable[Item], number: int = 2) -> Iterator[Item]:
    """Yield items in order, producing the next ones on a thread while one is used.

    An error in the iterable is raised at the place of its item.

    Args:
        items: the iterable that produces the items.
        number: the most items to produce ahead.

    Example:
        >>> list(ahead(range(3)))
        [0, 1, 2]
    """
    iterator = iter(items)
    nothing_left: list[Item] = []

    def pull() -> list[Item]:
        for item in iterator:
            return [item]
        return nothing_left

    with ThreadPoolExecutor(1) as pool:
        pulled = deque(pool.submit(pull) for _ in range(number))
        while item := pulled.popleft().result():
            pulled.append(pool.submit(pull))
            yield item[0]


def map_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[tuple[Item, Result]]:
    """Apply a function to items on several threads; yield items with results, in order.

    At most ``threads + 1`` items are held at a time.
    """
    if threads == 1:
        for item in items:
            yield item, function(item)
        return
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(function, item)))
                if len(waiting) > threads:
                    first, result = waiting.popleft()
                    yield first, result.result()
            while waiting:
                first, result = waiting.popleft()
                yield first, result.result()
        finally:
            for _, result in waiting:
                result.cancel()

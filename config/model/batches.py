"""Long work in batches or steps: a caller that pauses after each lets the event loop serve others."""

from collections.abc import Callable, Generator, Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""Work that yields at each pause and returns its result."""


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yields the items in lists of `size`; the last may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def at_once(steps: Steps[T]) -> T:
    """Runs steps to their end without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


SORTED_PER_STEP = 2000


def sorted_in_steps(items: Iterable[T], key: Callable[[T], Any]) -> Steps[Iterator[T]]:
    """Sorts in steps of about a millisecond; the iterator that it returns does the rest of the work as it is read."""
    runs = []
    for batch in batches(items, SORTED_PER_STEP):
        batch.sort(key=key, reverse=True)
        runs.append(batch)
        yield
    return merge(*map(_popped, runs), key=key)


def _popped(items: list[T]) -> Iterator[T]:
    """Yields the items from the last to the first, and frees each one: freeing all at once would take long."""
    while items:
        yield items.pop()

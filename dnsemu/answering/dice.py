"""Dice: the random numbers that answers are drawn with."""

from collections.abc import Callable, MutableSequence, Sequence
from typing import Any, Protocol, TypeVar

_T = TypeVar("_T")


class Dice(Protocol):
    """A source of random choices; `random.Random` is one."""

    def randrange(self, stop: int, /) -> int:
        """Returns a whole number from 0 up to but not including `stop`, each equally likely."""

    def sample(self, population: Sequence[_T], k: int) -> list[_T]:
        """Returns `k` different members in random order."""

    def shuffle(self, x: MutableSequence[Any], /) -> None:
        """Puts the members in random order, in place."""


class QuickDice:
    """Dice on `random.Random.random`, several times as fast as its other methods.

    A number is a share of 53 random bits; there are some ten thousand tickets at most, so none is visibly favoured.
    """

    def __init__(self, random: Callable[[], float]) -> None:
        """Draws with a function that returns numbers from 0 up to but not including 1."""
        self._random = random

    def randrange(self, stop: int, /) -> int:
        """As in `Dice`."""
        return int(self._random() * stop)

    def sample(self, population: Sequence[_T], k: int) -> list[_T]:
        """As in `Dice`."""
        random, pool = self._random, list(population)
        left = len(pool)
        for at in range(k):
            other = at + int(random() * left)
            pool[at], pool[other] = pool[other], pool[at]
            left -= 1
        return pool[:k]

    def shuffle(self, x: MutableSequence[Any], /) -> None:
        """As in `Dice`."""
        random = self._random
        for left in range(len(x), 1, -1):
            other = int(random() * left)
            x[left - 1], x[other] = x[other], x[left - 1]


def draw_ticket(counts: Sequence[int], dice: Dice) -> int:
    """Returns the index of a ticket's holder; a holder's probability is its ticket count over the sum of all."""
    drawn = dice.randrange(sum(counts))
    for index, count in enumerate(counts):
        drawn -= count
        if drawn < 0:
            return index
    raise AssertionError("the drawn ticket is among those counted")

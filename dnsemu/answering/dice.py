"""Dice: what the draw of an answer asks of chance."""

from collections.abc import Callable, MutableSequence, Sequence
from typing import Any, Protocol, TypeVar

_T = TypeVar("_T")


class Dice(Protocol):
    """What is asked of chance."""

    def randrange(self, stop: int, /) -> int:
        """A whole number from 0 up to but not including `stop`, each as likely."""

    def sample(self, population: Sequence[_T], k: int) -> list[_T]:
        """`k` different members in random order."""

    def shuffle(self, x: MutableSequence[Any], /) -> None:
        """Put the members in random order, in place."""


class QuickDice:
    """Dice on the `random` of a `random.Random`, several times as quick as its other methods.

    A number is a share of 53 random bits; tickets are some ten thousand at most, so that none is visibly favoured.
    """

    def __init__(self, random: Callable[[], float]) -> None:
        """Throw with numbers from 0 up to but not including 1."""
        self._random = random

    def randrange(self, stop: int, /) -> int:
        """As in `Dice`."""
        return int(self._random() * stop)

    def sample(self, population: Sequence[_T], k: int) -> list[_T]:
        """As in `Dice`."""
        chance, pool = self._random, list(population)
        left = len(pool)
        for at in range(k):
            other = at + int(chance() * left)
            pool[at], pool[other] = pool[other], pool[at]
            left -= 1
        return pool[:k]

    def shuffle(self, x: MutableSequence[Any], /) -> None:
        """As in `Dice`."""
        chance = self._random
        for left in range(len(x), 1, -1):
            other = int(chance() * left)
            x[left - 1], x[other] = x[other], x[left - 1]


def pick(counts: Sequence[int], dice: Dice) -> int:
    """The index of a ticket's holder, each as likely as it has tickets."""
    drawn = dice.randrange(sum(counts))
    for index, count in enumerate(counts):
        drawn -= count
        if drawn < 0:
            return index
    raise AssertionError("the drawn ticket is among those counted")

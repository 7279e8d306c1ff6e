"""Long work in turns of the event loop: a generator pauses often, and DNS is answered at some of its pauses."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from dnsemu.config.model.batches import Steps

T = TypeVar("T")

MAX_TURN_S = 0.004
"""Seconds of work between two turns of the loop, apart from the length of one step."""


class Turns:
    """The turns of one piece of long work."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._ends_at = clock() + MAX_TURN_S

    async def pause_if_over(self) -> None:
        """Lets the loop do other work if the turn has lasted `MAX_TURN_S`."""
        if self._clock() >= self._ends_at:
            await asyncio.sleep(0)
            self._ends_at = self._clock() + MAX_TURN_S


async def in_turns(steps: Steps[T], clock: Callable[[], float] = perf_counter) -> T:
    """Runs steps to their end, and lets the loop do other work whenever a turn has lasted `MAX_TURN_S`."""
    turns = Turns(clock)
    try:
        while True:
            next(steps)
            await turns.pause_if_over()
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        steps.close()

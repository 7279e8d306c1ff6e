"""Long work in turns of the event loop: a generator pauses often, and DNS is answered at some of its pauses."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from dnsemu.config.model.batches import Steps

T = TypeVar("T")

MAX_TURN_S = 0.004
"""Seconds of work between two turns of the loop, apart from the length of one step."""


async def in_turns(steps: Steps[T], clock: Callable[[], float] = perf_counter) -> T:
    """Runs steps to their end, and lets the loop do other work whenever a turn has lasted `MAX_TURN_S`."""
    ends_at = clock() + MAX_TURN_S
    try:
        while True:
            next(steps)
            if clock() >= ends_at:
                await asyncio.sleep(0)
                ends_at = clock() + MAX_TURN_S
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        steps.close()

"""A clock that stands still until it is stepped, so that monitor tests need no real time."""

import asyncio
from heapq import heappop, heappush
from itertools import count

SETTLING_TURNS = 30
"""Turns of the event loop after which nothing that is ready to run is left."""


class SteppedClock:
    """Time moves only in `advance`, stopping at every moment that somebody waits for."""

    def __init__(self, start=1_000_000.0):
        self._now = start
        self._sleepers = []
        self._numbers = count()

    def now(self):
        return self._now

    async def sleep_until(self, when):
        if when <= self._now:
            return
        woken = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (when, next(self._numbers), woken))
        await woken

    async def advance(self, duration_s):
        """Let this much time pass."""
        end = self._now + duration_s
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            when, _, woken = heappop(self._sleepers)
            if not woken.done():
                self._now = max(self._now, when)
                woken.set_result(None)
                await settle()
        self._now = end
        await settle()


async def settle():
    """Let everything run that waits for no time."""
    for _ in range(SETTLING_TURNS):
        await asyncio.sleep(0)

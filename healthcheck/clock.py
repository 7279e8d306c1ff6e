"""The one clock: everything that waits or stamps in the emulated world asks it."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """The emulator's time."""

    def now(self) -> float:
        """Seconds since the epoch."""

    async def sleep_until(self, when: float) -> None:
        """Return once `now()` is `when` or later."""


class RealClock:
    """The world's own time, running evenly: the machine's clock is read once, so its jumps pass unnoticed."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._offset + time.monotonic()

    async def sleep_until(self, when: float) -> None:
        """Return once `now()` is `when` or later."""
        left = when - self.now()
        while left > 0:
            await asyncio.sleep(left)
            left = when - self.now()

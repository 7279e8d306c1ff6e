"""An event loop in virtual time: waiting takes no real time, so a test can follow the clock for an hour in a moment."""

import asyncio
import selectors
from functools import wraps

START = 1_000_000.0
"""The emulated time at which tests start, in seconds since the epoch."""

_MIN_SKIP_S = 1e-6
"""Makes sure that a due timer is past after a skip, in spite of rounding."""
_PATIENCE_S = 10.0
"""Real time after which a test that waits for an event that cannot happen is given up, in seconds."""


class _SkippingSelector(selectors.DefaultSelector):
    """Skips the time-out when no socket is ready."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        events = super().select(_PATIENCE_S if timeout is None else 0)
        if timeout is None and not events:
            raise TimeoutError("everything waits for events that cannot happen")
        if timeout and not events:
            self.now += max(timeout, _MIN_SKIP_S)
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Its time skips to the next timer. For tests without sockets."""

    def __init__(self):
        self._skipping = _SkippingSelector()
        super().__init__(self._skipping)

    def time(self):
        return self._skipping.now


def virtual_time(test):
    """Runs a test that is a coroutine function on such a loop."""

    @wraps(test)
    def run(*args, **kwargs):
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return runner.run(test(*args, **kwargs))

    return run


async def settle():
    """Lets every task run until it waits for time."""
    for _ in range(30):
        await asyncio.sleep(0)

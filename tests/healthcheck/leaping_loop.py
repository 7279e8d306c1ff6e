"""An event loop on which waiting takes no time: to follow the clock for an hour is a moment's work, and exact."""

import asyncio
import selectors
from functools import wraps

_LEAST_LEAP_S = 1e-6
"""What is due is past after a leap, whatever was lost in rounding."""
_PATIENCE_S = 10.0
"""Real time after which a test that waits for nothing that could happen is given up, in seconds."""


class _LeapingSelector(selectors.DefaultSelector):
    """When nothing is ready, the time that was to be waited has passed at once."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        events = super().select(_PATIENCE_S if timeout is None else 0)
        if timeout is None and not events:
            raise TimeoutError("everything waits, and for nothing that could happen")
        if timeout and not events:
            self.now += max(timeout, _LEAST_LEAP_S)
        return events


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its time leaps to the next timer. For tests without sockets."""

    def __init__(self):
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self):
        return self._leaping.now


def leaping(test):
    """A test that is a coroutine function, run on such a loop."""

    @wraps(test)
    def run(*args, **kwargs):
        with asyncio.Runner(loop_factory=LeapingLoop) as runner:
            return runner.run(test(*args, **kwargs))

    return run

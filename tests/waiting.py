"""Waits for a condition: checked repeatedly until a deadline, without fixed pauses."""

import threading
import time

POLL_INTERVAL_S = 0.02


def until(condition, *, within_s=10.0, what="it"):
    """Returns the first true value of `condition()`; fails at the deadline, with `what` and the last value.

    Args:
        within_s: seconds until the deadline; generous, for busy machines.
        what: words for the message.
    """
    never_set = threading.Event()
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}; last seen: {value!r}"
        never_set.wait(POLL_INTERVAL_S)
    return value

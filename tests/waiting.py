"""Waiting for something to become true: asked again and again until a deadline, never a fixed pause."""

import threading
import time

ASK_EVERY_S = 0.02


def until(condition, *, within_s=10.0, what="it"):
    """The first true value that `condition()` gives; fails, saying what was waited for and seen last, if none comes.

    Args:
        within_s: the deadline, generous since machines are slow; nothing waits longer than it has to.
    """
    never = threading.Event()
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}; last seen: {value!r}"
        never.wait(ASK_EVERY_S)
    return value

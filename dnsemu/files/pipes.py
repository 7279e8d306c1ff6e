"""Waits for what is written into a pipe, but not for ever."""

import select
import time
from collections.abc import Callable

from dnsemu.config.file.guarded_reading import NothingWritten, Wait


def until(deadline: float, monotonic: Callable[[], float] = time.monotonic) -> Wait:
    """Returns a function that waits until a pipe can be read, or the deadline is over.

    Args:
        deadline: an instant of `monotonic`.
        monotonic: real time in seconds.
    """

    def wait(descriptor: int) -> None:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(0.0, deadline - monotonic()) * 1000):
            raise NothingWritten("this pipe was not closed in time")

    return wait

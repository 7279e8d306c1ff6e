"""Keeping the garbage collector from stopping the server to look through what is not garbage.

A World of ten thousand record sets is some hundred thousand objects that refer to each other in one direction only.
A full collection walks them all, a tenth of a second in which nobody is answered, and finds nothing. So what has
settled is frozen: the collector passes it by, and reference counts still free it when it is replaced.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEVER = 1 << 30

FULL_AFTER = 1000
"""Collections of the middle generation before a full one. What a server does every day leaves no cycles behind that
live so long, and a full look through what thousands of health checks remember takes a tenth of a second."""


def settle() -> None:
    """Freeze all there is, once what is garbage of it was collected; at start-up, when nobody waits for an answer."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], FULL_AFTER)


@contextmanager
def starting_up() -> Iterator[None]:
    """Take in a World, and freeze it, without any collection: nobody is served yet, and what is read is no garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def taking_in() -> Iterator[None]:
    """Take in a World, and freeze it, without a full collection; young garbage is collected as ever."""
    gc.collect()  # of what is not frozen: little
    thresholds = gc.get_threshold()
    gc.set_threshold(*thresholds[:2], _NEVER)
    try:
        yield
        gc.freeze()
    finally:
        gc.set_threshold(*thresholds)

"""Garbage collection tuned so that full collections do not pause the server.

A World of ten thousand record sets is some hundred thousand objects without cycles. A full collection walks them all,
pauses DNS for a tenth of a second, and finds nothing. So long-lived objects are frozen: the collector skips them, and
reference counts still free them when they are replaced.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEVER = 1 << 30

FULL_AFTER = 1000
"""Collections of the middle generation before a full one. A server in steady state makes no long-lived cycles, and a
full collection over the history of thousands of health checks takes a tenth of a second."""


def settle() -> None:
    """Collect garbage, then freeze the rest; at start-up, before DNS is answered."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], FULL_AFTER)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Load a World without any collection, then freeze it; at start-up, when nothing loaded is garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class _Deferrals:
    """The thresholds before the first of the deferrals that overlap, and their number."""

    number = 0
    thresholds = gc.get_threshold()


@contextmanager
def gc_deferred() -> Iterator[None]:
    """Load a World without a full collection, then freeze it; young garbage is still collected.

    Deferrals may overlap.
    """
    if not _Deferrals.number:
        gc.collect()  # only what is not frozen, which is little
        _Deferrals.thresholds = gc.get_threshold()
        gc.set_threshold(*_Deferrals.thresholds[:2], _NEVER)
    _Deferrals.number += 1
    try:
        yield
        gc.freeze()
    finally:
        _Deferrals.number -= 1
        if not _Deferrals.number:
            gc.set_threshold(*_Deferrals.thresholds)
